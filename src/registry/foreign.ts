import { posix } from 'node:path';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, splitArtifactName } from '../domain/names.js';
import type { ObjectReader } from '../git/port.js';
import { type Declaration, readForeignYaml } from './declared.js';

/** What another tool's file says of an artifact: the keys as they are there. */
export type ForeignEntry = Record<string, unknown>;

/**
 * Reads the entry of an artifact in gto's `artifacts.yaml` (`type path description labels custom`) or in a `dvc.yaml`
 * (`type path desc labels meta`), as their documentation names them; empty when there is none.
 * @throws RegError INVALID_LINK
 */
export async function foreignEntry(
  objects: ObjectReader,
  commit: Oid,
  { kind, file }: Declaration,
  artifact: ArtifactName,
): Promise<ForeignEntry> {
  const content = ((await readForeignYaml(objects, commit, file))?.content() ?? {}) as ForeignEntry;
  const all = kind === 'dvc' ? content.artifacts : content;
  const name = kind === 'dvc' ? splitArtifactName(artifact).base : artifact;
  return ((all as ForeignEntry)[name] ?? {}) as ForeignEntry;
}

/** Where an entry says that the model is, from the top of the repository; DVC's paths start at the folder of their file. */
export function foreignPath({ path }: ForeignEntry, { kind, file }: Declaration): string | undefined {
  if (typeof path !== 'string') return undefined;
  return kind === 'dvc' ? posix.join(posix.dirname(file), path) : path;
}

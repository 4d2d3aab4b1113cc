import { posix } from 'node:path';
import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import type { YamlFile } from './yaml.js';

// Artifacts that other tools declare: DVC in `artifacts:` of a dvc.yaml, gto in the artifacts.yaml at the top of a repository.

/** A file of another tool that may declare artifacts. */
export interface ArtifactsFile {
  kind: 'dvc' | 'annotation';
  file: string;
}

/** What such a file says of an artifact: its keys as they are there. */
export type ArtifactEntry = Record<string, unknown>;

const ANNOTATIONS = 'artifacts.yaml';

/** Whether a file, by its path from the top of the repository, may declare artifacts. */
export const isArtifactsFile = (path: string): boolean =>
  path === ANNOTATIONS || posix.basename(path) === 'dvc.yaml';

/** The files that may declare an artifact, the one that counts first. */
export function artifactsFilesFor(artifact: ArtifactName): ArtifactsFile[] {
  const { dir } = splitArtifactName(artifact);
  return [
    { kind: 'dvc', file: dir === '' ? 'dvc.yaml' : `${dir}/dvc.yaml` },
    { kind: 'annotation', file: ANNOTATIONS },
  ];
}

/**
 * The artifacts that a file of another tool declares; keys that are not names of artifacts are skipped.
 * @throws RegError INVALID_LINK
 */
export async function artifactsIn(bytes: Uint8Array, file: string): Promise<ArtifactName[]> {
  const { keysOf } = await import('./yaml.js');
  const yaml = await parse(bytes, file);
  const dir = file === ANNOTATIONS ? '' : file.slice(0, -'/dvc.yaml'.length);
  const keys = file === ANNOTATIONS ? keysOf(yaml) : keysOf(yaml, 'artifacts');
  return keys.flatMap((key) => parseArtifactName(dir === '' ? key : `${dir}:${key}`) ?? []);
}

/**
 * The entry of an artifact: `type path description labels custom` in gto's file, `type path desc labels meta` in a `dvc.yaml`,
 * as the documentation of the two names them. Empty where there is no entry.
 * @throws RegError INVALID_LINK
 */
export async function artifactEntry(
  bytes: Uint8Array,
  { kind, file }: ArtifactsFile,
  artifact: ArtifactName,
): Promise<ArtifactEntry> {
  const content = ((await parse(bytes, file)).content() ?? {}) as ArtifactEntry;
  const all = (kind === 'dvc' ? content.artifacts : content) as ArtifactEntry;
  const name = kind === 'dvc' ? splitArtifactName(artifact).base : artifact;
  return (all[name] ?? {}) as ArtifactEntry;
}

/** Where an entry places the model, from the top of the repository. Paths in a `dvc.yaml` start at its folder. */
export function pathOfEntry({ path }: ArtifactEntry, { kind, file }: ArtifactsFile): string | undefined {
  if (typeof path !== 'string') return undefined;
  return kind === 'dvc' ? posix.join(posix.dirname(file), path) : path;
}

/** The package is loaded where there is such a file, which is seldom. */
async function parse(bytes: Uint8Array, file: string): Promise<YamlFile> {
  const { FOREIGN, readYaml } = await import('./yaml.js');
  return readYaml(bytes, file, 'INVALID_LINK', FOREIGN);
}

import { posix } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { parseArtifactName, splitArtifactName } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import type { ObjectReader } from '../../git/port.js';
import { committedYaml, mappingAt, textAt } from './committed.js';
import { outPath } from './out.js';

/**
 * The path that an artifact of a `dvc.yaml` leads to, from the top of the repository; undefined when there is no such artifact.
 * @param name `name`, `dir:name` or `dir/dvc.yaml:name` (DVC, command reference, "artifacts get")
 * @throws RegError SOURCE_UNSUPPORTED for one that has no path in the repository
 */
export async function artifactPath(
  objects: ObjectReader,
  commit: Oid,
  name: string,
): Promise<string | undefined> {
  const artifact = parseArtifactName(name);
  if (artifact === undefined) return undefined;
  const { dir, base } = splitArtifactName(artifact);
  const file = posix.basename(dir) === 'dvc.yaml' ? dir : `${dir === '' ? '' : `${dir}/`}dvc.yaml`;
  // a name that leads up, or is written in another way, is none
  if (outPath('', undefined, file) !== file) return undefined;
  const artifacts = mappingAt((await committedYaml(objects, commit, file)) ?? {}, 'artifacts');
  if (!Object.hasOwn(artifacts, base)) return undefined;
  const path = textAt(mappingAt(artifacts, base), 'path');
  const found = path?.includes('${') ? undefined : path && outPath(file, undefined, path);
  if (found) return found;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `the artifact '${base}' of ${file} has no path inside the repository`,
    'link the model by its own path or, in a store, by source.url',
  );
}

/**
 * The path of an artifact of a `dvc.yaml` whose model is in git itself; undefined for any other text. Otherwise as
 * `artifactPath`.
 */
export async function artifactInGit(
  objects: ObjectReader,
  commit: Oid,
  name: string,
): Promise<string | undefined> {
  const path = await artifactPath(objects, commit, name);
  return path !== undefined && (await objects.entryAt(commit, path)) ? path : undefined;
}

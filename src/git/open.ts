import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RegError } from '../errors.js';
import { openBinaryRepository } from './binary/repository.js';
import { binarySourceOpener } from './binary/source.js';
import { parseLocation, withoutUserInfo } from './location.js';
import type { RegistryRepository, SourceOpener } from './port.js';

/**
 * Opens the repository of a registry by path, from a folder.
 * @throws RegError NO_REPOSITORY, SOURCE_UNSUPPORTED for a URL, GIT_MISSING, GIT_TOO_OLD
 */
export async function openRepository(
  repo: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryRepository> {
  const location = parseLocation(repo);
  if (location.kind === 'url')
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `a registry is read from a clone so far, not from ${withoutUserInfo(repo)}`,
      'clone it with its tags and give the path: git clone URL',
    );
  const folder = resolve(cwd, location.path);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new RegError('NO_REPOSITORY', `there is no folder ${folder}`, 'name a repository with --repo');
  return openBinaryRepository(folder, env);
}

/** What opens the source repositories of links. */
export const sourceOpener = (cache: string, env: NodeJS.ProcessEnv): SourceOpener =>
  binarySourceOpener(cache, env);

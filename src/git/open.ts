import { resolve } from 'node:path';
import { isFolder } from '../disk/files.js';
import { RegError } from '../errors.js';
import { openBinaryRepository } from './binary/repository.js';
import { withoutLocalVariables } from './binary/run-git.js';
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
  if (!(await isFolder(folder)))
    throw new RegError('NO_REPOSITORY', `there is no folder ${folder}`, 'name a repository with --repo');
  // a repository that was asked for by name comes before one that the environment names (SPEC §4)
  return openBinaryRepository(folder, repo === '.' ? env : withoutLocalVariables(env));
}

/** What opens the source repositories of links. */
export const sourceOpener = (cache: string, env: NodeJS.ProcessEnv): SourceOpener =>
  binarySourceOpener(cache, env);

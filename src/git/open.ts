import { resolve } from 'node:path';
import { parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import { once } from '../util/async.js';
import { isFolder } from '../util/files.js';
import { isEmbeddedChosen } from './files/choice.js';
import type { RegistryRepository, SourceOpener } from './port.js';
import { openGitRepository } from './program/repository.js';
import { type Surroundings, withoutLocalVariables } from './program/run.js';

/**
 * Opens the repository of a registry: by path, from a folder, or by URL. A `file://` URL is one too: what is read and
 * written there goes through git's own protocol, and nothing of a work tree counts. Without the git program it is opened
 * to be read.
 * @param cache where what comes from a URL is kept
 * @throws RegError NO_REPOSITORY, SOURCE_UNSUPPORTED, GIT_MISSING, GIT_TOO_OLD, USAGE
 */
export async function openRepository(
  repo: string,
  cwd: string,
  cache: string,
  around: Surroundings,
): Promise<RegistryRepository> {
  const location = parseLocation(repo);
  const embedded = (await isEmbeddedChosen(around.env)) ? await import('./open-without-git.js') : undefined;
  if (location.kind === 'url' || /^file:/i.test(repo)) {
    // loaded on use, as is what sources need: most questions are about a clone and its tags
    const open =
      embedded?.openRemoteRepository ?? (await import('./remote/transport-git.js')).openUrlRepository;
    return open(repo, cache, around);
  }
  const folder = resolve(cwd, location.path);
  if (!(await isFolder(folder)))
    throw new RegError('NO_REPOSITORY', `there is no folder ${folder}`, 'name a repository with --repo');
  // a repository that was asked for by name comes before one that the environment names (SPEC §4)
  const env = repo === '.' ? around.env : withoutLocalVariables(around.env);
  return embedded ? embedded.openLocalRepository(folder, env) : openGitRepository(folder, { ...around, env });
}

/** Opens source repositories with the git program: a folder of this machine where it is, a URL through the cache. */
export const gitSourceOpener = (cache: string, around: Surroundings): SourceOpener => ({
  openSource: async (location) =>
    location.kind === 'path'
      ? (await import('./program/repository.js')).openGitSource(location.path, around)
      : (await import('./remote/transport-git.js')).openUrlSource(location.url, cache, around),
});

/** What opens the source repositories of links, without the git program where there is none. */
export function sourceOpener(cache: string, around: Surroundings): SourceOpener {
  const opener = once(async () =>
    (await isEmbeddedChosen(around.env))
      ? (await import('./open-without-git.js')).embeddedSourceOpener(cache, around)
      : gitSourceOpener(cache, around),
  );
  return { openSource: async (location) => (await opener()).openSource(location) };
}

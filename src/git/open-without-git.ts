import type { Surroundings } from '../net/http.js';
import { openLocalSource } from './files/repository.js';
import { needsGit } from './needs-git.js';
import type { RegistryRepository, SourceOpener } from './port.js';
import { openWebRepository, openWebSource } from './remote/transport-http.js';

export { openLocalRepository } from './files/repository.js';

/**
 * Opens the registry at a URL, to read it without the git program.
 * @throws RegError GIT_MISSING for any other than a web address
 */
export const openRemoteRepository = (url: string, cache: string, around: Surroundings): RegistryRepository =>
  openWebRepository(webAddress(url), cache, around);

/** Opens source repositories without the git program: a folder of this machine where it is, a web address through the cache. */
export const embeddedSourceOpener = (cache: string, around: Surroundings): SourceOpener => ({
  openSource: async (location) =>
    location.kind === 'path'
      ? openLocalSource(location.path)
      : openWebSource(webAddress(location.url), cache, around),
});

function webAddress(url: string): string {
  if (/^https?:\/\//i.test(url)) return url;
  const scheme = /^(file|git):\/\//i.exec(url)?.[1]?.toLowerCase();
  throw needsGit(`a repository at ${scheme === undefined ? 'an ssh' : `a ${scheme}://`} address`);
}

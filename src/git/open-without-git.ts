import { join } from 'node:path';
import { extraHeaderFor, type GitConfig, isNetworkKey } from '../documents/git-config.js';
import { withLogin } from '../net/credentials.js';
import type { Surroundings as NetSurroundings } from '../net/http.js';
import { shownAddress } from '../util/address.js';
import { isFolder } from '../util/files.js';
import { tokenFor } from '../util/host-tokens.js';
import { addShallow } from './files/history.js';
import { indexPack } from './files/index-pack.js';
import { withoutPrograms } from './files/large-files.js';
import { type ObjectStore, openObjectStore } from './files/objects.js';
import { findPlace } from './files/place.js';
import { openRefs, writeRefs } from './files/refs.js';
import { openLocalSource, readFolder } from './files/repository.js';
import { parseRevision } from './files/revisions.js';
import type { RegistryRepository, SourceOpener, SourceRepository, Standpoint } from './port.js';
import { needsGit } from './port.js';
import { openRemoteCache } from './remote/cache.js';
import { type RemoteRepository, remoteRepository } from './remote/repository.js';
import type { CacheFolder, Receiver } from './remote/transport.js';
import { httpTransport } from './remote/transport-http.js';

export { openLocalRepository } from './files/repository.js';

interface Surroundings extends NetSurroundings {
  /** What the configuration of a repository says of the network. */
  config?: GitConfig | undefined;
}

/** Surroundings in which other repositories are reached by the configuration of the repository in which a person stands. */
export async function reachingFrom(
  { folder, env, reach }: Standpoint,
  around: NetSurroundings,
): Promise<Surroundings> {
  const place = await findPlace(folder, env).catch(none);
  const config = [...(place?.config ?? [])].filter(([key]) => isNetworkKey(key, reach));
  return { ...around, config: new Map(config) };
}

/**
 * Opens the registry at a URL, to read it without the git program.
 * @throws RegError GIT_MISSING for any other than a web address
 */
export function openUrlRepository(url: string, cache: string, around: Surroundings): RegistryRepository {
  return openAt(url, cache, around);
}

function openAt(url: string, cache: string, around: Surroundings) {
  const address = webAddress(url);
  const token = new URL(address).password === '' ? tokenFor(address, around.env) : undefined;
  const entered = token ? withLogin(address, token) : address;
  // a token takes the place of headers
  const config = token ? undefined : around.config;
  return {
    ...openRemote(entered, cache, { ...around, config }),
    largeFiles: largeFilesAt(entered, { ...around, config }),
  };
}

/** Opens source repositories without the git program: a folder of this machine where it is, a web address through the cache. */
export const openSources = (cache: string, around: Surroundings): SourceOpener => ({
  openSource: async (location) => {
    if (location.kind === 'url') return openAt(location.url, cache, around);
    if (!(await isFolder(location.path))) {
      const { isBundle } = await import('./bundle.js');
      if (await isBundle(location.path)) throw needsGit(`to read the bundle ${location.path}`);
    }
    return openLocalSource(location.path, around.env);
  },
});

function webAddress(url: string): string {
  if (/^https?:\/\//i.test(url)) return url;
  const scheme = /^(file|git):\/\//i.exec(url)?.[1]?.toLowerCase();
  throw needsGit(`a repository at ${scheme === undefined ? 'an ssh' : `a ${scheme}://`} address`);
}

const none = async (): Promise<undefined> => undefined;

const largeFilesAt = (url: string, { env, config }: Surroundings): SourceRepository['largeFiles'] =>
  withoutPrograms(
    {
      folders: async () => [],
      // what a clone would call it
      remote: async () => ({ name: 'origin', url }),
      setting: none,
      extraHeader: async (address) => config && extraHeaderFor(config, address),
    },
    env,
  );

function openRemote(address: string, folder: string, around: Surroundings): RemoteRepository {
  const cache = openRemoteCache(shownAddress(address), folder);
  const shared = openObjectStore(cache.shared.objects);
  const objectsOf = ({ objects }: CacheFolder): ObjectStore =>
    objects === cache.shared.objects ? shared : openObjectStore(objects);
  const receiver = (one: CacheFolder): Receiver => ({
    has: objectsOf(one).has,
    addPack: (pack) => indexPack(pack, one.path, join(one.objects, 'pack')),
    refs: async () =>
      new Map((await openRefs(one.path, one.path).list('refs/')).map(({ name, oid }) => [name, oid])),
    setRefs: (refs) => writeRefs(one.path, refs),
    addShallow: (commits) => addShallow(one.path, commits),
  });
  const remote = remoteRepository(httpTransport(address, around, receiver), cache, (one) =>
    readFolder(one.path, one.path, objectsOf(one)),
  );
  const { objects } = remote;
  return {
    ...remote,
    objects: {
      ...objects,
      // a revision that only git understands is refused before anything is sent
      commit: async (rev) => (parseRevision(rev) === undefined ? undefined : objects.commit(rev)),
    },
  };
}

import { join } from 'node:path';
import { gitConfigOf, gitConfigValue, isNetworkKey } from '../documents/git-config.js';
import { insteadOf } from '../net/git-settings.js';
import type { Surroundings as NetSurroundings } from '../net/http.js';
import type { WebConfig } from '../net/session.js';
import { shownAddress } from '../util/address.js';
import { isFolder } from '../util/files.js';
import { addShallow } from './files/history.js';
import { indexPack } from './files/index-pack.js';
import { WITHOUT_PROGRAM } from './files/large-files.js';
import { linksIn, type ObjectStore, openObjectStore } from './files/objects.js';
import { findPlace } from './files/place.js';
import { openRefs, writeRefs } from './files/refs.js';
import { openLocalSource, readFolder } from './files/repository.js';
import { parseRevision } from './files/revisions.js';
import { configuredWeb } from './files/settings.js';
import type { RegistryRepository, SourceOpener, SourceRepository, Standpoint } from './port.js';
import { needsGit } from './port.js';
import { openRemoteCache } from './remote/cache.js';
import { type RemoteRepository, remoteRepository } from './remote/repository.js';
import type { CacheFolder, Receiver } from './remote/transport.js';
import { httpTransport } from './remote/transport-http.js';

export { openLocalRepository } from './files/repository.js';

interface Surroundings extends NetSurroundings {
  /** How web servers are reached: by the user's own settings, and by those of the repository in which a person stands. */
  web?: WebConfig | undefined;
}

/** Surroundings in which other repositories are reached by the configuration of the repository in which a person stands. */
export const reachingFrom = async (
  standpoint: Standpoint,
  around: NetSurroundings,
): Promise<Surroundings> => ({ ...around, web: await webConfigFrom(standpoint) });

/** How web servers are reached from there. */
export async function webConfigFrom({ folder, env, reach }: Standpoint): Promise<WebConfig> {
  const place = await findPlace(folder, env).catch(none);
  return configuredWeb(
    env,
    place?.settings.filter(([key]) => isNetworkKey(key, reach)),
  );
}

/**
 * Opens the registry at a URL, to read it without the git program.
 * @param offline answers with what was asked before, and asks nothing
 * @throws RegError GIT_MISSING for any other than a web address
 */
export const openUrlRepository = (
  url: string,
  cache: string,
  around: Surroundings,
  offline = false,
): Promise<RegistryRepository> => openAt(url, cache, around, offline);

async function openAt(url: string, cache: string, around: Surroundings, offline = false) {
  const { web = configuredWeb(around.env) } = around;
  const address = webAddress(insteadOf(await web.settings(), url));
  return {
    ...openRemote({ address, shown: shownAddress(url) }, cache, { ...around, web }, offline),
    largeFiles: largeFilesAt(address, web),
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

const largeFilesAt = (url: string, web: WebConfig): SourceRepository['largeFiles'] => ({
  folders: async () => [],
  // what a clone would call it
  remote: async () => ({ name: 'origin', url }),
  setting: async (key) => gitConfigValue(gitConfigOf(await web.settings()), key),
  web,
  ...WITHOUT_PROGRAM,
});

function openRemote(
  server: { address: string; shown: string },
  folder: string,
  around: NetSurroundings & { web: WebConfig },
  offline: boolean,
): RemoteRepository {
  const cache = openRemoteCache(server.shown, folder);
  const shared = openObjectStore(cache.shared.objects);
  const objectsOf = ({ objects }: CacheFolder): ObjectStore =>
    objects === cache.shared.objects ? shared : openObjectStore(objects);
  const receiver = (one: CacheFolder): Receiver => ({
    has: objectsOf(one).has,
    addPack: (pack) => indexPack(pack, one.path, join(one.objects, 'pack')),
    links: async (oid) => {
      const found = await objectsOf(one).read(oid);
      return found && { type: found.type, links: linksIn(found) };
    },
    refs: async () =>
      new Map((await openRefs(one.path, one.path).list('refs/')).map(({ name, oid }) => [name, oid])),
    setRefs: (refs) => writeRefs(one.path, refs),
    addShallow: (commits) => addShallow(one.path, commits),
  });
  const remote = remoteRepository(
    httpTransport(server, around, receiver),
    cache,
    (one) => readFolder(one.path, one.path, objectsOf(one)),
    offline,
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

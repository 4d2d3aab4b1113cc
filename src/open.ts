import { resolve } from 'node:path';
import type { Reach } from './documents/git-config.js';
import { parseLocation } from './domain/location.js';
import { failureOf } from './errors.js';
import { openRepository, sourceOpener, webConfig } from './git/open.js';
import type { Host } from './host.js';
import { configMentions, type RegistryContext, readConfigBytes } from './registry/context.js';
import { exclusionIn, withoutExcluded } from './registry/exclusion.js';
import { remoteChooser } from './registry/remote.js';
import { openCheckout } from './registry/work-tree.js';
import { once, remembered } from './util/async.js';
import { cacheFolder, wayBelow } from './util/files.js';

const CONFIG_REMEMBERED_MS = 1000;

/**
 * Opens everything that a registry talks to.
 * @param repo a URL, or a path from the host's folder
 * @param reach `linked` where a link names the registry
 */
export async function openContext(
  repo: string,
  host: Host,
  reach: Reach = 'named',
): Promise<RegistryContext> {
  const { env, cwd, now, signal, offline, isLasting, note = () => undefined } = host;
  const cache = cacheFolder(env);
  const around = { env, signal, isLasting };
  const unfiltered = await openRepository(repo, cwd, cache, around, reach, offline);
  const location = parseLocation(repo);
  const isHere = location.kind === 'path' && unfiltered.address === undefined;
  const folder = isHere ? resolve(cwd, location.path) : cwd;
  const workTree = once(async () => {
    const root = await unfiltered.workTree();
    return root === undefined ? undefined : openCheckout(root, unfiltered);
  });
  // loaded on use: reading a configuration takes the YAML and schema packages, and most queries never ask
  const config = once(async () =>
    (await import('./registry/load-config.js')).loadConfig(unfiltered, await workTree(), env),
  );
  // a question asks more than once what it says, and at a URL each time takes three requests
  const configBytes = remembered(CONFIG_REMEMBERED_MS, () =>
    readConfigBytes({ repository: unfiltered, workTree }),
  );
  const exclusion = once(async () => {
    // one that cannot be read excludes nothing; what needs it says what is wrong with it
    const mentions = await configMentions({ configBytes }, 'exclude').catch(failureOf);
    return mentions === true ? exclusionIn((await config()).artifacts.exclude) : undefined;
  });
  const repository = withoutExcluded(unfiltered, exclusion);
  const web = once(() => webConfig({ folder, env, reach: 'linked' }));
  const stores = once(async () => (await import('./stores/open.js')).storeOpener(around, web));
  return {
    repository,
    unfiltered,
    exclusion,
    sources: sourceOpener(cache, around, { folder, env, reach: 'linked' }),
    stores: { openStore: async (url, settings) => (await stores()).openStore(url, settings) },
    around,
    openOther: (address) => openContext(address, host, 'linked'),
    workTree,
    folder: once(async () => {
      // where there is no repository, the next question says so
      const root = (await workTree().catch(() => undefined))?.root;
      if (root === undefined) return '';
      // who stands elsewhere may name a folder of the work tree, as with git -C
      return (await wayBelow(root, cwd)) || wayBelow(root, resolve(cwd, repo));
    }),
    note,
    offline,
    kept:
      offline || unfiltered.address === undefined
        ? undefined
        : () => openContext(repo, { ...host, offline: true }, reach),
    configBytes,
    config,
    remote: remoteChooser(repository, env),
    cache,
    now,
    signal,
  };
}

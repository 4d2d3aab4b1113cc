import { openRepository, sourceOpener } from './git/open.js';
import type { Host } from './host.js';
import type { RegistryContext } from './registry/context.js';
import { remoteChooser } from './registry/remote.js';
import { once } from './util/async.js';
import { cacheFolder, openWorkTree, wayBelow } from './util/files.js';

/** Opens everything that a registry talks to. `repo` is a URL, or a path from the host's folder. */
export async function openContext(repo: string, host: Host): Promise<RegistryContext> {
  const { env, cwd, now, signal, offline, note = () => undefined } = host;
  const cache = cacheFolder(env);
  const around = { env, signal };
  const repository = await openRepository(repo, cwd, cache, around);
  const workTree = once(async () => {
    const root = await repository.workTree();
    return root === undefined ? undefined : openWorkTree(root);
  });
  // loaded on use: reading a configuration takes the YAML and schema packages, and most queries never ask
  const config = once(async () =>
    (await import('./registry/load-config.js')).loadConfig(repository, await workTree(), env),
  );
  const stores = once(async () => (await import('./stores/open.js')).storeOpener(around));
  return {
    repository,
    sources: sourceOpener(cache, around),
    stores: { openStore: async (url, settings) => (await stores()).openStore(url, settings) },
    around,
    openOther: (address) => openContext(address, host),
    workTree,
    folder: once(async () => {
      // where there is no repository, the next question says so
      const root = (await workTree().catch(() => undefined))?.root;
      return root === undefined ? '' : wayBelow(root, cwd);
    }),
    note,
    offline,
    config,
    remote: remoteChooser(repository, env),
    cache,
    now,
    signal,
  };
}

import { cacheFolder } from './disk/cache-folder.js';
import { openWorkTree } from './disk/work-tree.js';
import { openRepository, sourceOpener } from './git/open.js';
import type { Host } from './host.js';
import { once } from './once.js';
import type { RegistryContext } from './registry/context.js';

/** Opens everything that a registry talks to. `repo` is a path from the host's folder. */
export async function openContext(repo: string, { env, cwd, now }: Host): Promise<RegistryContext> {
  const repository = await openRepository(repo, cwd, env);
  const workTree = once(async () => {
    const root = await repository.workTree();
    return root === undefined ? undefined : openWorkTree(root);
  });
  const cache = cacheFolder(env);
  // loaded on use: reading a configuration takes the YAML and schema packages, and most queries never ask
  const config = once(async () =>
    (await import('./registry/load-config.js')).loadConfig(repository, await workTree()),
  );
  return { repository, sources: sourceOpener(cache, env), workTree, config, cache, now };
}

import { cacheFolder } from './disk/cache-folder.js';
import { openWorkTree } from './disk/work-tree.js';
import { openRepository, sourceOpener } from './git/open.js';
import { type Host, thisHost } from './host.js';
import type { LoadOptions, Model, PlaceOptions } from './load.js';
import type { RegistryContext } from './registry/context.js';
import { createRegistry, type Registry } from './registry/registry.js';

/** Opens everything that a registry talks to. `repo` is a path from the host's folder. */
export async function openContext(repo: string, { env, cwd }: Host): Promise<RegistryContext> {
  const repository = await openRepository(repo, cwd, env);
  const workTree = repository.workTree === undefined ? undefined : openWorkTree(repository.workTree);
  const cache = cacheFolder(env);
  // loaded on use: reading a configuration takes the YAML and schema packages, and most queries never ask
  const config = async () => (await import('./registry/load-config.js')).loadConfig(repository, workTree);
  return { repository, sources: sourceOpener(cache, env), workTree, config, cache };
}

/**
 * Opens the registry in the tags of a repository.
 * @param repo the path of a clone, of a folder inside one, or of a bare repository
 * @throws RegError NO_REPOSITORY, GIT_MISSING, GIT_TOO_OLD
 */
export async function openRegistry(repo = '.', host: Host = thisHost()): Promise<Registry> {
  return createRegistry(await openContext(repo, host));
}

/** Fetches and verifies one model of a registry: by stage, by version, by a rev, or as the link is at HEAD. */
export async function load(
  artifact: string,
  { registry, ...options }: LoadOptions & Partial<PlaceOptions> & { registry: Registry },
): Promise<Model> {
  return registry.load(artifact, options);
}

import { type Host, thisHost } from './host.js';
import type { Model, PlaceOptions } from './load.js';
import { openContext } from './open-context.js';
import type { ChooseOptions } from './registry/choose.js';
import { createRegistry, type Registry } from './registry/registry.js';

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
  { registry, ...options }: ChooseOptions & Partial<PlaceOptions> & { registry: Registry },
): Promise<Model> {
  return registry.load(artifact, options);
}

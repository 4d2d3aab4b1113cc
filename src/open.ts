import { type Host, thisHost } from './host.js';
import { openContext } from './open-context.js';
import type { LoadOptions, Model } from './registry/load.js';
import { createRegistry, type Registry } from './registry/registry.js';

/**
 * Opens the registry in the tags of a repository.
 * @param repo the path of a clone, of a folder inside one, or of a bare repository
 * @param host what to see instead of this process's environment, folder and clock
 * @throws RegError NO_REPOSITORY
 */
export async function openRegistry(repo = '.', host: Partial<Host> = {}): Promise<Registry> {
  return createRegistry(await openContext(repo, { ...thisHost(), ...host }));
}

/** Fetches and verifies one model of a registry, by default that of the working folder: by stage, by version, by a rev, or as the link is at HEAD. */
export async function load(
  artifact: string,
  { registry, ...options }: LoadOptions & { registry?: Registry | undefined } = {},
): Promise<Model> {
  return (registry ?? (await openRegistry())).load(artifact, options);
}

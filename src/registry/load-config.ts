import {
  CONFIG_FILE,
  type Config,
  DEFAULT_CONFIG,
  GTO_FILE,
  readConfig,
  readGto,
} from '../documents/config.js';
import type { Oid } from '../domain/event.js';
import type { RegistryRepository } from '../git/port.js';
import type { WorkTree } from '../util/files.js';
import { headCommit } from './context.js';
import { readBlob } from './work-tree.js';

/**
 * The configuration of a repository: `.reg.yaml` of the work tree, or of HEAD without a work tree; without the file, what
 * gto's `.gto` and its variables allow.
 * @throws RegError INVALID_CONFIG
 */
export async function loadConfig(
  repository: RegistryRepository,
  workTree: WorkTree | undefined,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Config> {
  const read = workTree ? workTree.read : readerAt(repository, await headCommit(repository));
  return configIn(read, env);
}

/**
 * The configuration among some files.
 * @throws RegError INVALID_CONFIG
 */
export async function configIn(
  read: (path: string) => Promise<Uint8Array | undefined>,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Config> {
  const own = await read(CONFIG_FILE);
  if (own) return readConfig(own);
  return { ...DEFAULT_CONFIG, ...readGto(await read(GTO_FILE), env) };
}

/** Whether gto may read the same tags: its configuration is in the work tree, or at HEAD without a work tree. */
export async function usesGto(
  repository: RegistryRepository,
  workTree: WorkTree | undefined,
): Promise<boolean> {
  const read = workTree ? workTree.read : readerAt(repository, await headCommit(repository));
  return (await read(GTO_FILE)) !== undefined;
}

/** Reads files of a commit by their paths; undefined without the file, and without a commit. */
export const readerAt =
  (repository: RegistryRepository, commit: Oid | undefined) =>
  async (path: string): Promise<Uint8Array | undefined> => {
    const entry = commit === undefined ? undefined : await repository.objects.entry(commit, path);
    return entry?.type === 'blob' ? readBlob(repository.objects, entry.oid, path) : undefined;
  };

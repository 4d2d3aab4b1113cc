import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isFolder } from '../disk/files.js';
import { modelOnDisk } from '../sources/identity.js';
import type { SourceModel } from '../sources/model.js';

/**
 * Models by the SHA-256 of their bytes: `models/<sha256>/<name>` of the cache folder, a file or a folder. An entry appears
 * whole, is never changed, and may be deleted at any time, also while others read it.
 */
export interface ModelCache {
  /** Where these bytes are kept under a name. */
  pathOf(sha256: string, name: string): string;
  /** The model with these bytes, under whatever name it is kept; nothing was verified yet. */
  find(sha256: string): Promise<SourceModel | undefined>;
  /** Keeps a model that was verified; where the file system can, it shares its blocks with `path`. */
  keep(path: string, sha256: string, name: string): Promise<void>;
  /** Removes what turned out to be other bytes. */
  evict(sha256: string): Promise<void>;
}

/**
 * Opens the models of a cache folder.
 * @param now milliseconds since the epoch: the time of an entry's folder is that of its last use
 */
export function openModelCache(cache: string, now: () => number): ModelCache {
  const folderOf = (sha256: string): string => join(modelsFolder(cache), sha256);
  return {
    pathOf: (sha256, name) => join(folderOf(sha256), name),
    find: async (sha256) => {
      const folder = folderOf(sha256);
      const name = (await readdir(folder).catch(() => [])).find((one) => !isTemporary(one));
      if (name === undefined) return undefined;
      await utimes(folder, now() / 1000, now() / 1000).catch(() => undefined);
      return modelOnDisk(join(folder, name));
    },
    keep: async (path, sha256, name) => {
      const temporary = join(folderOf(sha256), `.${randomUUID()}`);
      // a cache that cannot be written is no reason for a load to fail
      await share(path, temporary)
        .then(() => rename(temporary, join(folderOf(sha256), name)))
        .catch(() => rm(temporary, { recursive: true, force: true }).catch(() => undefined));
    },
    evict: (sha256) => removeWhole(folderOf(sha256)),
  };
}

/** The folder of all models of a cache. */
export const modelsFolder = (cache: string): string => join(cache, 'models');

/** What is being written or removed; a model's own name may not begin so. */
const isTemporary = (name: string): boolean => name.startsWith('.');

/** Takes a folder out of sight at once, and then removes it. */
export async function removeWhole(folder: string): Promise<void> {
  const gone = join(dirname(folder), `.${randomUUID()}`);
  await rename(folder, gone).catch(() => undefined);
  await rm(gone, { recursive: true, force: true, maxRetries: 3 });
}

/** A second name for the same blocks, or a copy: nobody writes into a file of the cache, and what changed in one is noticed. */
async function share(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (await isFolder(from)) {
    await mkdir(to, { recursive: true });
    for (const name of await readdir(from)) await share(join(from, name), join(to, name));
    return;
  }
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
}

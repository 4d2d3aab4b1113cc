import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { modelOnDisk } from '../sources/identity.js';
import type { SourceModel } from '../sources/model.js';
import { isFolder } from '../util/files.js';
import { isPart } from './part.js';

/**
 * Models by the SHA-256 of their bytes: `models/<sha256>/<name>` of the cache folder, a file or a folder. An entry appears
 * whole, is never changed, and may be deleted at any time, also while others read it.
 */
export interface ModelCache {
  /** Where these bytes are kept under a name. */
  pathOf(sha256: string, name: string): string;
  /** The model with these bytes, under whatever name it is kept; nothing was verified yet. */
  find(sha256: string): Promise<SourceModel | undefined>;
  /** A path where a model can be built before its bytes are known. */
  aside(): string;
  /** Takes in what was built aside; gives where it is now. */
  adopt(path: string, sha256: string, name: string): Promise<string>;
  /** Keeps a copy of a model that was verified; where the file system can, it shares its blocks with `path`. */
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
      const name = (await readdir(folder).catch(() => [])).find((one) => !isPart(one));
      if (name === undefined) return undefined;
      await utimes(folder, now() / 1000, now() / 1000).catch(() => undefined);
      return modelOnDisk(join(folder, name));
    },
    aside: () => join(modelsFolder(cache), `.${randomUUID()}.part`),
    adopt: async (path, sha256, name) => {
      const entry = join(folderOf(sha256), name);
      await mkdir(folderOf(sha256), { recursive: true });
      // one that is there already, as a folder, stays: it has the same bytes
      await rename(path, entry).catch(unlessThere);
      return entry;
    },
    keep: async (path, sha256, name) => {
      const temporary = join(modelsFolder(cache), `.${randomUUID()}.part`);
      // a cache that cannot be written is no reason for a load to fail
      await copy(path, temporary)
        .then(() => mkdir(folderOf(sha256), { recursive: true }))
        .then(() => rename(temporary, join(folderOf(sha256), name)))
        .catch(() => rm(temporary, { recursive: true, force: true }).catch(() => undefined));
    },
    evict: async (sha256) => void (await removeWhole(folderOf(sha256))),
  };
}

/** The folder of all models of a cache. */
export const modelsFolder = (cache: string): string => join(cache, 'models');

/** Takes a folder out of sight at once, and then removes it; false when it cannot be moved. */
export async function removeWhole(folder: string): Promise<boolean> {
  const gone = join(dirname(folder), `.${randomUUID()}.part`);
  const isMoved = await rename(folder, gone).then(
    () => true,
    () => false,
  );
  await rm(gone, { recursive: true, force: true, maxRetries: 3 });
  return isMoved;
}

/** What somebody does to a loaded file must not reach the cache, so that it is never a second name of one. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (!(await isFolder(from))) return copyFile(from, to, constants.COPYFILE_FICLONE);
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await copy(join(from, name), join(to, name));
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

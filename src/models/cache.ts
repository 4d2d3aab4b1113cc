import { randomUUID } from 'node:crypto';
import { lstat, readdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filesBelow } from '../util/files.js';
import {
  copyPlain,
  isOwnFolder,
  isPlainTree,
  makeFoldersBelow,
  makeOwnFolder,
  move,
  moved,
  readPlain,
  remove,
  temporary,
} from '../util/safe-files.js';
import type { CacheMode } from './cache-mode.js';
import { hashesFolder } from './hashes.js';
import { cannotWrite, isPart, type Part, takePart } from './part.js';
import { modelOnDisk, type SourceModel } from './source.js';

/**
 * The models of a cache by the SHA-256 of their bytes: `models/<sha256>/<name>`, a file or a folder. An entry appears whole,
 * never changes, and may be deleted at any time, also while it is read. Only plain files of this user count: others may be able to
 * write to the folder.
 */
export interface ModelCache {
  mode: CacheMode;
  /** The path of an entry. */
  pathOf(sha256: string, name: string): string;
  /** The model with these bytes, under any name. It was not verified yet. */
  find(sha256: string): Promise<SourceModel | undefined>;
  /**
   * Makes the folder of an entry.
   * @throws RegError FILE_SYSTEM where it is not this user's own
   */
  makeFolder(sha256: string): Promise<void>;
  /** A path beside the entries, for a model whose digest is not known yet. */
  aside(): string;
  /** A part of an entry, perhaps with the bytes of an earlier process; undefined where the cache cannot be written. */
  part(sha256: string, name: string): Promise<Part | undefined>;
  /** Moves a model into the cache; gives the path of the entry. */
  adopt(path: string, sha256: string, name: string): Promise<string>;
  /**
   * Copies a verified model into the cache; where the file system can, the copy shares its blocks.
   * @param files the paths of a folder model: its folder may have other files too
   */
  keep(path: string, sha256: string, name: string, files?: readonly string[]): Promise<void>;
  /** Removes an entry whose bytes were changed. */
  evict(sha256: string): Promise<void>;
}

/**
 * Opens the models of a cache folder.
 * @param now milliseconds since the epoch: the time of an entry's folder is that of its last use
 */
export function openModelCache(cache: string, now: () => number, mode: CacheMode = 'copy'): ModelCache {
  const folderOf = (sha256: string): string => join(modelsFolder(cache), sha256);
  const makeEntry = async (sha256: string): Promise<void> => {
    await makeOwnFolder(modelsFolder(cache));
    await makeOwnFolder(folderOf(sha256));
  };
  return {
    mode,
    pathOf: (sha256, name) => join(folderOf(sha256), name),
    find: async (sha256) => {
      const folder = folderOf(sha256);
      const name = (await readdir(folder).catch(() => [])).find((one) => !isPart(one));
      if (name === undefined) return undefined;
      if (!(await isPlainTree(folder, { mine: true, linked: mode === 'link' }))) {
        // a pipe or a device would never end, and a link may lead anywhere; what another user keeps is left alone
        if (!(await isPlainTree(folder))) await removeWhole(folder);
        return undefined;
      }
      await utimes(folder, now() / 1000, now() / 1000).catch(() => undefined);
      return modelOnDisk(join(folder, name));
    },
    makeFolder: (sha256) => makeEntry(sha256).catch(cannotWrite(folderOf(sha256))),
    aside: () => temporary(join(modelsFolder(cache), `.${randomUUID()}.part`)),
    part: (sha256, name) =>
      makeEntry(sha256)
        .then(() => takePart(join(folderOf(sha256), name), sha256.slice(0, 12)))
        .catch(() => undefined),
    adopt: async (path, sha256, name) => {
      const entry = join(folderOf(sha256), name);
      await makeEntry(sha256);
      // an existing entry that is a folder stays: it has the same bytes
      await move(path, entry).catch(unlessThere);
      return entry;
    },
    keep: async (path, sha256, name, files) => {
      const aside = temporary(join(modelsFolder(cache), `.${randomUUID()}.part`));
      // a load does not fail because the cache cannot be written
      await makeEntry(sha256)
        .then(() => (files ? copyFiles(path, aside, files) : copyPlain(path, aside)))
        .then(() => move(aside, join(folderOf(sha256), name)))
        .catch(() => remove(aside).catch(() => undefined));
    },
    evict: async (sha256) => void (await removeWhole(folderOf(sha256))),
  };
}

/** Copies files of a folder into another one. */
export async function copyFiles(
  from: string,
  to: string,
  paths: readonly string[],
  { sync = false } = {},
): Promise<void> {
  for (const path of paths) {
    await makeFoldersBelow(to, join(to, path));
    await copyPlain(join(from, path), join(to, path), { sync });
  }
}

/** The folder of all models of a cache. */
const modelsFolder = (cache: string): string => join(cache, 'models');

/** Renames a folder, so that it is gone at once, and then removes it; false where it cannot be renamed. */
async function removeWhole(folder: string): Promise<boolean> {
  const gone = temporary(join(dirname(folder), `.${randomUUID()}.part`));
  const isMoved = await moved(folder, gone);
  await remove(gone);
  return isMoved;
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

/** An entry of the cache, which could be fetched again: the `--json` of `cache ls` and `cache gc`. */
export interface CacheRow {
  kind: 'model' | 'repository';
  /** The file name of a model, the address of a repository. */
  name: string;
  /** Null for a repository. */
  sha256: string | null;
  path: string;
  /** Bytes. */
  size: number;
  /** When it was last used, ISO 8601 in UTC. */
  used: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lists the entries of a cache folder, the last used first. */
export async function listCache(cache: string): Promise<CacheRow[]> {
  const rows = [...(await models(cache)), ...(await repositories(cache))];
  return rows.sort((a, b) => (a.used < b.used ? 1 : -1));
}

/**
 * Removes entries that were not used for some days. A process that reads one goes on reading, or fetches it again.
 * @param now milliseconds since the epoch
 * @returns the removed entries
 */
export async function clearCache(cache: string, days: number, now: number): Promise<CacheRow[]> {
  const old = (await listCache(cache)).filter(({ used }) => now - Date.parse(used) >= days * DAY_MS);
  const removed: CacheRow[] = [];
  for (const row of old)
    if (await removeWhole(row.kind === 'model' ? join(row.path, '..') : row.path)) removed.push(row);
  await sweep(modelsFolder(cache), now);
  // what was found out by reading can be found out again
  for (const folder of [
    hashesFolder(cache),
    ...['md5', 'manifests', 'digests'].map((one) => join(cache, one)),
  ])
    await forgetHashes(folder, now - days * DAY_MS);
  return removed;
}

/**
 * Removes what was remembered before a time: hashes of files (models/dvc-work-tree.ts, models/hashes.ts), and lists of files of a
 * server.
 */
async function forgetHashes(folder: string, before: number): Promise<void> {
  if (!(await isOwnFolder(folder))) return;
  for (const path of await filesBelow(folder).catch(() => []))
    if (Date.parse(await timeOf(join(folder, path))) <= before) await remove(join(folder, path));
}

/** Removes parts that killed processes left at least a day ago, beside the models and among them. */
async function sweep(folder: string, now: number): Promise<void> {
  const names = (await isOwnFolder(folder)) ? await readdir(folder) : [];
  const inside = names.filter((name) => !isPart(name)).map((name) => join(folder, name));
  const parts = names.filter(isPart).map((name) => join(folder, name));
  for (const one of inside)
    parts.push(...(await readdir(one).catch(() => [])).filter(isPart).map((name) => join(one, name)));
  for (const part of parts) if (now - Date.parse(await timeOf(part)) > DAY_MS) await remove(part);
}

async function models(cache: string): Promise<CacheRow[]> {
  const folder = modelsFolder(cache);
  const rows: CacheRow[] = [];
  for (const sha256 of await namesIn(folder))
    for (const name of await namesIn(join(folder, sha256))) {
      const path = join(folder, sha256, name);
      const used = await timeOf(join(folder, sha256));
      rows.push({ kind: 'model', name, sha256, path, size: await sizeOf(path), used });
    }
  return rows;
}

/** The folders of repositories: fetched by the git program and without it, and copies of bundles. */
const REPOSITORIES = ['repositories', 'embedded', 'bundles'];

async function repositories(cache: string): Promise<CacheRow[]> {
  const rows: CacheRow[] = [];
  for (const folder of REPOSITORIES.map((name) => join(cache, name)))
    for (const entry of await namesIn(folder)) rows.push(await repositoryAt(join(folder, entry), entry));
  return rows;
}

const MAX_DESCRIPTION_BYTES = 64 * 1024;

async function repositoryAt(path: string, entry: string): Promise<CacheRow> {
  // git's own file for the name of a repository (gitrepository-layout(5))
  const description = await readPlain(join(path, 'description'), MAX_DESCRIPTION_BYTES).catch(
    () => undefined,
  );
  const name = description === undefined ? entry : Buffer.from(description).toString().trim();
  const times = await Promise.all(['', 'fetching', 'objects/pack'].map((one) => timeOf(join(path, one))));
  return {
    kind: 'repository',
    name,
    sha256: null,
    path,
    size: await sizeOf(path),
    used: times.sort().at(-1) ?? '',
  };
}

/** The names in a folder, without parts; none in one that is a symbolic link, whose entries are not the cache's to remove. */
async function namesIn(folder: string): Promise<string[]> {
  if (!(await isOwnFolder(folder))) return [];
  return (await readdir(folder).catch(() => [])).filter((name) => !isPart(name));
}

/** The time of the last change; 1970 for an entry that was removed meanwhile. */
const timeOf = (path: string): Promise<string> =>
  lstat(path).then(
    ({ mtime }) => mtime.toISOString(),
    () => new Date(0).toISOString(),
  );

async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  const files = await filesBelow(path).catch(() => []);
  const sizes = await Promise.all(files.map((one) => sizeOf(join(path, one))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

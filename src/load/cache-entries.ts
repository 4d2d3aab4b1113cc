import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from '../util/files.js';
import { modelsFolder, removeWhole } from './model-cache.js';
import { isPart } from './part.js';

/** Something that the cache keeps and could fetch again: the `--json` of `cache ls` and `cache gc`. */
export interface CacheRow {
  kind: 'model' | 'repository';
  /** Of a model its file name, of a repository its address. */
  name: string;
  /** Of a model; null for a repository. */
  sha256: string | null;
  path: string;
  /** Bytes. */
  size: number;
  /** When it was last used, ISO 8601 in UTC. */
  used: string;
}

const DAY = 24 * 60 * 60 * 1000;

/** Lists what a cache folder keeps, what was used last first. */
export async function listCache(cache: string): Promise<CacheRow[]> {
  const rows = [...(await models(cache)), ...(await repositories(cache))];
  return rows.sort((a, b) => (a.used < b.used ? 1 : -1));
}

/**
 * Removes what nobody used for some days. Whoever reads it meanwhile goes on reading, or fetches it again.
 * @param now milliseconds since the epoch
 * @returns what was removed
 */
export async function clearCache(cache: string, days: number, now: number): Promise<CacheRow[]> {
  const old = (await listCache(cache)).filter(({ used }) => now - Date.parse(used) >= days * DAY);
  const removed: CacheRow[] = [];
  for (const row of old)
    if (await removeWhole(row.kind === 'model' ? join(row.path, '..') : row.path)) removed.push(row);
  await sweep(modelsFolder(cache), now);
  return removed;
}

/** Removes what killed processes left half done a day ago or earlier, beside the models and among them. */
async function sweep(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const inside = names.filter((name) => !isPart(name)).map((name) => join(folder, name));
  const parts = names.filter(isPart).map((name) => join(folder, name));
  for (const one of inside)
    parts.push(...(await readdir(one).catch(() => [])).filter(isPart).map((name) => join(one, name)));
  for (const part of parts)
    if (now - Date.parse(await timeOf(part)) > DAY) await rm(part, { recursive: true, force: true });
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

/** What the git program fetched, and what was fetched without it. */
const REPOSITORIES = ['repositories', 'embedded'];

async function repositories(cache: string): Promise<CacheRow[]> {
  const rows: CacheRow[] = [];
  for (const folder of REPOSITORIES.map((name) => join(cache, name)))
    for (const entry of await namesIn(folder)) rows.push(await repositoryAt(join(folder, entry), entry));
  return rows;
}

async function repositoryAt(path: string, entry: string): Promise<CacheRow> {
  // git's own file for what a repository is called (gitrepository-layout(5))
  const name = (await readFile(join(path, 'description'), 'utf8').catch(() => entry)).trim();
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

const namesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => !isPart(name));

/** The time of the last change; the beginning of time for what was removed meanwhile. */
const timeOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ mtime }) => mtime.toISOString(),
    () => new Date(0).toISOString(),
  );

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  const files = await filesBelow(path).catch(() => []);
  const sizes = await Promise.all(files.map((one) => sizeOf(join(path, one))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

import { basename, dirname, join } from 'node:path';
import { interrupted, RegError } from '../errors.js';
import { isThere, syncFolder } from '../util/files.js';
import {
  besideOf,
  copyPlain,
  linkPlain,
  makeFolders,
  makeFoldersBelow,
  move,
  remove,
  swap,
} from '../util/safe-files.js';
import { copyFiles, type ModelCache } from './cache.js';
import type { FileDigest } from './digest.js';
import type { FetchTools, VerifiedModel } from './fetch.js';
import { noteWritten } from './hashes.js';
import { cannotWrite, newPart } from './part.js';
import type { SourceFile } from './source.js';
import {
  heldBy,
  isRealFolder,
  isSame,
  othersIn,
  refuseTarget,
  refuseToReplace,
  requireWritable,
} from './target.js';

/** A model in its place. */
export interface PlacedModel {
  /** The file or folder that holds it. */
  path: string;
  /** How many other files that folder has, `MOST_OTHERS` + 1 at most; undefined where nothing was written into a folder that was there. */
  others: number | undefined;
}

/**
 * Moves a verified model to its place and keeps a copy in the cache. A place that is free gets it whole or not at all. In a folder that is
 * there, its files are replaced one by one, each whole or not at all, and other files stay. What holds the same bytes is left alone.
 * @param tools `signal` ends it between two files
 * @throws RegError FILE_EXISTS, FILE_SYSTEM, INTERRUPTED
 */
export async function placeModel(
  verified: VerifiedModel,
  cache: ModelCache,
  { signal, hashes }: Pick<FetchTools, 'signal' | 'hashes'> = {},
): Promise<PlacedModel> {
  const { name, digest, path, to, force, guard, before, drop } = verified;
  const { kind, sha256, files } = digest;
  try {
    if (to === undefined) return { path: await cache.adopt(path, sha256, name), others: undefined };
    if (path === to) return { path: to, others: undefined };
    const entry = cache.pathOf(sha256, name);
    const isEntry = to === entry;
    // a part in the cache is kept there; any other is this load's own
    const isKept = !isEntry && dirname(path) === dirname(entry);
    let others: number | undefined;
    if (kind === 'folder' && !isEntry && (await isRealFolder(to))) {
      if (await placeFiles(verified, to, isKept, { signal, hashes }))
        others = await othersIn(to, verified.own ?? files);
    } else {
      if (isSame(before, digest)) return { path: to, others };
      await guard?.();
      if (!isEntry) await refuseTarget(to, force);
      if (isKept && cache.mode === 'link') {
        const adopted = await cache.adopt(path, sha256, name);
        await linkInto(adopted, to);
      } else if (isKept && files[0]?.copy !== undefined) await moveInto(files[0].copy, to);
      else await (isKept ? copyInto(path, to, before !== undefined) : moveInto(path, to));
    }
    if (isKept) await keepPart(verified, cache, hashes);
    else if (verified.isCached && !isEntry && !(await isThere(entry)))
      await cache.keep(to, sha256, name, kind === 'folder' ? files.map((file) => file.path) : undefined);
    if (hashes) {
      await noteWritten(hashes, to, kind, files);
      await hashes.save();
    }
    return { path: to, others };
  } finally {
    await drop();
  }
}

/**
 * Puts the files of a model into a folder that is there. Everything is looked at before the first file is replaced.
 * @returns whether anything was written
 * @throws RegError FILE_EXISTS, FILE_SYSTEM, INTERRUPTED
 */
async function placeFiles(
  { path: from, force, guard, before, digest }: VerifiedModel,
  to: string,
  isKept: boolean,
  { signal, hashes }: Pick<FetchTools, 'signal' | 'hashes'>,
): Promise<boolean> {
  const known =
    before !== undefined && before !== 'other' && before.kind === 'paths' ? before.found : undefined;
  const found = await heldBy(to, digest.files.map(promisedFile), hashes, known);
  const waiting = digest.files.filter(({ path, sha256 }) => found.get(path)?.digest?.sha256 !== sha256);
  if (waiting.length === 0) return false;
  await guard?.();
  const paths = waiting.map(({ path }) => path);
  const replaced = paths.filter((path) => found.has(path));
  if (replaced.length > 0) refuseToReplace(to, force, replaced);
  await requireWritable(to, paths).catch(cannotWrite(to));
  const part = isKept ? await newPart(join(to, basename(to))) : undefined;
  try {
    // with all bytes on the disk of the target, a full disk ends it before the first file
    if (part) await copyFiles(from, part.path, paths, { sync: replaced.length > 0 }).catch(cannotWrite(to));
    await moveFiles(part?.path ?? from, to, paths, signal);
  } finally {
    await part?.drop();
  }
  return true;
}

const promisedFile = ({ path, size, sha256 }: FileDigest): Pick<SourceFile, 'path' | 'size' | 'digest'> => ({
  path,
  size,
  digest: { algorithm: 'sha256', value: sha256 },
});

/** Moves files into a folder, each in place of the one that is there. */
async function moveFiles(
  from: string,
  to: string,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const folders = new Set<string>();
  let done = 0;
  try {
    for (const path of paths) {
      if (signal?.aborted) throw interrupted();
      const at = join(to, path);
      if (!folders.has(dirname(at))) await makeFoldersBelow(to, at);
      for (let folder = dirname(at); !folders.has(folder); folder = dirname(folder)) {
        folders.add(folder);
        if (folder === to) break;
      }
      await moveFile(join(from, path), at);
      done += 1;
    }
  } catch (error) {
    throw done === 0
      ? cannotWrite(to)(error as NodeJS.ErrnoException)
      : halfDone(error, to, done, paths.length);
  } finally {
    // a rename is on the disk when its folder is synchronised
    for (const folder of folders) await syncFolder(folder);
  }
}

/** The error for a load that ended between two files: the folder has some of this version, and some of what was there before. */
function halfDone(error: unknown, to: string, done: number, all: number): RegError {
  const { code, message } =
    error instanceof RegError ? error : { code: 'FILE_SYSTEM' as const, message: (error as Error).message };
  return new RegError(
    code,
    `${to} is half written, with ${done} of the ${all} files that were missing or differ: ${message}`,
    'load it again, which completes it',
  );
}

async function moveFile(from: string, to: string): Promise<void> {
  try {
    await move(from, to);
  } catch (error) {
    // a folder inside the target may be a mount
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV')
      throw cannotWrite(to)(error as NodeJS.ErrnoException);
    await copyInto(from, to, true);
  }
}

/** Moves a part into the cache, where it is not yet. */
async function keepPart(
  { path, name, digest: { sha256, kind, files } }: VerifiedModel,
  cache: ModelCache,
  hashes: FetchTools['hashes'],
): Promise<void> {
  if (await isThere(path)) await cache.adopt(path, sha256, name).catch(() => undefined);
  if (hashes) await noteWritten(hashes, cache.pathOf(sha256, name), kind, files);
}

/** Gives a model of the cache another name at its place; a copy where that is not possible. */
async function linkInto(entry: string, path: string): Promise<void> {
  const beside = besideOf(path);
  try {
    await makeFolders(dirname(path));
    await linkPlain(entry, beside);
    await moveInto(beside, path);
  } catch {
    await remove(beside).catch(() => undefined);
    await copyInto(entry, path, false);
  }
}

/** Copies a part to its place: the cache keeps the part, and may be on another disk. */
async function copyInto(part: string, path: string, sync: boolean): Promise<void> {
  const beside = besideOf(path);
  try {
    await makeFolders(dirname(path));
    await copyPlain(part, beside, { sync });
    await moveInto(beside, path);
  } catch (error) {
    await remove(beside).catch(() => undefined);
    throw cannotWrite(path)(error as NodeJS.ErrnoException);
  }
}

/** Moves a part to its place at once, so that no reader sees half of it. */
async function moveInto(built: string, path: string): Promise<void> {
  if ((await isRealFolder(path)) || ((await isThere(path)) && (await isRealFolder(built))))
    await swap(built, path);
  else await move(built, path);
  // a rename is on the disk when its folder is synchronised
  await syncFolder(dirname(path));
}

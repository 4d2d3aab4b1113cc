import { lstat, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RegError } from '../errors.js';
import { isThere, syncFolder } from '../util/files.js';
import { besideOf, copyPlain, isPlainTree, makeFolders, move, remove, swap } from '../util/safe-files.js';
import type { ModelCache } from './cache.js';
import { digestOf, type ModelDigest } from './digest.js';
import type { VerifiedModel } from './fetch.js';
import { cannotWrite } from './part.js';
import { modelOnDisk } from './source.js';

/**
 * Moves a verified model to its place, whole or not at all, and keeps a copy in the cache. A place that holds the same bytes
 * already is left alone.
 * @returns the file or folder that holds it
 * @throws RegError FILE_EXISTS, FILE_SYSTEM
 */
export async function placeModel(verified: VerifiedModel, cache: ModelCache): Promise<string> {
  const { name, digest, path, to, force, guard, before, drop } = verified;
  const { sha256 } = digest;
  try {
    if (to === undefined) return await cache.adopt(path, sha256, name);
    if (before && before !== 'other' && before.kind === digest.kind && before.sha256 === sha256) return to;
    await guard?.();
    if (before) await refuseToReplace(to, force);
    const entry = cache.pathOf(sha256, name);
    if (to === entry || dirname(path) !== dirname(entry)) await moveInto(path, to);
    else await copyInto(path, to).finally(() => cache.adopt(path, sha256, name).catch(() => undefined));
    if (to !== entry && !(await isThere(entry))) await cache.keep(to, sha256, name);
    return to;
  } finally {
    await drop();
  }
}

/** What is at a place: a model, or anything else, such as a symbolic link or a folder with one in it. */
export type Before = ModelDigest | 'other';

/** What is at a path; undefined where there is nothing. No symbolic link is followed. */
export async function digestAt(path: string): Promise<Before | undefined> {
  if (!(await isThere(path))) return undefined;
  if (!(await isPlainTree(path))) return 'other';
  const model = await modelOnDisk(path);
  return model && digestOf(model);
}

/**
 * Refuses to replace the content of a path.
 * @throws RegError FILE_EXISTS without `force`, and for a git repository always
 */
export async function refuseToReplace(path: string, force = false): Promise<void> {
  if (!force)
    throw new RegError(
      'FILE_EXISTS',
      `${path} is already there with other content`,
      'add --force to replace it',
    );
  if ((await isRealFolder(path)) && (await readdir(path)).includes('.git'))
    throw new RegError(
      'FILE_EXISTS',
      `${path} is a git repository`,
      'give a folder that is only for the model',
    );
}

/** Copies a part of the cache to its place: the cache keeps the part, and may be on another disk. */
async function copyInto(part: string, path: string): Promise<void> {
  const beside = besideOf(path);
  try {
    await makeFolders(dirname(path));
    await copyPlain(part, beside, { sync: true });
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

/** Whether there is a folder, and no symbolic link to one. */
const isRealFolder = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

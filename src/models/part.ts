import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RegError } from '../errors.js';
import { isGone, ownerName } from '../util/files.js';
import { isPlainTree, makeFolders, makeOwnFolder, moved, remove, temporary } from '../util/safe-files.js';
import { modelOnDisk } from './source.js';

/** A model until it is whole. It belongs to one process. */
export interface Part {
  /** The path to write; it may hold the bytes of an earlier process. */
  path: string;
  /** Whether there is nothing yet. */
  isFresh: boolean;
  /** Leaves it to the next process, which goes on from here; a part beside its target is not left. */
  giveBack(): Promise<void>;
  /** Removes it; nothing happens after it was moved. */
  drop(): Promise<void>;
}

/**
 * Makes a part beside its target, under a name that cannot be known before. No load goes on from it: others may
 * write to that folder, and a commit may have brought what is there.
 * @throws RegError FILE_SYSTEM
 */
export async function newPart(target: string): Promise<Part> {
  const folder = dirname(target);
  await makeFolders(folder).catch(cannotWrite(folder));
  const path = temporary(join(folder, `${stemOf(target, OPEN)}.${randomUUID()}.${ownerName()}${SUFFIX}`));
  return { path, isFresh: true, giveBack: async () => undefined, drop: () => remove(path) };
}

const OPEN = 'open';
const LOAD_PART = /^\..*\.open\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.([^.]+-\d+)\.part$/;

/** Whether a name is that of a part which a load makes beside its target, or in it. */
export const isLoadPart = (name: string): boolean => LOAD_PART.test(name);

/** Removes the parts in a folder that loads of this user left when they were killed. */
export async function removeLeftParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = LOAD_PART.exec(name)?.[2];
    const path = join(folder, name);
    if (owner !== undefined && isGone(owner) && (await isPlainTree(path, { mine: true })))
      await remove(path).catch(() => undefined);
  }
}

/**
 * Takes over the part of an earlier process for the same bytes, or makes a new one. Only a part that its owner gave back, or left
 * when it was killed, is taken: another process may still write to any other. A part with anything but plain files of this user
 * in it is removed.
 * @param target in a folder that is this user's alone
 * @param key names the bytes; parts of other bytes are not touched
 * @throws RegError FILE_SYSTEM; errors of the file system
 */
export async function takePart(target: string, key: string): Promise<Part> {
  const folder = dirname(target);
  await makeOwnFolder(folder);
  const stem = stemOf(target, key);
  const given = join(folder, `${stem}${SUFFIX}`);
  const path = join(folder, `${stem}.${randomUUID()}.${ownerName()}${SUFFIX}`);
  let isFresh = true;
  for (const left of [given, ...(await orphans(folder, stem))]) {
    if (!(await moved(left, path))) continue;
    isFresh = !(await isPlainTree(path, { mine: true }));
    if (!isFresh) break;
    await remove(path);
  }
  return {
    path,
    isFresh,
    giveBack: async () => void ((await holdsBytes(path)) && (await moved(path, given))),
    drop: () => remove(path),
  };
}

/** The beginning of the names of parts; names on file systems have at most 255 bytes. */
const stemOf = (target: string, key: string): string => `.${basename(target).slice(0, 40)}.${key}`;

/** For `catch`: makes an error of the file system one with the path and a hint. */
export const cannotWrite =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error instanceof RegError) throw error;
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path}: ${error.message}`,
      'make room or get access there, or name another place with -o',
    );
  };

const SUFFIX = '.part';

/** Whether a name is that of a part. */
export const isPart = (name: string): boolean => name.startsWith('.') && name.endsWith(SUFFIX);

/** The parts of these bytes whose owners were killed. */
async function orphans(folder: string, stem: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}.`) && isPart(name));
  const ownerOf = (name: string): string => /\.([^.]*)\.part$/.exec(name)?.[1] ?? '';
  return names.filter((name) => isGone(ownerOf(name))).map((name) => join(folder, name));
}

/** Whether a file, or any file of a folder, has a byte in it. */
async function holdsBytes(path: string): Promise<boolean> {
  const found = await modelOnDisk(path).catch(() => undefined);
  return found?.files.some(({ size = 0 }) => size > 0) ?? false;
}

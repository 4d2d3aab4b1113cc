import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { compareText } from '../domain/order.js';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { isInside, syncFolder } from '../util/files.js';
import {
  copyOnto,
  createFile,
  diskWriter,
  makeFolders,
  makeFoldersBelow,
  move,
  openPlain,
  remove,
  temporary,
  writeAll,
} from '../util/safe-files.js';
import { CHUNK_BYTES, exactly, inGroups, WrongLength } from '../util/stream.js';
import { type ObjectBytes, type ObjectStore, objectBytes, type StoredObject } from './port.js';

/**
 * Opens a folder of this machine or of a mounted share: keys are paths below it. Nothing outside is read or written, not even
 * through a symbolic link; the folder itself may be one.
 * @param path absolute; the folder is made with the first object
 */
export function openFolder(path: string, { signal }: Surroundings): ObjectStore {
  const top = resolve(path);
  const ask = async <T>(doing: string, key: string, call: () => Promise<T>): Promise<T> => {
    const failure = (error: unknown) => diskFailure(`${doing} ${join(top, key)}`, error, signal);
    if (signal?.aborted) throw failure(undefined);
    return call().catch((error) => {
      throw failure(error);
    });
  };
  return {
    shown: pathToFileURL(top).href,
    stat: (key) =>
      ask('look for', key, async () => {
        const found = await findFile(top, key);
        return found && { key, size: found.size, ranges: true, at: found.path };
      }),
    list: (folder) => ask('list', folder, () => listBelow(top, folder)),
    read: (key, range) => ask('read', key, () => readFile(top, key, range, signal)),
    write: (key, bytes, size) => writeBelow(top, key, objectBytes(key, bytes, size), signal),
    take: (key, from, onBytes, check) => takeBelow(top, key, { from, onBytes, check }, signal),
    pathOf: (key) => {
      refuseUnsafeKey(key);
      return join(top, key);
    },
  };
}

/** The file under a key, by its real path; undefined without one. */
async function findFile(top: string, key: string): Promise<{ path: string; size: number } | undefined> {
  const path = await realPathOf(top, key);
  if (path === undefined) return undefined;
  const found = await stat(path).catch(unless(isNotThere));
  if (found === undefined || found.isDirectory()) return undefined;
  // opening a pipe or a device could wait for ever
  if (!found.isFile()) throw new RegError('SOURCE_PATH', `${path} is not a regular file`);
  return { path, size: found.size };
}

async function readFile(
  top: string,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const found = await findFile(top, key);
  if (found === undefined)
    throw new RegError('SOURCE_PATH', `there is no file ${join(top, key)}`, 'check the path');
  const { start, end } = range ?? { start: 0, end: found.size };
  if (end <= start) return Readable.from([], { objectMode: false });
  const file = await openPlain(found.path);
  const bytes = file.createReadStream({
    start,
    end: end - 1,
    highWaterMark: CHUNK_BYTES,
    ...(signal && { signal }),
  });
  const failure = (error: unknown) =>
    error instanceof WrongLength
      ? new RegError(
          'STORE_FAILED',
          `${found.path} ${error.message}`,
          'it changed while it was read: try again',
        )
      : diskFailure(`read ${found.path}`, error, signal);
  return exactly(bytes, { size: end - start, failure });
}

/**
 * The real path of a key in a folder, symbolic links followed; undefined where there is nothing.
 * @param key empty for the folder itself
 * @throws RegError SOURCE_PATH for a key, or a symbolic link on the way, that leads out of the folder; STORE_FAILED for a file
 * in place of the folder; errors of the file system
 */
async function realPathOf(top: string, key: string): Promise<string | undefined> {
  if (key !== '') refuseUnsafeKey(key);
  // other errors, such as for a file in the path, stay errors
  const realTop = await realpath(top).catch(unless(isMissing));
  if (realTop === undefined) return undefined;
  if (!(await stat(realTop)).isDirectory())
    throw new RegError('STORE_FAILED', `${top} is not a folder`, 'name a folder');
  const real = await realpath(join(realTop, key)).catch(unless(isNotThere));
  if (real !== undefined) refuseOutside(realTop, real, join(top, key));
  return real;
}

/**
 * Refuses a key that is not a path below a folder, or is the name of a file while it is written.
 * @throws RegError SOURCE_PATH
 */
export function refuseUnsafeKey(key: string): void {
  const parts = key.split('/');
  const isUnsafe =
    key.includes('\0') ||
    (sep === '\\' && /[\\:]/.test(key)) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || isTemporary(part));
  if (isUnsafe)
    throw new RegError('SOURCE_PATH', `'${key}' is not a path below a folder`, "leave out '.' and '..'");
}

/** @throws RegError SOURCE_PATH for a real path that is not inside another */
function refuseOutside(realTop: string, real: string, shown: string): void {
  if (isInside(realTop, real)) return;
  throw new RegError(
    'SOURCE_PATH',
    `${shown} is a symbolic link, or below one, that leads out of ${realTop}`,
    'name the path of the file itself',
  );
}

/** The name of a file while it is written, which no key has. */
export const temporaryName = (id: string): string => `.reg-${id}.part`;

/** Whether a name is that of a file while it is written, or of one that a killed process left. */
export const isTemporary = (name: string): boolean => /^\.reg-[0-9a-f-]{36}\.part$/.test(name);

/**
 * Every file below a folder of a store, by key; nothing where the folder does not exist.
 * @throws RegError SOURCE_PATH for anything but a file or a folder: a model would lack it
 */
async function listBelow(top: string, folder: string): Promise<StoredObject[]> {
  const realTop = await realPathOf(top, '');
  const start = await realPathOf(top, folder);
  if (realTop === undefined || start === undefined || !(await stat(start)).isDirectory()) return [];
  const found = await filesIn(
    { realTop, shown: join(top, folder) },
    start,
    folder === '' ? '' : `${folder}/`,
  );
  return found.sort((a, b) => compareText(a.key, b.key));
}

/** The top of a store, and the listed folder as the user knows it. */
interface Listing {
  realTop: string;
  shown: string;
}

async function filesIn(listing: Listing, path: string, prefix: string): Promise<StoredObject[]> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !isTemporary(name));
  const found: StoredObject[] = [];
  for (const entry of entries) {
    const [at, key] = [join(path, entry.name), prefix + entry.name];
    if (entry.isDirectory() && !entry.name.includes('\ufffd'))
      found.push(...(await filesIn(listing, at, `${key}/`)));
    else found.push(...(await fileAt(listing, at, key, entry)));
  }
  return found;
}

async function fileAt(
  { realTop, shown }: Listing,
  path: string,
  key: string,
  entry: Dirent,
): Promise<StoredObject[]> {
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_PATH',
      `${path} ${why}, so ${shown} cannot be listed`,
      'keep only files and folders there',
    );
  // Node.js gives a name of other bytes with a mark, by which the file cannot be found
  if (entry.name.includes('\ufffd')) throw refuse('has a name that is not UTF-8');
  const target = await stat(path).catch(unless(isNotThere));
  let real = path;
  if (entry.isSymbolicLink()) {
    if (target === undefined) throw refuse('is a symbolic link to nothing');
    if (target.isDirectory()) throw refuse('is a symbolic link to a folder');
    real = await realpath(path);
    refuseOutside(realTop, real, path);
  }
  // it may have been removed meanwhile
  if (target === undefined) return [];
  if (!target.isFile()) throw refuse('is not a regular file');
  return [{ key, size: target.size, ranges: true, at: real }];
}

/**
 * Writes an object: it appears whole and synchronised to the disk, or not at all. Writers of the same key do not disturb each
 * other, and the last one stays.
 * @throws RegError SOURCE_PATH for a key that leads out of the folder, HASH_MISMATCH for another number of bytes, FILE_SYSTEM for
 * a full disk, STORE_FAILED, INTERRUPTED; an error of the bytes as it is
 */
async function writeBelow(
  top: string,
  key: string,
  { stream, failure }: ObjectBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  // a pending read of the next bytes must end
  const abort = (): void => void stream.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    const { folder, made } = await makeFolder(top, key);
    await writeFile(join(folder, basename(key)), stream);
    // a new name is on the disk when its folder is synchronised (fsync(2)), and so is a new folder
    for (const one of [folder, ...made]) await syncFolder(one);
  } catch (error) {
    const own = signal?.aborted ? undefined : failure();
    throw own ?? diskFailure(`write ${join(top, key)}`, error, signal);
  } finally {
    signal?.removeEventListener('abort', abort);
    stream.destroy();
  }
}

/** A file that a store takes a copy of. */
interface Taken {
  from: string;
  onBytes: (count: number) => void;
  check: () => void;
}

/** Copies a file to the place of an object; otherwise as `writeBelow`. */
async function takeBelow(
  top: string,
  key: string,
  taken: Taken,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    signal?.throwIfAborted();
    const { folder, made } = await makeFolder(top, key);
    await copyBeside(join(folder, basename(key)), taken, signal);
    for (const one of [folder, ...made]) await syncFolder(one);
  } catch (error) {
    throw diskFailure(`write ${join(top, key)}`, error, signal);
  }
}

async function copyBeside(
  path: string,
  { from, onBytes, check }: Taken,
  signal: AbortSignal | undefined,
): Promise<void> {
  const beside = temporary(join(dirname(path), temporaryName(randomUUID())));
  try {
    await copyOnto(from, beside, { onBytes, signal });
    check();
    await move(beside, path);
  } catch (error) {
    await remove(beside);
    throw error;
  }
}

/** Makes the folder of a key; gives its real path, and the parents of new folders. */
async function makeFolder(top: string, key: string): Promise<{ folder: string; made: string[] }> {
  refuseUnsafeKey(key);
  const firstTop = await makeFolders(top);
  const realTop = await realpath(top);
  // a link that leads out is the store's to fix
  for (const part of partsAbove(key)) await realPathOf(top, part);
  const path = join(realTop, key);
  const first = await makeFoldersBelow(realTop, path);
  return { folder: dirname(path), made: [...above(top, firstTop), ...above(dirname(path), first)] };
}

/** `a`, `a/b` of `a/b/c`. */
const partsAbove = (key: string): string[] =>
  [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));

/** The parents of a folder, up to that of the first new one. */
function above(folder: string, first: string | undefined): string[] {
  if (first === undefined) return [];
  const found: string[] = [];
  for (let at = folder; at.length >= first.length && at !== dirname(at); at = dirname(at))
    found.push(dirname(at));
  return found;
}

async function writeFile(path: string, bytes: Readable): Promise<void> {
  const beside = temporary(join(dirname(path), temporaryName(randomUUID())));
  try {
    // it must not exist, and no other process knows its name
    const file = await createFile(beside);
    try {
      const disk = diskWriter(file);
      for await (const group of inGroups(bytes)) {
        await writeAll(file, group);
        for (const { length } of group) disk.wrote(length);
      }
      await disk.end();
    } finally {
      await file.close();
    }
    await move(beside, path);
  } catch (error) {
    await remove(beside);
    throw error;
  }
}

/** No space, or none for this user or this file. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error for a failed operation of the file system; a RegError stays as it is. */
function diskFailure(doing: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  // Node.js adds the call and its paths, and one of them may be a temporary file
  const [why] = (message || String(error)).split(', ');
  return DISK_FULL.has(code)
    ? new RegError('FILE_SYSTEM', `cannot ${doing}: ${why}`, 'make room there')
    : new RegError('STORE_FAILED', `cannot ${doing}: ${why}`, HINT);
}

const HINT = 'check that it is a folder, that it is mounted, and that you may read and write there';

/** Whether an error says that a name does not exist. */
const isMissing = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT';

/** Whether an error says that there is nothing at a path, or a file in place of one of its folders. */
const isNotThere = (error: NodeJS.ErrnoException): boolean => isMissing(error) || error.code === 'ENOTDIR';

/** For `catch`: makes undefined of the errors that are an answer, and throws any other again. */
const unless =
  (isAnswer: (error: NodeJS.ErrnoException) => boolean) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!isAnswer(error)) throw error;
  };

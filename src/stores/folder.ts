import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { compareText } from '../domain/order.js';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { exactly, WrongLength } from '../util/stream.js';
import { exactly as checked } from './cloud.js';
import type { ObjectStore, StoredObject } from './port.js';

/**
 * Opens a folder of this machine, or of a share that it has: keys are paths below it. Nothing outside is read or written, also
 * where a symbolic link leads there; the folder itself may be one.
 * @param path absolute; the folder is made when the first object is written
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
        return found && { key, size: found.size, ranges: true };
      }),
    list: (folder) => ask('list', folder, () => listBelow(top, folder)),
    read: (key, range) => ask('read', key, () => readFile(top, key, range, signal)),
    write: (key, bytes, size) => writeBelow({ top, key, bytes, size }, signal),
  };
}

/** The file under a key, by its real path; undefined when there is none. */
async function findFile(top: string, key: string): Promise<{ path: string; size: number } | undefined> {
  const path = await realPathOf(top, key);
  if (path === undefined) return undefined;
  const found = await stat(path).catch(unless(isNotThere));
  if (found === undefined || found.isDirectory()) return undefined;
  // opening one of these could wait for ever
  if (!found.isFile()) throw new RegError('SOURCE_PATH', `${path} is no plain file`);
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
  const file = await open(found.path);
  const bytes = file.createReadStream({
    start,
    end: end - 1,
    highWaterMark: CHUNK,
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

/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;

/**
 * Where a key of a folder really leads; undefined when nothing is there.
 * @param key empty for the folder itself
 * @throws RegError SOURCE_PATH for a key, or a symbolic link on the way, that leads out of the folder; what the file system
 * throws when the folder is none
 */
export async function realPathOf(top: string, key: string): Promise<string | undefined> {
  if (key !== '') refuseUnsafeKey(key);
  // below a file no folder will ever be
  const realTop = await realpath(top).catch(unless(isMissing));
  if (realTop === undefined) return undefined;
  if (!(await stat(realTop)).isDirectory())
    throw new RegError('STORE_FAILED', `${top} is no folder`, 'name a folder');
  const real = await realpath(join(realTop, key)).catch(unless(isNotThere));
  if (real !== undefined) refuseOutside(realTop, real, join(top, key));
  return real;
}

/** @throws RegError SOURCE_PATH */
export function refuseUnsafeKey(key: string): void {
  const parts = key.split('/');
  const isUnsafe =
    key.includes('\0') ||
    (sep === '\\' && /[\\:]/.test(key)) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || isTemporary(part));
  if (isUnsafe)
    throw new RegError('SOURCE_PATH', `'${key}' is no path below a folder`, "leave out '.' and '..'");
}

/** @throws RegError SOURCE_PATH when a real path is not inside another */
export function refuseOutside(realTop: string, real: string, shown: string): void {
  const way = relative(realTop, real);
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  throw new RegError(
    'SOURCE_PATH',
    `${shown} is a symbolic link, or below one, that leads out of ${realTop}`,
    'name the path that the file itself has',
  );
}

/** The name of a file while it is written, which no key has. */
export const temporaryName = (id: string): string => `.reg-${id}.part`;

/** Whether a name is that of a file that is being written, or was when its process ended. */
export const isTemporary = (name: string): boolean => /^\.reg-[0-9a-f-]{36}\.part$/.test(name);

/**
 * Every file below a folder of a store, by key; nothing where it is none.
 * @throws RegError SOURCE_PATH for what is neither a file nor a folder: it would be missed in a model
 */
export async function listBelow(top: string, folder: string): Promise<StoredObject[]> {
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

/** The top of a store, and what is being listed in the words of the user. */
interface Listing {
  realTop: string;
  shown: string;
}

async function filesIn(listing: Listing, path: string, prefix: string): Promise<StoredObject[]> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !isTemporary(name));
  const found: StoredObject[] = [];
  for (const entry of entries) {
    const [at, key] = [join(path, entry.name), prefix + entry.name];
    if (entry.isDirectory()) found.push(...(await filesIn(listing, at, `${key}/`)));
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
  const target = await stat(path).catch(unless(isNotThere));
  if (entry.isSymbolicLink()) {
    if (target === undefined) throw refuse('is a symbolic link to nothing');
    if (target.isDirectory()) throw refuse('is a symbolic link to a folder');
    refuseOutside(realTop, await realpath(path), path);
  }
  // somebody may have removed it meanwhile
  if (target === undefined) return [];
  if (!target.isFile()) throw refuse('is no plain file');
  return [{ key, size: target.size, ranges: true }];
}

/** An object to be written below a folder. */
export interface NewObject {
  top: string;
  key: string;
  bytes: Readable;
  /** Of the bytes, all of them. */
  size: number;
}

/**
 * Writes an object, on the disk and whole before it appears, or not at all; writers of the same key do not disturb each other,
 * and the last one stays.
 * @throws RegError SOURCE_PATH for a key that leads out of the folder, HASH_MISMATCH when the bytes are not as many as was said,
 * FILE_SYSTEM when the disk is full, STORE_FAILED, INTERRUPTED; what the bytes fail with is thrown as it is
 */
export async function writeBelow(object: NewObject, signal: AbortSignal | undefined): Promise<void> {
  const { top, key, bytes } = object;
  let spoiled: unknown;
  // whoever waits for the next bytes must not wait on
  if (signal) addAbortSignal(signal, bytes);
  // the error is met again where they are read
  bytes.on('error', () => undefined);
  try {
    signal?.throwIfAborted();
    const { folder, made } = await makeFolder(top, key);
    await writeFile(object, folder, (error) => {
      spoiled = error;
    });
    // a name is on the disk when its folder is (fsync(2)), and so is a new folder
    for (const one of [folder, ...made]) await syncFolder(one);
  } catch (error) {
    if (spoiled !== undefined && !signal?.aborted) throw spoiled;
    throw diskFailure(`write ${join(top, key)}`, error, signal);
  } finally {
    bytes.destroy();
  }
}

/** Makes the folder of a key; gives its real path, and the folders that hold new ones. */
async function makeFolder(top: string, key: string): Promise<{ folder: string; made: string[] }> {
  refuseUnsafeKey(key);
  const firstTop = await mkdir(top, { recursive: true });
  const realTop = await realpath(top);
  // a folder must not be made where a symbolic link leads out
  for (const part of partsAbove(key)) await realPathOf(top, part);
  const folder = dirname(join(realTop, key));
  const first = await mkdir(folder, { recursive: true });
  const real = await realpath(folder);
  refuseOutside(realTop, real, folder);
  return { folder: real, made: [...above(top, firstTop), ...above(folder, first)] };
}

/** `a`, `a/b` of `a/b/c`. */
const partsAbove = (key: string): string[] =>
  [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));

/** The folders between a folder and the first one of its line that was made, which hold a new folder each. */
function above(folder: string, first: string | undefined): string[] {
  if (first === undefined) return [];
  const found: string[] = [];
  for (let at = folder; at.length >= first.length && at !== dirname(at); at = dirname(at))
    found.push(dirname(at));
  return found;
}

async function writeFile(
  { key, bytes, size }: NewObject,
  folder: string,
  spoiled: (error: unknown) => void,
): Promise<void> {
  const temporary = join(folder, temporaryName(randomUUID()));
  try {
    // must not exist, and nobody else knows its name
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of checked(bytes, size, key, spoiled)) await file.appendFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, basename(key)));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Windows has nothing of the kind. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error for what a file system did not do; what is one already stays as it is. */
export function diskFailure(doing: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  // Node.js adds the call and its paths, of which one may be a temporary file
  const [why] = (message || String(error)).split(', ');
  return NO_ROOM.has(code)
    ? new RegError('FILE_SYSTEM', `cannot ${doing}: ${why}`, 'make room there')
    : new RegError('STORE_FAILED', `cannot ${doing}: ${why}`, HINT);
}

const HINT = 'see that it is a folder, that it is mounted, and that you may read and write there';

/** Whether an error says that a name is missing. */
export const isMissing = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT';

/** Whether an error says that nothing is there, and be it that there is a file where a folder would have to be. */
export const isNotThere = (error: NodeJS.ErrnoException): boolean =>
  isMissing(error) || error.code === 'ENOTDIR';

/** Makes undefined of errors that are an answer, for `catch`; any other is thrown again. */
export const unless =
  (isAnswer: (error: NodeJS.ErrnoException) => boolean) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!isAnswer(error)) throw error;
  };

import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import {
  chmod,
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegError } from '../errors.js';
import { undoneAtEnd } from './ending.js';
import { type Stamp, stampOf } from './stamp.js';
import { CHUNK_BYTES } from './stream.js';

// Files that a repository or another user may have put there are opened here, and everything that is written is written here: a
// name may be a symbolic link to any file of the user, a pipe or a device. Node.js has no openat(2), so another user who may
// write to the folder itself can still exchange a folder between the look and the write.

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = constants;
// undefined on Windows
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

/** The effective user id of this process; undefined on a system without one (Windows). */
export const userNumber = (): number | undefined => process.geteuid?.();

/** Whether this user owns a file. */
const isMine = ({ uid }: Stats): boolean => userNumber() === undefined || uid === userNumber();

/** Whether a file has no other name, which may be one that the user needs. Some file systems count none. */
const hasOneName = ({ nlink }: Stats): boolean => nlink <= 1;

/** What lstat(2) says of a path; undefined where there is nothing. */
async function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

/** What a path is that is no plain file, in words. */
function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isDirectory()) return 'a folder';
  return found.isFIFO() ? 'a pipe' : 'no plain file';
}

// reading

/**
 * Reads a plain file of at most so many bytes; undefined where there is nothing, or a folder in its place.
 * @param shown names the file in errors
 * @throws RegError FILE_SYSTEM for a symbolic link, a pipe or a device, TOO_LARGE; errors of the file system
 */
export async function readPlain(
  path: string,
  limit: number,
  shown: string = path,
): Promise<Uint8Array | undefined> {
  const found = await lookAt(path);
  if (found === undefined || found.isDirectory()) return undefined;
  refuseOther(found, shown);
  const file = await openPlain(path, shown);
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLarge(shown, size, limit);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Reads a plain file of at most so many bytes; undefined where there is anything else.
 * @throws RegError TOO_LARGE; errors of the file system
 */
export const readIfPlain = (path: string, limit: number): Promise<Uint8Array | undefined> =>
  readPlain(path, limit).catch((error: unknown) => {
    if (error instanceof RegError && error.code === 'FILE_SYSTEM') return undefined;
    throw error;
  });

/**
 * Opens a plain file for reading.
 * @throws RegError FILE_SYSTEM for anything else; errors of the file system
 */
export async function openPlain(path: string, shown: string = path): Promise<FileHandle> {
  // without waiting for the other end of a pipe; it may have taken the place of a file that was looked at
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    refuseOther(await file.stat(), shown);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function refuseOther(found: Stats, shown: string): void {
  if (!found.isFile()) throw notPlain(shown, kindOf(found));
}

/** The error for a path that is no plain file. */
export const notPlain = (shown: string, kind: string): RegError =>
  new RegError('FILE_SYSTEM', `cannot read ${shown}: it is ${kind}`, 'put a plain file in its place', {
    file: shown,
    line: 1,
  });

/** The error for a file beyond its limit, in bytes. */
export const tooLarge = (shown: string, size: number, limit: number): RegError =>
  new RegError(
    'TOO_LARGE',
    `${shown} has ${size} bytes, and at most ${limit} are read of it`,
    'keep it small',
    { file: shown, line: 1 },
  );

/**
 * Whether everything at a path is plain: a file, or a folder of files and folders. Other users' files are not, where that counts, nor files with
 * another name unless these may be linked.
 */
export async function isPlainTree(path: string, { mine = false, linked = false } = {}): Promise<boolean> {
  const found = await lookAt(path).catch(() => undefined);
  if (found === undefined || (mine && !isMine(found))) return false;
  if (found.isFile()) return !mine || linked || hasOneName(found);
  if (!found.isDirectory()) return false;
  for (const name of await readdir(path))
    if (!(await isPlainTree(join(path, name), { mine, linked }))) return false;
  return true;
}

/**
 * Reads a part of a plain file, the next chunk while the last one is used. A chunk has its bytes until the next one is asked for.
 * @throws RegError FILE_SYSTEM for anything but a plain file; errors of the file system
 */
export async function* readAhead(
  path: string,
  { start = 0, end = Number.POSITIVE_INFINITY } = {},
): AsyncGenerator<Uint8Array> {
  const file = await openPlain(path);
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1, end - start))));
  let at = start;
  let turn = 0;
  const next = () => {
    const buffer = buffers[turn % 2] as Buffer;
    turn += 1;
    return file.read(buffer, 0, Math.min(buffer.length, end - at), at);
  };
  let coming = next();
  try {
    for (;;) {
      const { bytesRead, buffer } = await coming;
      if (bytesRead === 0) return;
      at += bytesRead;
      coming = next();
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // it may still be written to
    await coming.catch(() => undefined);
    await file.close();
  }
}

/**
 * Reads a file while another process writes it, to the end that it has when that is done.
 * @param written settles when the process has ended
 * @throws what `written` is rejected with; errors of the file system
 */
export async function* readBehind(file: FileHandle, written: Promise<void>): AsyncGenerator<Uint8Array> {
  let end: { error?: unknown } | undefined;
  const ended = written.then(
    () => {
      end = {};
    },
    (error: unknown) => {
      end = { error };
    },
  );
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; ; ) {
    // bytes that were written before the end was seen are read after it
    const last = end;
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    at += bytesRead;
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    else if (last === undefined) await Promise.race([ended, sleep(BEHIND_MS)]);
    else if ('error' in last) throw last.error;
    else return;
  }
}

/** How long is waited for more of a file. */
const BEHIND_MS = 2;

/**
 * Reads a plain file that fits into a buffer, without a thread of its own: for small files the way there and back takes longer.
 * @returns its bytes, which the buffer holds, and the stamp of the file; undefined where it does not fit
 * @throws RegError FILE_SYSTEM for anything but a plain file; errors of the file system
 */
export function readSmall(path: string, buffer: Buffer): { bytes: Uint8Array; stamp: Stamp } | undefined {
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = fstatSync(file, { bigint: true });
    if (!found.isFile()) throw notPlain(path, 'no plain file');
    if (found.size >= buffer.length) return undefined;
    let length = 0;
    for (let count = -1; count !== 0; length += count)
      count = readSync(file, buffer, length, buffer.length - length, null);
    return { bytes: buffer.subarray(0, length), stamp: stampOf(found) };
  } finally {
    closeSync(file);
  }
}

// folders

/**
 * Makes a folder and those above it. `mkdir` of Node.js 20 never ends below a folder that takes none, such as `/proc`.
 * @returns the first folder that was made; undefined where all were there
 * @throws errors of the file system
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === 'ENOENT' && above !== path) {
      const first = await makeFolders(above);
      // where the folder above was there, or came and went, this fails again, and for good
      await mkdir(path).catch(unlessFolder(path));
      return first ?? path;
    }
    await unlessFolder(path)(error as NodeJS.ErrnoException);
    return undefined;
  }
}

/** For `catch` of mkdir: a folder that is there is no error. Some systems report another error than EEXIST for one. */
const unlessFolder =
  (path: string) =>
  async (error: NodeJS.ErrnoException): Promise<void> => {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isDirectory()) throw error;
  };

/**
 * Refuses a path below a folder that leads through a symbolic link: who wrote the link would choose the folder that is written to.
 * @param root itself may be reached through links
 * @param shown names the path in errors
 * @throws RegError FILE_SYSTEM
 */
async function refuseLinkedFolders(root: string, path: string, shown: string = path): Promise<void> {
  let at = resolve(root);
  const parts = relative(at, resolve(path)).split(sep).slice(0, -1);
  for (const part of parts) {
    at = join(at, part);
    const found = await lookAt(at);
    if (found === undefined) return;
    if (!found.isSymbolicLink()) continue;
    const real = await realpath(at).catch(() => undefined);
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${shown}: ${at} is a symbolic link${real === undefined ? '' : ` to ${real}`}`,
      real === undefined ? 'delete it first' : `name the folder itself: ${real}`,
    );
  }
}

/**
 * Refuses a path that a person named where it is below a folder and leads through a symbolic link there.
 * @param root a folder that others may have put links into, such as a work tree
 * @param shown names the path in errors
 * @throws RegError FILE_SYSTEM
 */
export async function refuseLinksBelow(root: string, path: string, shown: string = path): Promise<void> {
  const real = await realpath(root).catch(() => root);
  let base: string | undefined;
  // the way to the root may lead through links of the user's own
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((await realpath(at).catch(() => undefined)) === real) base = at;
    if (at === dirname(at)) break;
  }
  if (base !== undefined) await refuseLinkedFolders(base, path, shown);
}

/** Whether there is a folder of this user, and no symbolic link to one. */
export async function isOwnFolder(path: string): Promise<boolean> {
  const found = await lookAt(path).catch(() => undefined);
  return found?.isDirectory() === true && isMine(found);
}

/**
 * Makes a folder for what can be fetched again, which is this user's own.
 * @throws RegError FILE_SYSTEM where it is a symbolic link, or another user's; errors of the file system
 */
export async function makeOwnFolder(path: string): Promise<void> {
  await makeFolders(path);
  if (await isOwnFolder(path)) return;
  throw new RegError(
    'FILE_SYSTEM',
    `cannot write ${path}: it is a symbolic link, or belongs to another user`,
    'delete it, or name another folder for the cache with XDG_CACHE_HOME',
  );
}

/**
 * Makes the folders of a file below a root, none of them through a symbolic link.
 * @returns the first folder that was made; undefined where all were there
 * @throws RegError FILE_SYSTEM; errors of the file system
 */
export async function makeFoldersBelow(root: string, path: string): Promise<string | undefined> {
  await refuseLinkedFolders(root, path);
  const first = await makeFolders(dirname(path));
  // another process may have made one meanwhile
  await refuseLinkedFolders(root, path);
  return first;
}

/** Whether two paths, which need not be there yet, are on one file system. */
export async function isOneDisk(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(diskOf));
  return a === b;
}

async function diskOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined || dirname(path) === path) return found?.dev;
  return diskOf(dirname(path));
}

// writing

/** Makes a file that must not be there, and opens it for writing. */
export const createFile = (path: string): Promise<FileHandle> =>
  open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);

/**
 * Opens a file of this user to go on writing at its end, or makes it.
 * @param isNew whether it must not be there
 * @param mode `anywhere` to write at any offset
 * @throws RegError FILE_SYSTEM for anything but a plain file of this user with one name; errors of the file system
 */
export async function openToAppend(
  path: string,
  isNew: boolean,
  mode: 'at-end' | 'anywhere' = 'at-end',
): Promise<FileHandle> {
  const append = mode === 'at-end' ? O_APPEND : 0;
  const flags = O_RDWR | append | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (isNew ? O_EXCL : 0);
  const file = await open(path, flags, 0o666);
  const found = await file.stat();
  // a mounted share may give a new file to another user
  if (isNew || (found.isFile() && isMine(found) && hasOneName(found))) return file;
  await file.close();
  throw new RegError(
    'FILE_SYSTEM',
    `cannot write ${path}: it is no plain file of this user`,
    'delete it first',
  );
}

/** How a file is written. */
interface WriteOptions {
  /** Whether the file is on the disk at the end (fsync(2)). */
  sync?: boolean;
  /** The folders that one run made or looked at: of thousands of files in a folder, the first one does so. */
  made?: Set<string> | undefined;
}

/**
 * Writes a new small file, without a thread of its own.
 * @returns what the system says of it
 * @throws errors of the file system
 */
export function writeSmall(path: string, bytes: Uint8Array): Stamp {
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    return stampOf(fstatSync(file, { bigint: true }));
  } finally {
    closeSync(file);
  }
}

/** Brings a file to the disk while it is written, so that little is left to wait for at its end. */
export function diskWriter(file: FileHandle): { wrote(count: number): void; end(): Promise<void> } {
  let waiting = 0;
  let running: Promise<unknown> | undefined;
  let failure: unknown;
  return {
    wrote: (count) => {
      waiting += count;
      if (waiting < SYNC_BYTES || running !== undefined) return;
      waiting = 0;
      running = file.datasync().then(
        () => {
          running = undefined;
        },
        (error: unknown) => {
          // the system says so once, and the file may lack these bytes (fsync(2), EIO)
          failure = error;
        },
      );
    },
    end: async () => {
      await running;
      if (failure !== undefined) throw failure;
      await file.sync();
    },
  };
}

const SYNC_BYTES = 64 * 1024 * 1024;

/** Synchronises many files below a folder to the disk: with one call for the file system where there is a program for it, else one by one. */
export async function syncFiles(folder: string, paths: readonly string[]): Promise<void> {
  const isDone = paths.length > WORTH_A_PROGRAM && (await runs('sync', ['--file-system', folder]));
  if (isDone) return;
  const waiting = [...paths];
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const file = await open(path, O_RDWR | O_NOFOLLOW);
      await file.sync().finally(() => file.close());
    }
  };
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, work));
}

const WORTH_A_PROGRAM = 64;
const SYNCS_AT_ONCE = 4;

/** Whether a program of the system could be run, and ended well. */
const runs = (program: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });

/**
 * Makes a file that shares its blocks with another one, where the file system has such copies.
 * @param clone makes it, or fails
 * @returns whether it was made
 */
export const cloned = (
  from: string,
  to: string,
  clone: (from: string, to: string, mode: number) => Promise<void> = copyFile,
): Promise<boolean> =>
  clone(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE).then(
    async () => {
      // a copy has the mode of a new file, not that of the other
      await chmod(to, 0o666 & ~process.umask());
      return true;
    },
    async () => {
      await rm(to, { force: true });
      return false;
    },
  );

/**
 * Copies a plain file to a path that is free; where the file system can, the copy shares its blocks.
 * @returns what the system says of the copy
 * @throws what the signal was aborted with; errors of the file system
 */
export async function copyOnto(
  from: string,
  to: string,
  how: { onBytes: (count: number) => void; signal?: AbortSignal | undefined; sync?: boolean },
): Promise<Stamp> {
  const { onBytes, signal, sync = true } = how;
  const isCloned = await cloned(from, to);
  const file = await openToAppend(to, !isCloned);
  try {
    const disk = diskWriter(file);
    if (isCloned) onBytes((await file.stat()).size);
    else
      for await (const chunk of readAhead(from)) {
        signal?.throwIfAborted();
        await writeAll(file, [chunk]);
        if (sync) disk.wrote(chunk.length);
        onBytes(chunk.length);
      }
    if (sync) await disk.end();
    return stampOf(await file.stat({ bigint: true }));
  } finally {
    await file.close();
  }
}

/**
 * Writes chunks, in one call of the file system where that takes them all.
 * @param position their offset; by default where the file is at
 */
export async function writeAll(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  position?: number,
): Promise<void> {
  let left = chunks.filter(({ length }) => length > 0);
  let at = position;
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left, at);
    if (at !== undefined) at += bytesWritten;
    left = left.flatMap((chunk) => {
      const done = Math.min(bytesWritten, chunk.length);
      bytesWritten -= done;
      return done === chunk.length ? [] : [chunk.subarray(done)];
    });
  }
}

/**
 * Writes a file below a root whole or not at all, with the folders above it. A file that is there keeps its mode and owner.
 * @throws RegError FILE_SYSTEM where it is no plain file, or a symbolic link is on the way; errors of the file system
 */
export async function writeBelow(
  root: string,
  path: string,
  content: string | Uint8Array,
  { sync = false, made }: WriteOptions = {},
): Promise<void> {
  const place = join(root, path);
  const above = dirname(place);
  if (!made?.has(above)) await makeFoldersBelow(root, place);
  made?.add(above);
  const before = await lookAt(place);
  if (before !== undefined && !before.isFile())
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path} in ${root}: it is ${kindOf(before)}`,
      'delete it first, if it is not needed',
    );
  const beside = besideOf(place);
  try {
    const file = await createFile(beside);
    try {
      if (before !== undefined) {
        await file.chown(before.uid, before.gid).catch(() => undefined);
        await file.chmod(before.mode & 0o7777);
      }
      await file.writeFile(content);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await move(beside, place);
  } catch (error) {
    await remove(beside).catch(() => undefined);
    throw error;
  }
}

/** A path beside another, of a name that nothing has. A file or folder that is made there is temporary. */
export const besideOf = (path: string): string => temporary(unusedBeside(path));

const unusedBeside = (path: string): string =>
  join(dirname(path), `.${basename(path).slice(0, 40)}.${crypto.randomUUID()}.part`);

/** Files and folders that go when the process ends before they are moved or removed. */
const temporaries = new Set<string>();
undoneAtEnd(() => {
  for (const path of temporaries) rmSync(path, { recursive: true, force: true });
});

/** Says that a file or folder is temporary: it goes with this process, until it is moved or removed. */
export function temporary(path: string): string {
  temporaries.add(path);
  return path;
}

/** Lets some work write into a folder of its own, which is gone after it. */
export async function inOwnFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporary(await mkdtemp(join(tmpdir(), `reg-${name}-`)));
  return work(folder).finally(() => remove(folder));
}

/** Copies a plain file or a folder of such to a path that is free; where the file system can, the copy shares its blocks. */
export async function copyPlain(from: string, to: string, { sync = false } = {}): Promise<void> {
  const found = await lstat(from);
  if (found.isDirectory()) {
    await mkdir(to);
    for (const name of await readdir(from)) await copyPlain(join(from, name), join(to, name), { sync });
    return;
  }
  refuseOther(found, from);
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if (!sync) return;
  const file = await open(to, O_RDWR | O_NOFOLLOW);
  await file.sync().finally(() => file.close());
}

/**
 * Makes another name for a plain file, or for each file of a folder of such, at a path that is free. No user may write to the files any more:
 * a write under one name would change the others.
 * @throws errors of the file system, such as for another disk
 */
export async function linkPlain(from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (found.isDirectory()) {
    await mkdir(to);
    for (const name of await readdir(from)) await linkPlain(join(from, name), join(to, name));
    return;
  }
  refuseOther(found, from);
  await chmod(from, found.mode & 0o555);
  await link(from, to);
}

/** Gives a file or folder another name, in place of a file that has it. A symbolic link is moved or replaced, never followed. */
export async function move(from: string, to: string): Promise<void> {
  await rename(from, to);
  temporaries.delete(from);
}

/**
 * Puts a file or folder in the place of another. Where one of them is a folder, that takes two steps. The other one comes back where the
 * second step fails, or the process ends before it.
 */
export async function swap(built: string, path: string): Promise<void> {
  const old = unusedBeside(path);
  let isOut = false;
  const putBack = (): void => {
    if (isOut) renameSync(old, path);
  };
  const done = undoneAtEnd(putBack);
  try {
    await rename(path, old);
    isOut = true;
    await move(built, path);
  } catch (error) {
    if (isOut) await rename(old, path);
    throw error;
  } finally {
    isOut = false;
    done();
  }
  temporary(old);
  await remove(old);
}

/** The same; false where it could not be done. */
export const moved = (from: string, to: string): Promise<boolean> =>
  move(from, to).then(
    () => true,
    () => false,
  );

/** Removes what `reg` made, a folder with all in it. A symbolic link goes, and what it leads to stays. */
export async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  temporaries.delete(path);
}

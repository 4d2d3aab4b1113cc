import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuseUnsafePath } from '../domain/model-files.js';
import { interrupted, RegError } from '../errors.js';
import { turn } from '../util/async.js';
import { filesBelow } from '../util/files.js';
import {
  copyOnto,
  diskWriter,
  makeFolders,
  makeFoldersBelow,
  openToAppend,
  readBehind,
  readSmall,
  remove,
  syncFiles,
  writeAll,
  writeSmall,
} from '../util/safe-files.js';
import { isUnchanged, type Stamp, stampAt, stampOf } from '../util/stamp.js';
import { CHUNK_BYTES, inGroups } from '../util/stream.js';
import { combinedDigest, type DigestedModel, type FileDigest, type Hasher, hasherOf } from './digest.js';
import { type FolderHashes, folderOfFile, type Hashes } from './hashes.js';
import { copyBeside, type PartCopy } from './copy.js';
import { cannotWrite } from './part.js';
import { isInParts, sureBytes, writeInParts } from './ranges.js';
import { bytesOf, type SourceFile, type SourceModel } from './source.js';

/** Called with the number of bytes as they are written, those of an earlier process included. */
export type OnBytes = (count: number) => void;

/** How to download. */
interface DownloadOptions {
  /** Ends it; the bytes so far stay. */
  signal?: AbortSignal | undefined;
  /** Whether their digest is promised, so that they may come in parts and go on where an earlier process ended. */
  isKnown?: boolean | undefined;
  /** Whether nothing must be there yet. */
  isFresh?: boolean | undefined;
  /** Whether a process that was killed left what is there: then some of the last bytes may be missing. */
  isLeft?: boolean | undefined;
  /** The place that a model of one file is copied to, where a copy can be made of the same bytes on the way. */
  copyTo?: { path: string; sync: boolean } | undefined;
  /** What was hashed before. */
  hashes?: Hashes | undefined;
  /** Whether everything is on the disk at the end; by default it is. */
  isSynced?: boolean | undefined;
}

/** Files of a folder that are fetched at a time. */
const MAX_FILES = 4;

/**
 * Writes a model to a path of this machine and hashes it on the way. The beginning of a file that is there already is kept where
 * its source can be read from the middle. At the end everything is on the disk; the promises of links are not compared. A file of this
 * machine that was hashed before is copied.
 * @throws RegError what the source throws; HASH_MISMATCH, TOO_LARGE where a file is not what its source promises
 */
export async function download(
  { kind, files }: SourceModel,
  path: string,
  onBytes: OnBytes,
  { signal, ...how }: DownloadOptions = {},
): Promise<DigestedModel> {
  for (const file of files) refuseUnsafePath(file.path);
  refuseSamePath(files);
  if (kind === 'folder') await clearFolder(path, files);
  const root = kind === 'file' ? dirname(path) : path;
  const placeOf = (file: SourceFile): string => (kind === 'file' ? path : join(path, file.path));
  for (const folder of new Set(files.map((file) => dirname(placeOf(file)))))
    await makeFoldersBelow(root, join(folder, 'any')).catch(cannotWrite(folder));
  const failed = new AbortController();
  const end = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const waiting = [...files];
  waiting.reverse();
  const found: FileDigest[] = [];
  const small: string[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.pop(); file && !end.aborted; file = waiting.pop()) {
      const at = placeOf(file);
      const copied = how.isFresh ? await copySmall(file, at, onBytes, how) : undefined;
      if (copied) small.push(at);
      found.push(copied ?? (await downloadFile(file, at, onBytes, { ...how, signal: end })));
    }
  };
  const workers = Array.from({ length: Math.min(MAX_FILES, files.length) }, () =>
    work().catch((error) => {
      failed.abort();
      throw error;
    }),
  );
  // no worker may write after the end
  const ends = await Promise.allSettled(workers);
  if (signal?.aborted) throw interrupted();
  // a worker that was ended because of another one is not the cause
  const reasons = ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const cause = reasons.find((one) => !(one instanceof RegError && one.code === 'INTERRUPTED')) ?? reasons[0];
  if (cause !== undefined) throw cause;
  if (how.isSynced !== false) await syncFiles(path, small).catch(cannotWrite(path));
  if (how.hashes) {
    await settled(found, how.hashes.now());
    await how.hashes.save();
  }
  return { ...combinedDigest(kind, found), files: found };
}

/** Makes the folder of a model, without the files of another model. */
async function clearFolder(path: string, files: readonly SourceFile[]): Promise<void> {
  await makeFolders(path).catch(cannotWrite(path));
  const wanted = new Set(files.map((file) => file.path));
  for (const one of await filesBelow(path)) if (!wanted.has(one)) await remove(join(path, one));
}

/** Refuses two files of one path, or a file that is a folder too, on file systems that ignore case and normalization. */
function refuseSamePath(files: readonly SourceFile[]): void {
  const refuse = (one: string, other: string): never => {
    throw new RegError(
      'SOURCE_PATH',
      `the model holds '${one}' and '${other}', which are one file on many machines`,
      'do not trust its source',
    );
  };
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const before = seen.get(folded(path));
    if (before !== undefined) refuse(before, path);
    seen.set(folded(path), path);
  }
  for (const { path } of files)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      const file = seen.get(folded(path.slice(0, end)));
      if (file !== undefined) refuse(file, path);
    }
}

/** Lower and then upper case: to APFS a sharp s is two capitals, and a ligature its letters. */
const folded = (path: string): string => path.normalize('NFD').toLowerCase().toUpperCase();

/** Waits until a write of another process to any of these files has a time of its own. */
async function settled(files: readonly FileDigest[], now: number): Promise<void> {
  const stamps = files.flatMap(({ written }) =>
    written && written.tickMs <= MOST_WAITED_MS ? [written] : [],
  );
  const end = stamps.reduce((most, { writtenMs, tickMs }) => Math.max(most, writtenMs + tickMs + 1), 0);
  const left = Math.min(end - now, MOST_WAITED_MS);
  if (left > 0) await sleep(left);
}

const MOST_WAITED_MS = 100;

/** The entries of a file of this machine, with what it is now. */
async function entryOf(
  { at, path }: SourceFile,
  hashes: Hashes | undefined,
): Promise<{ at: string; before: Stamp; table: FolderHashes | undefined } | undefined> {
  const before = at === undefined ? undefined : stampAt(at);
  if (at === undefined || before === undefined) return undefined;
  return { at, before, table: await hashes?.in(folderOfFile(at, path)) };
}

/** Copies a small file of this machine, and hashes it unless that was done before; undefined for any other file. */
async function copySmall(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  { hashes, isKnown }: DownloadOptions,
): Promise<FileDigest | undefined> {
  if (file.at === undefined || file.size === undefined || file.size >= CHUNK_BYTES) return undefined;
  const entry = await entryOf(file, hashes);
  if (entry === undefined) return undefined;
  await turn();
  const start = hashes?.now() ?? 0;
  const read = readSmall(entry.at, BUFFER);
  if (read === undefined) return undefined;
  const hasher = hasherOf(file, isKnown);
  hasher.add(read.bytes);
  const digest = hasher.end();
  onBytes(digest.size);
  let written: Stamp;
  try {
    written = writeSmall(path, read.bytes);
  } catch (error) {
    throw withPath(error, path);
  }
  if (isUnchanged(entry.before, stampAt(entry.at)))
    entry.table?.note(entry.at, entry.before, digest.sha256, start);
  return { ...digest, written };
}

/** Nothing else runs between filling and using it. */
const BUFFER = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/**
 * Copies a file of this machine that was hashed before; undefined for any other.
 * @throws RegError HASH_MISMATCH where it changed meanwhile
 */
async function copyKnown(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  { hashes, signal, isSynced = true }: DownloadOptions,
): Promise<FileDigest | undefined> {
  const entry = await entryOf(file, hashes);
  const sha256 = entry?.table?.find(entry.at, entry.before);
  if (entry === undefined || sha256 === undefined || entry.before.size !== (file.size ?? entry.before.size))
    return undefined;
  const { at, before } = entry;
  if (file.digest?.algorithm === 'sha256' && file.digest.value !== sha256) return undefined;
  let written: Stamp;
  try {
    written = await copyOnto(at, path, { onBytes, signal, sync: isSynced });
  } catch (error) {
    throw signal?.aborted ? interrupted() : withPath(error, path);
  }
  if (isUnchanged(before, stampAt(at))) return { path: file.path, sha256, size: before.size, written };
  throw new RegError('HASH_MISMATCH', `${at} changed while it was copied`, 'load it again');
}

async function downloadFile(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  options: DownloadOptions,
): Promise<FileDigest> {
  const {
    signal,
    isKnown = false,
    isFresh = false,
    isLeft = false,
    copyTo,
    hashes,
    isSynced = true,
  } = options;
  const copied = isFresh ? await copyKnown(file, path, onBytes, options) : undefined;
  if (copied) return copied;
  const entry = await entryOf(file, hashes);
  const begun = hashes?.now() ?? 0;
  const hasher = hasherOf(file, isKnown);
  const isApart = isInParts(file) && (isKnown || file.digest !== undefined);
  const target = await openToAppend(path, isFresh, isApart ? 'anywhere' : 'at-end').catch(cannotWrite(path));
  const disk = diskWriter(target);
  let copy: PartCopy | undefined;
  let isDone = false;
  try {
    const start = await keepWhatIsThere(file, target, hasher, isLeft);
    if (isApart && start === 0 && copyTo !== undefined)
      copy = await copyBeside(path, copyTo.path, copyTo.sync);
    onBytes(start);
    const onWritten = (count: number): void => {
      if (isSynced) disk.wrote(count);
      onBytes(count);
    };
    if (isApart) await writeInParts(file, start, { target, copy, hasher, signal, onBytes: onWritten });
    else
      for await (const chunk of arriving(file, target, { start, isKnown, signal })) {
        if (signal?.aborted) throw interrupted();
        hasher.add(chunk);
        onWritten(chunk.length);
      }
    const digest = hasher.end();
    if (isSynced) await disk.end();
    const written = stampOf(await target.stat({ bigint: true }));
    if (entry && isUnchanged(entry.before, stampAt(entry.at)))
      entry.table?.note(entry.at, entry.before, digest.sha256, begun);
    if (written.size === digest.size) {
      isDone = (await copy?.end()) === true;
      return { ...digest, written, copy: isDone ? copy?.path : undefined };
    }
    throw new RegError('HASH_MISMATCH', `${path} was changed by another process`, 'load it again');
  } catch (error) {
    throw withPath(error, path);
  } finally {
    await target.close();
    if (!isDone) await copy?.drop();
  }
}

/** Writes the rest of a file. Its chunks come while they are written, so that they are hashed meanwhile. */
async function* arriving(
  file: SourceFile,
  target: FileHandle,
  { start, isKnown, signal }: { start: number; isKnown: boolean; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  if (start > 0 || file.write === undefined) {
    for await (const group of inGroups(bytesOf(file, { start, isKnown }))) {
      const written = writeAll(target, group);
      try {
        yield* group;
      } finally {
        await written;
      }
    }
    return;
  }
  const left = new AbortController();
  const written = file.write(target.fd, AbortSignal.any([left.signal, ...(signal ? [signal] : [])]));
  try {
    yield* readBehind(target, written);
  } finally {
    left.abort();
    await written.catch(() => undefined);
  }
}

/** Hashes the beginning of a file that is there, or empties it; gives the number of bytes that stay. */
async function keepWhatIsThere(
  file: SourceFile,
  there: FileHandle,
  hasher: Hasher,
  isLeft: boolean,
): Promise<number> {
  const found = await there.stat();
  if (found.size === 0) return 0;
  const isUsable = file.ranges && file.size !== undefined && found.size <= file.size;
  const size = isUsable ? sureBytes(file, found.size, isLeft) : 0;
  if (size < found.size) await there.truncate(size);
  if (size === 0) return 0;
  for await (const chunk of there.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: CHUNK_BYTES,
  }))
    hasher.add(chunk as Uint8Array);
  return size;
}

const DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO']);

/** Adds the path to an error of the disk; an error of the source stays as it is. */
function withPath(error: unknown, path: string): unknown {
  const failure = error as NodeJS.ErrnoException;
  if (error instanceof RegError || !DISK.has(failure.code ?? '')) return error;
  return cannotWrite(path)(failure);
}

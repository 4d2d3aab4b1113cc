import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuseUnsafePath } from '../domain/model-files.js';
import { interrupted, RegError } from '../errors.js';
import { filesBelow } from '../util/files.js';
import { makeFolders, makeFoldersBelow, openToAppend, remove, writeAll } from '../util/safe-files.js';
import { CHUNK_BYTES, inGroups } from '../util/stream.js';
import { combinedDigest, type DigestedModel, type FileDigest, type Hasher, hasherOf } from './digest.js';
import { cannotWrite } from './part.js';
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
}

/** Files of a folder that are fetched at a time. */
const MAX_FILES = 4;

/**
 * Writes a model to a path of this machine and hashes it on the way. The beginning of a file that is there already is kept where
 * its source can be read from the middle. At the end everything is on the disk; the promises of links are not compared.
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
  const failed = new AbortController();
  const end = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const waiting = [...files];
  const found: FileDigest[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file && !end.aborted; file = waiting.shift()) {
      const at = kind === 'file' ? path : join(path, file.path);
      const root = kind === 'file' ? dirname(path) : path;
      await makeFoldersBelow(root, at).catch(cannotWrite(at));
      found.push(await downloadFile(file, at, onBytes, { ...how, signal: end }));
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

async function downloadFile(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  { signal, isKnown = false, isFresh = false }: DownloadOptions,
): Promise<FileDigest> {
  const hasher = hasherOf(file);
  const target = await openToAppend(path, isFresh).catch(cannotWrite(path));
  try {
    const start = await keepWhatIsThere(file, target, hasher);
    onBytes(start);
    for await (const group of inGroups(bytesOf(file, { start, isKnown }))) {
      if (signal?.aborted) throw interrupted();
      // threads of Node write these and read the next ones, while this one hashes
      const written = writeAll(target, group);
      try {
        for (const chunk of group) hasher.add(chunk);
      } finally {
        await written;
      }
      for (const chunk of group) onBytes(chunk.length);
    }
    const digest = hasher.end();
    await target.sync();
    const { size } = await target.stat();
    if (size === digest.size) return digest;
    throw new RegError('HASH_MISMATCH', `${path} was changed by another process`, 'load it again');
  } catch (error) {
    throw withPath(error, path);
  } finally {
    await target.close();
  }
}

/** Hashes the beginning of a file that is there, or empties it; gives the number of bytes that stay. */
async function keepWhatIsThere(file: SourceFile, there: FileHandle, hasher: Hasher): Promise<number> {
  const { size } = await there.stat();
  if (size === 0) return 0;
  if (!file.ranges || file.size === undefined || size > file.size) {
    await there.truncate();
    return 0;
  }
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

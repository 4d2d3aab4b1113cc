import { createReadStream } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import { type ByteRange, lengthError, RangeIgnored } from '../net/http.js';
import type { Lifetime } from '../stores/port.js';
import { filesBelow } from '../util/files.js';
import { readAhead } from '../util/safe-files.js';
import type { Stamp } from '../util/stamp.js';
import { exactly, WrongLength } from '../util/stream.js';

/** One file of a model at its source. */
export interface SourceFile {
  /** The path inside the model's folder, `/` between parts; for a model of one file its name. */
  path: string;
  /** Bytes; undefined where the source does not say. */
  size: number | undefined;
  /** The digest that the source promises, such as the id of a Git LFS object. */
  digest?: Digest | undefined;
  /** Whether it can be read from the middle. */
  ranges: boolean;
  /** Whether it is on this machine, where several parts at a time would not be faster. */
  isHere?: boolean;
  /** The real path of a plain file of this machine, which is read there. */
  at?: string | undefined;
  /** What it was when its digest was made, where a later write would be noticed. */
  stamp?: Stamp | undefined;
  /** Asks its source whether it is there; undefined where it was found there. */
  isThere?(): Promise<boolean>;
  /**
   * The bytes, or a part of them.
   * @throws RegError SOURCE_PATH, REMOTE_FAILED, STORE_FAILED, also in the stream
   */
  open(range?: ByteRange): Promise<Readable>;
  /**
   * Lets another program write the bytes to an open file, where that is faster.
   * @param to the descriptor of the file
   */
  write?(to: number, signal: AbortSignal): Promise<void>;
}

/** A hash of bytes, in hexadecimal digits; `blob` is the object id that git names a file by. */
export interface Digest {
  algorithm: 'sha256' | 'md5' | 'blob';
  value: string;
}

/** Whether a model is one file, or the files of a folder. */
export type ModelKind = 'file' | 'folder';

/** A model at its source. Nothing of it was read yet. */
export interface SourceModel {
  kind: ModelKind;
  /** Its name at the source. */
  name: string;
  /** For a folder all files, by path. */
  files: readonly SourceFile[];
}

/** Where the bytes of a model are, for other programs. */
export interface ModelAddress {
  /** A URL, or the absolute path of a file of this machine. It holds no login. */
  url: string;
  /** What else a reader has to know; undefined where the address is enough. */
  note?: string | undefined;
  /**
   * Makes an address that needs no login for a while.
   * @throws RegError SOURCE_UNSUPPORTED where its place cannot, SOURCE_PATH where it is not there, STORE_FAILED
   */
  sign(lifetime: Lifetime): Promise<string>;
}

/**
 * The model at a path of this machine; undefined where there is nothing.
 * @param isTaken which files of a folder belong to it, by path; all by default
 * @throws RegError SOURCE_PATH for anything but files and folders, such as a pipe, also inside the folder
 */
export async function modelOnDisk(
  path: string,
  isTaken: (file: string) => boolean = () => true,
): Promise<SourceModel | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const name = basename(path);
  if (!found.isDirectory()) return { kind: 'file', name, files: [await requireFile(path, name)] };
  const files = (await filesBelow(path)).filter(isTaken).map((one) => requireFile(join(path, one), one));
  return { kind: 'folder', name, files: await Promise.all(files) };
}

async function requireFile(at: string, path: string): Promise<SourceFile> {
  const file = await fileOnDisk(at, path);
  if (file) return file;
  throw new RegError(
    'SOURCE_PATH',
    `${at} is not a regular file`,
    'give files, and folders of files; links inside must lead to files',
  );
}

/**
 * A file of this machine; undefined where there is no regular file.
 * @param path its path inside the model
 */
export async function fileOnDisk(at: string, path: string): Promise<SourceFile | undefined> {
  const found = await lstat(at).catch(() => undefined);
  if (found?.isSymbolicLink()) {
    const real = await realpath(at).catch(() => undefined);
    return real === undefined ? undefined : fileOnDisk(real, path);
  }
  if (!found?.isFile()) return undefined;
  return {
    at,
    path,
    size: found.size,
    ranges: true,
    isHere: true,
    open: async (range) => createReadStream(at, range && { start: range.start, end: range.end - 1 }),
  };
}

/** A larger file comes in parts of so many bytes. */
export const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 4;
/** In a row, without a byte. */
const MAX_ATTEMPTS = 5;

/** How to read a file. */
interface ReadOptions {
  /** The offset to begin at, in bytes. */
  start?: number;
  /**
   * Whether the digest of the bytes is known. Several requests may see several versions of an object: without a digest all bytes
   * come from one request.
   */
  isKnown?: boolean;
}

/**
 * The bytes of a file from an offset to its end, in order. A large file with a known digest comes in several parts at a time
 * where its source can be read from the middle, and a part that breaks off goes on from there. Memory holds these parts at most. A chunk has
 * its bytes until the next one is asked for.
 * @throws RegError what opening throws; STORE_FAILED, REMOTE_FAILED where it breaks off again and again
 */
export async function* bytesOf(
  file: SourceFile,
  { start = 0, isKnown = false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  if (file.at !== undefined) yield* bytesHere(file.at, start, file.size);
  else if (!file.ranges || file.size === undefined || !(isKnown || file.digest || file.isHere)) {
    if (start > 0) throw new RegError('INTERNAL', `${file.path} cannot be read from the middle`);
    yield* await file.open();
  } else yield* inRanges(file, start, file.size);
}

/** The bytes by ranges, and what is left in one stream where the server ignores them. */
async function* inRanges(file: SourceFile, start: number, size: number): AsyncGenerator<Uint8Array> {
  const isOne = file.isHere || size - start <= PART_BYTES;
  let at = start;
  try {
    for await (const chunk of (isOne ? untilWhole : inParts)(file, start, size)) {
      at += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof RangeIgnored)) throw error;
    const failure = (one: unknown) => (one instanceof WrongLength ? lengthError(file.path, one) : one);
    yield* exactly(await file.open(), { size: size - at, skip: at, failure });
  }
}

/** The bytes of a file of this machine. */
async function* bytesHere(at: string, start: number, size: number | undefined): AsyncGenerator<Uint8Array> {
  let end = start;
  try {
    for await (const chunk of readAhead(at, { start, ...(size !== undefined && { end: size }) })) {
      end += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof RegError) throw error;
    const { message, code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new RegError('SOURCE_PATH', `there is no file ${at}`, 'check the path');
    const [why] = message.split(', ');
    throw new RegError('STORE_FAILED', `cannot read ${at}: ${why}`, 'check that you may read it');
  }
  if (size !== undefined && end < size)
    throw new RegError(
      'STORE_FAILED',
      `${at} ended after ${end} of ${size} bytes`,
      'it changed while it was read: try again',
    );
}

async function* inParts(file: SourceFile, start: number, size: number): AsyncGenerator<Uint8Array> {
  const coming: Promise<Uint8Array[]>[] = [];
  let next = start;
  const ask = (): void => {
    if (next >= size) return;
    const end = Math.min(next + PART_BYTES, size);
    const part = collect(untilWhole(file, next, end));
    // the failure of a part is thrown when its turn comes
    part.catch(() => undefined);
    coming.push(part);
    next = end;
  };
  for (let count = 0; count < MAX_PARTS; count += 1) ask();
  for (let part = coming.shift(); part; part = coming.shift()) {
    yield* await part;
    ask();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

/**
 * The bytes of one part, requested again from where it broke off.
 * @throws RegError what opening throws; STORE_FAILED, REMOTE_FAILED where it breaks off again and again
 */
export async function* untilWhole(file: SourceFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = start;
  for (let failures = 0; at < end; ) {
    const before = at;
    // the source itself has retried what cannot be opened
    const stream = await file.open({ start: at, end });
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        at += chunk.length;
        yield chunk;
      }
      if (at < end) throw new RegError('STORE_FAILED', `${file.path} ended after ${at} of ${end} bytes`);
    } catch (error) {
      failures = at > before ? 0 : failures + 1;
      if (!isBrokenOff(error) || failures === MAX_ATTEMPTS) throw error;
    }
  }
}

const isBrokenOff = (error: unknown): boolean =>
  error instanceof RegError &&
  !(error instanceof RangeIgnored) &&
  (error.code === 'STORE_FAILED' || error.code === 'REMOTE_FAILED');

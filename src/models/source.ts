import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ByteRange } from '../net/http.js';

/** One file of a model, where it is now. */
export interface SourceFile {
  /** The path inside the model's folder, `/` between parts; of a model that is one file, its own name. */
  path: string;
  /** Bytes; undefined where the source does not tell. */
  size: number | undefined;
  /** What the place where it is promises of the bytes, such as the id of a Git LFS object. */
  digest?: Digest | undefined;
  /** Whether it can be read from the middle. */
  ranges: boolean;
  /** Whether it is on this machine, where reading several parts at a time would gain nothing. */
  isHere?: boolean;
  /**
   * The bytes, or a part of them.
   * @throws RegError SOURCE_PATH, REMOTE_FAILED, STORE_FAILED; the stream may fail with them too
   */
  open(range?: ByteRange): Promise<Readable>;
}

/** A hash of bytes, in hexadecimal digits. */
interface Digest {
  algorithm: 'sha256' | 'md5';
  value: string;
}

/** A model where it is now: nothing of it was read yet. */
export interface SourceModel {
  kind: 'file' | 'folder';
  /** The name that it has there. */
  name: string;
  /** Of a folder all files, by path. */
  files: readonly SourceFile[];
}

/** Files of a folder that are taken for a model; each costs a request, or a run of git. */
const MOST_FILES = 100_000;

/**
 * Refuses a folder of more files than that.
 * @throws RegError TOO_LARGE
 */
export function refuseTooMany(folder: string, count: number): void {
  if (count > MOST_FILES)
    throw new RegError(
      'TOO_LARGE',
      `${folder} has more than ${MOST_FILES} files, ${count}`,
      'name one of them',
    );
}

/**
 * Refuses a path that could lead out of the folder it is written to, or mean something else there: `..`, `.git`, a backslash,
 * and what Windows keeps for devices and streams (Microsoft Learn, "Naming Files, Paths, and Namespaces").
 * @throws RegError SOURCE_PATH
 */
export function refuseUnsafePath(path: string): void {
  if (path !== '' && Buffer.byteLength(path) < LONGEST_PATH && !path.split('/').some(isUnsafeName)) return;
  throw new RegError(
    'SOURCE_PATH',
    `the model holds a file with an unsafe path, '${path}'`,
    'do not trust its source',
  );
}

/** Whether a name must not be a part of a path that comes from elsewhere. */
const isUnsafeName = (name: string): boolean =>
  name === '' ||
  name === '.' ||
  name === '..' ||
  GIT_FOLDER.test(name.replaceAll(IGNORED, '')) ||
  UNSAFE.test(name) ||
  Buffer.byteLength(name) > LONGEST_NAME ||
  WINDOWS_DEVICE.test(name) ||
  // Windows drops them, so that the name would mean another file
  /[. ]$/.test(name);

/** Bytes: more than that no file system of Linux takes (NAME_MAX and PATH_MAX of limits.h). */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

/** What Windows has no name for; controls, and marks that make a name look like another one (UAX #9). */
const UNSAFE = /[\\<>:"|?*\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

/** What HFS+ leaves out of names when it compares them, as git has it (utf8.c, next_hfs_char). */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** Also what macOS and Windows take for it (git-fsck(1), hasDotgit). */
const GIT_FOLDER = /^(\.git|git~\d+)$/i;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i;

const PART = 8 * 1024 * 1024;
const AT_ONCE = 4;
const TRIES = 5;

/** How to read a file. */
interface ReadOptions {
  /** The offset to begin at, in bytes. */
  start?: number;
  /**
   * Whether somebody knows which bytes are meant. Several requests may see several versions of an object, so that without it
   * everything comes from one.
   */
  isKnown?: boolean;
}

/**
 * The bytes of a file from an offset to its end, in order. A large file whose bytes are known comes in several parts at a time
 * where its source can be read from the middle, and what was cut off goes on from where it ended. Memory is bounded by the parts under way.
 * @throws RegError what opening throws; STORE_FAILED, REMOTE_FAILED when it broke off again and again
 */
export async function* bytesOf(
  file: SourceFile,
  { start = 0, isKnown = false }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  if (!file.ranges || file.size === undefined || !(isKnown || file.digest || file.isHere)) {
    if (start > 0) throw new RegError('INTERNAL', `${file.path} cannot be read from the middle`);
    yield* await file.open();
  } else if (file.isHere || file.size - start <= PART) yield* untilWhole(file, start, file.size);
  else yield* inParts(file, start, file.size);
}

async function* inParts(file: SourceFile, start: number, size: number): AsyncGenerator<Uint8Array> {
  const coming: Promise<Uint8Array[]>[] = [];
  let next = start;
  const ask = (): void => {
    if (next >= size) return;
    const end = Math.min(next + PART, size);
    const part = collect(untilWhole(file, next, end));
    // a part that fails while an earlier one is written is told when its turn comes
    part.catch(() => undefined);
    coming.push(part);
    next = end;
  };
  for (let count = 0; count < AT_ONCE; count += 1) ask();
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

/** One part, asked for again from where it broke off; each try must bring something, or count as one in vain. */
async function* untilWhole(file: SourceFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = start;
  for (let inVain = 0; at < end; ) {
    const before = at;
    // what cannot even be opened was tried by its source as often as makes sense
    const stream = await file.open({ start: at, end });
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        at += chunk.length;
        yield chunk;
      }
      if (at < end) throw new RegError('STORE_FAILED', `${file.path} ended after ${at} of ${end} bytes`);
    } catch (error) {
      inVain = at > before ? 0 : inVain + 1;
      if (!isBrokenOff(error) || inVain === TRIES) throw error;
    }
  }
}

const isBrokenOff = (error: unknown): boolean =>
  error instanceof RegError && (error.code === 'STORE_FAILED' || error.code === 'REMOTE_FAILED');

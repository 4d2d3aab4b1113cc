import { RegError } from '../errors.js';

/**
 * Reads the bytes from `start` up to but not including `end`. May give fewer bytes, as pread(2) does; gives none at the end of the
 * file.
 */
export type ReadAt = (start: number, end: number) => Promise<Uint8Array>;

/** A file that is read only in small parts. */
export interface Peek {
  size: number;
  /** The first 4 KiB of the file, or all of it. */
  head: Buffer;
  /** A part of the file, cut off at its end. */
  at(start: number, length: number): Promise<Buffer>;
}

const HEAD = 4096;

/** Reads the beginning of a file, and other parts on demand. */
export async function peekAt(read: ReadAt, size: number): Promise<Peek> {
  const head = await part(read, 0, Math.min(size, HEAD));
  return {
    size,
    head,
    at: async (start, length) => {
      const end = Math.min(size, start + length);
      if (end <= start) return Buffer.alloc(0);
      return end <= head.length ? head.subarray(start, end) : part(read, start, end);
    },
  };
}

/** Reads until all bytes are there or the file ends. */
async function part(read: ReadAt, start: number, end: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let at = start;
  while (at < end) {
    const bytes = await read(at, end);
    if (bytes.length === 0) break;
    parts.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat(parts);
}

/** Reads a file forward, piece by piece. */
export interface ByteCursor {
  /** The next bytes. @throws EndOfBytes */
  take(count: number): Promise<Buffer>;
  /** Skips bytes. */
  skip(count: number): void;
}

/** Thrown at the end of a file, or at the limit for reading it. */
export class EndOfBytes extends Error {}

const BLOCK = 64 * 1024;

/**
 * A cursor at the beginning of a file.
 * @param most the byte at which reading stops
 */
export function byteCursor(read: ReadAt, most: number): ByteCursor {
  let at = 0;
  let block: Buffer = Buffer.alloc(0);
  let start = 0;
  return {
    take: async (count) => {
      const end = at + count;
      if (end > most) throw new EndOfBytes();
      if (end > start + block.length) {
        // a read may give fewer bytes than asked for
        block = Buffer.concat([block.subarray(at - start)]);
        start = at;
        while (start + block.length < end) {
          const more = await read(start + block.length, Math.min(most, start + block.length + BLOCK));
          if (more.length === 0) throw new EndOfBytes();
          block = Buffer.concat([block, more]);
        }
      }
      const bytes = block.subarray(at - start, end - start);
      at = end;
      return bytes;
    },
    skip: (count) => {
      at += count;
    },
  };
}

/** One read of Node.js gives at most 2 GiB (fs.read), and its memory adds to that of the result. */
const MOST_AT_ONCE = 64 * 1024 * 1024;

/**
 * Reads all bytes from `start` up to `end` into a buffer of their own, as typed arrays need it.
 * @throws RegError INVALID_MODEL when the file ends before; TOO_LARGE when they do not fit into memory
 */
export async function readWhole(read: ReadAt, start: number, end: number): Promise<Uint8Array> {
  const bytes = allocate(end - start);
  for (let at = start; at < end; ) {
    const part = await read(at, Math.min(end, at + MOST_AT_ONCE));
    if (part.length === 0)
      throw new RegError(
        'INVALID_MODEL',
        `the file ends at byte ${at}, where ${end} are expected`,
        'it was cut off: load it again',
      );
    bytes.set(part, at - start);
    at += part.length;
  }
  return bytes;
}

function allocate(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch {
    throw new RegError(
      'TOO_LARGE',
      `${length} bytes are more than fit into memory here`,
      'read the file itself, in parts',
    );
  }
}

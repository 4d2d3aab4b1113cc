import { RegError } from '../errors.js';

/**
 * Reads the bytes from `start` up to `end`, which does not belong to them; fewer where the file ends, or where a single read
 * gives no more.
 */
export type ReadAt = (start: number, end: number) => Promise<Uint8Array>;

/** A file of which only some small parts are looked at. */
export interface Peek {
  /** Bytes. */
  size: number;
  /** How it begins: its first 4 KiB, or all of it. */
  head: Buffer;
  /** A part of it, cut off where the file ends. */
  at(start: number, length: number): Promise<Buffer>;
}

const HEAD = 4096;

/** Reads how a file begins, and the rest when it is asked for. */
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

/** A read may give less than was asked for (pread(2)), so it is asked again until nothing comes. */
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

/** Reads a file from its beginning on, a number or a text at a time. */
export interface ByteCursor {
  /** The next bytes. @throws EndOfBytes */
  take(count: number): Promise<Buffer>;
  /** Passes over bytes. */
  skip(count: number): void;
}

/** The file ends, or goes beyond what may be read of it. */
export class EndOfBytes extends Error {}

const BLOCK = 64 * 1024;

/**
 * Makes a cursor at the beginning of a file.
 * @param most how many bytes it may go to
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
        // a read may give less than was asked for
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

/** A single read of Node.js gives at most 2 GiB (fs.read), and memory for it comes on top of the result. */
const MOST_AT_ONCE = 64 * 1024 * 1024;

/**
 * Reads all bytes from `start` up to `end` into a buffer of their own, so that a typed array can be made of it.
 * @throws RegError INVALID_MODEL when the file ends before; TOO_LARGE when there are more than fit into an array
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

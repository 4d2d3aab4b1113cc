import type { ReadAt } from './peek.js';

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

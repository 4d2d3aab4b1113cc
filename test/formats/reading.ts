import type { ReadAt } from '../../src/formats/read-at.js';

/** Reads from memory, as a file is read: less where it ends. */
export const readerOf =
  (bytes: Uint8Array): ReadAt =>
  async (start, end) =>
    bytes.subarray(start, end);

/** A reader that counts what is asked of it. */
export interface Counted {
  read: ReadAt;
  /** Bytes asked for, in all and at once. */
  asked: { all: number; most: number };
}

/** A file of any size that begins with these bytes, and is zeros from there on. */
export function endless(start: Uint8Array): Counted {
  const asked = { all: 0, most: 0 };
  return {
    asked,
    read: async (from, to) => {
      asked.all += to - from;
      asked.most = Math.max(asked.most, to - from);
      const bytes = Buffer.alloc(to - from);
      if (from < start.length) Buffer.from(start).copy(bytes, 0, from, to);
      return bytes;
    },
  };
}

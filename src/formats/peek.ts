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

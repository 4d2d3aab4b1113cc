import { RegError } from '../errors.js';
import type { ReadAt } from './peek.js';

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

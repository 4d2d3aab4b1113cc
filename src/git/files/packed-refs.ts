import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { linesThatBegin, PIECE } from './packed-lines.js';

/** The packed refs of a repository (git-pack-refs(1)), one state of them: a new one is another file. */
export interface PackedRefs {
  /** The lines of the refs whose full names begin so, by name. */
  linesOf(start: string): Buffer;
  close(): void;
}

const NEWLINE = 0x0a;

/**
 * Opens the packed refs.
 * @returns undefined when they are not sorted or do not say where all tags lead; `none` when there are none
 */
export function openPackedRefs(path: string): PackedRefs | undefined | 'none' {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
  const { size } = fstatSync(file);
  const read = (at: number, length: number): Buffer => {
    const bytes = Buffer.allocUnsafe(Math.min(length, size - at));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, at));
  };
  const header = read(0, PIECE);
  const end = header.indexOf(NEWLINE);
  const words = header.toString('latin1', 0, Math.max(end, 0)).split(' ');
  if (words[0] !== '#' || !words.includes('sorted') || !words.includes('fully-peeled')) {
    closeSync(file);
    return undefined;
  }
  return {
    linesOf: (start) => linesThatBegin({ read, first: end + 1, size }, start),
    close: () => closeSync(file),
  };
}

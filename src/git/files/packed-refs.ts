import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The packed refs of a repository (git-pack-refs(1)), one state of them: a new one is another file. */
export interface PackedRefs {
  /**
   * The lines of the refs whose full names begin so: `<oid> <name>`, and behind a tag `^<oid>` of what it leads to. They are
   * found by halving, so that it costs the same among a thousand refs and a million.
   */
  linesOf(start: string): string;
  close(): void;
}

const NAME_AT = 41;
const NEWLINE = 0x0a;
const CARET = 0x5e;
/** More bytes than the longest line has: every ref was a file once (PATH_MAX). */
const PIECE = 8192;

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
    linesOf: (start) => linesBetween({ read, first: end + 1, size }, start),
    close: () => closeSync(file),
  };
}

interface Lines {
  read(at: number, length: number): Buffer;
  /** Where the first line begins. */
  first: number;
  size: number;
}

function linesBetween(lines: Lines, start: string): string {
  const from = firstNotBefore(lines, Buffer.from(start));
  // the names that begin so end before the first that begins with the next greater byte
  const next = Buffer.from(start);
  next[next.length - 1] = (next.at(-1) ?? 0) + 1;
  const to = firstNotBefore({ ...lines, first: from }, next);
  return lines.read(from, to - from).toString('utf8');
}

/** Where the first line begins whose name is not before a key. */
function firstNotBefore({ read, first, size }: Lines, key: Buffer): number {
  // every line that begins before `low` is before the key, and the one looked for begins at `high` or before
  let low = first;
  let high = size;
  while (high - low > PIECE) {
    const middle = Math.floor((low + high) / 2);
    // as much again, so that the line that begins in the first half is whole
    const piece = read(middle, 2 * PIECE);
    const at = nextLine(piece, 0);
    const line = middle + at;
    if (at < piece.length && line < high && isBefore(piece, at, key)) low = line;
    else high = middle;
  }
  const piece = read(low, 3 * PIECE);
  let at = 0;
  while (at < piece.length && isBefore(piece, at, key)) at = nextLine(piece, at);
  return low + at;
}

/** Where the next line of a ref begins; lines with a caret belong to the one before. */
function nextLine(piece: Buffer, from: number): number {
  for (let at = from; ; ) {
    const end = piece.indexOf(NEWLINE, at);
    if (end < 0) return piece.length;
    at = end + 1;
    if (piece[at] !== CARET) return at;
  }
}

function isBefore(piece: Buffer, line: number, key: Buffer): boolean {
  const end = piece.indexOf(NEWLINE, line);
  return piece.compare(key, 0, key.length, line + NAME_AT, end < 0 ? piece.length : end) < 0;
}

import { BrokenListing, CARET, NEWLINE } from '../../domain/listed-bytes.js';

/**
 * Lines of packed refs, of which any piece can be read: `<oid> <name>`, and behind a tag `^<oid>` of what it leads to. All that follows
 * throws BrokenListing for a line that is longer than a piece, which no ref with a file of its own has (PATH_MAX).
 */
export interface PackedLines {
  read(at: number, length: number): Buffer;
  /** Where the first line begins. */
  first: number;
  size: number;
}

const NAME_AT = 41;
/** So many bytes are read at once where a line is looked for. */
export const PIECE = 8192;

/** The bytes of the refs whose full names begin so. */
export function linesThatBegin(lines: PackedLines, start: string): Buffer {
  const from = firstNotBefore(lines, Buffer.from(start));
  // the names that begin so end before the first that begins with the next greater byte
  const next = Buffer.from(start);
  next[next.length - 1] = (next.at(-1) ?? 0) + 1;
  const to = firstNotBefore({ ...lines, first: from }, next);
  return lines.read(from, to - from);
}

/** Where the line of the ref with a full name is: an empty piece, where it would be, when there is none. */
export function placeOf(lines: PackedLines, key: Buffer): [from: number, to: number] {
  const from = firstNotBefore(lines, key);
  const piece = pieceAt(lines, from, 2 * PIECE);
  if (piece.bytes.length === 0) return [from, from];
  const isThere = piece.bytes.compare(key, 0, key.length, NAME_AT, nameEnd(piece, 0)) === 0;
  return [from, isThere ? from + nextLine(piece, 0) : from];
}

/** Where the first line begins whose name is not before a key: found by halving, which costs the same among a thousand and a million. */
function firstNotBefore(lines: PackedLines, key: Buffer): number {
  // every line that begins before `low` is before the key, and the one looked for begins at `high` or before
  let low = lines.first;
  let high = lines.size;
  while (high - low > PIECE) {
    const middle = Math.floor((low + high) / 2);
    // as much again, so that the line that begins in the first half is whole
    const piece = pieceAt(lines, middle, 2 * PIECE);
    const at = nextLine(piece, 0);
    const line = middle + at;
    if (line < high && isBefore(piece, at, key)) low = line;
    else high = middle;
  }
  const piece = pieceAt(lines, low, 3 * PIECE);
  let at = 0;
  while (at < piece.bytes.length && isBefore(piece, at, key)) at = nextLine(piece, at);
  return low + at;
}

/** A piece of the lines. */
interface Piece {
  bytes: Buffer;
  /** Whether nothing is behind it. */
  isLast: boolean;
}

function pieceAt({ read, size }: PackedLines, place: number, length: number): Piece {
  const bytes = read(place, length);
  return { bytes, isLast: place + bytes.length >= size };
}

/** Where the next line of a ref begins; lines with a caret belong to the one before. */
function nextLine(piece: Piece, from: number): number {
  const { bytes, isLast } = piece;
  for (let at = from; ; ) {
    at = lineEnd(piece, at) + 1;
    if (at >= bytes.length && !isLast) throw new BrokenListing('a line is longer than a piece');
    if (at >= bytes.length || bytes[at] !== CARET) return Math.min(at, bytes.length);
  }
}

const isBefore = (piece: Piece, line: number, key: Buffer): boolean =>
  piece.bytes.compare(key, 0, key.length, line + NAME_AT, nameEnd(piece, line)) < 0;

const nameEnd = (piece: Piece, line: number): number => Math.max(lineEnd(piece, line), line + NAME_AT);

function lineEnd({ bytes, isLast }: Piece, line: number): number {
  const end = bytes.indexOf(NEWLINE, line);
  if (end >= 0) return end;
  if (!isLast) throw new BrokenListing('a line is longer than a piece');
  return bytes.length;
}

/** Lines of packed refs, of which any piece can be read: `<oid> <name>`, and behind a tag `^<oid>` of what it leads to. */
export interface PackedLines {
  read(at: number, length: number): Buffer;
  /** Where the first line begins. */
  first: number;
  size: number;
}

const NAME_AT = 41;
const NEWLINE = 0x0a;
const CARET = 0x5e;
/** More bytes than the longest line has: every ref was a file once (PATH_MAX). */
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
  const piece = lines.read(from, 2 * PIECE);
  const end = endOfName(piece, 0);
  const isThere = piece.length > 0 && piece.compare(key, 0, key.length, NAME_AT, end) === 0;
  return [from, isThere ? from + nextLine(piece, 0) : from];
}

/** Where the first line begins whose name is not before a key: found by halving, which costs the same among a thousand and a million. */
function firstNotBefore({ read, first, size }: PackedLines, key: Buffer): number {
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

const isBefore = (piece: Buffer, line: number, key: Buffer): boolean =>
  piece.compare(key, 0, key.length, line + NAME_AT, endOfName(piece, line)) < 0;

function endOfName(piece: Buffer, line: number): number {
  const end = piece.indexOf(NEWLINE, line);
  return end < 0 ? piece.length : end;
}

/**
 * Tags in order of their names, as bytes: a line `<id> <prefix><name>` each, and behind an annotated one `^<id>` of what it leads to.
 * They are read where they are, and of a hundred thousand, texts are made of a few.
 */
export interface ListedBytes {
  bytes: Uint8Array;
  /** How many digits an id has. */
  idLength: number;
  /** Where in a line the name begins. */
  nameAt: number;
  /** What is between two places. */
  text(from: number, to: number): string;
}

/** The line of a tag: where it begins, between which places the name is, where the id is of what it leads to, and where the next begins. */
export interface Line {
  place: number;
  from: number;
  to: number;
  /** NOWHERE for a lightweight tag, and for one that nobody could follow. */
  target: number;
  next: number;
}

/** The place of nothing. */
export const NOWHERE = -1;

/** What a line ends with. */
export const NEWLINE = 0x0a;
/** What a line begins with that says what the tag before it leads to. */
export const CARET = 0x5e;
const SPACE = 0x20;

/** Thrown for a listing that is not what it should be. */
export class BrokenListing extends Error {
  override readonly name = 'BrokenListing';
}

/**
 * The line that begins at a place.
 * @throws BrokenListing for what is none
 */
export function lineAt({ bytes, idLength, nameAt }: ListedBytes, place: number): Line {
  const to = placeIn(bytes, NEWLINE, place + nameAt, bytes.length);
  const target = bytes[to + 1] === CARET ? to + 2 : NOWHERE;
  const end = target === NOWHERE ? to : target + idLength;
  if (to === NOWHERE || bytes[place + idLength] !== SPACE || bytes[end] !== NEWLINE)
    throw new BrokenListing('a line is not of a tag');
  return { place, from: place + nameAt, to, target, next: end + 1 };
}

/** Where between two places a letter is, NOWHERE where it is not. */
export function placeIn(bytes: Uint8Array, letter: number, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (bytes[at] === letter) return at;
  return NOWHERE;
}

/** Whether two pieces are the same. */
export function isSame(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) if (bytes[one + at] !== bytes[other + at]) return false;
  return true;
}

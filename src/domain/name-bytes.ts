// Names in the bytes of a listing, read where they are: of a hundred thousand a text is made of a few. Each of these is small, for
// the smaller a function is, the sooner it is compiled.

/** The letter between an artifact and a version. */
export const AT = 0x40;
/** The letter between an artifact and a stage, and in front of a counter. */
export const HASH = 0x23;
const ZERO = 0x30;
/** Counters and the numbers of versions stay exact integers: 15 digits are below Number.MAX_SAFE_INTEGER. */
export const DIGITS = 15;

/** Whether two pieces are the same. */
export function isSame(bytes: Uint8Array, one: number, other: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) if (bytes[one + at] !== bytes[other + at]) return false;
  return true;
}

/** Where between two places an artifact's name ends, -1 where nothing follows it. */
export function markIn(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (bytes[at] === AT || bytes[at] === HASH) return at;
  return -1;
}

/** Where between two places a byte is, -1 where it is not. */
export function placeIn(byte: number, bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (bytes[at] === byte) return at;
  return -1;
}

/** Where digits end that begin at a place. */
export function digitsEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at])) at += 1;
  return at;
}

const isDigit = (byte = 0): boolean => byte >= ZERO && byte < ZERO + 10;

/** The number that the digits between two places write. */
export function numberIn(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + (bytes[at] ?? 0) - ZERO;
  return number;
}

/** The counter that is between two places, -1 where there is none. */
export const counterIn = (bytes: Uint8Array, from: number, to: number): number =>
  from === to || to - from > DIGITS || digitsEnd(bytes, from, to) !== to ? -1 : numberIn(bytes, from, to);

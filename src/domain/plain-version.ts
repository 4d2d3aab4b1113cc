import { DIGITS, digitsEnd, numberIn } from './name-bytes.js';
import type { Version } from './version.js';

/** The three numbers of a version that has nothing else, `v1.2.3`: nearly all that there are, and they are read as they pass by. */
export interface PlainVersion {
  major: number;
  minor: number;
  patch: number;
}

const [LETTER_V, DOT, ZERO] = [0x76, 0x2e, 0x30];

/**
 * Reads a version between two places into `into`, without making a text of it.
 * @returns false for any that is not plain, and for what is none; then nothing is said of `into`
 */
export function readPlainVersion(bytes: Uint8Array, from: number, to: number, into: PlainVersion): boolean {
  if (from >= to || bytes[from] !== LETTER_V) return false;
  const major = endOfPart(bytes, from + 1, to);
  if (major < 0 || bytes[major] !== DOT) return false;
  const minor = endOfPart(bytes, major + 1, to);
  if (minor < 0 || bytes[minor] !== DOT || endOfPart(bytes, minor + 1, to) !== to) return false;
  into.major = numberIn(bytes, from + 1, major);
  into.minor = numberIn(bytes, major + 1, minor);
  into.patch = numberIn(bytes, minor + 1, to);
  return true;
}

/** Where a number ends; -1 where there is none, or one that starts with a zero or may not be exact. */
function endOfPart(bytes: Uint8Array, from: number, to: number): number {
  const end = digitsEnd(bytes, from, to);
  const length = end - from;
  return length === 0 || length > DIGITS || (length > 1 && bytes[from] === ZERO) ? -1 : end;
}

/** Orders by SemVer precedence. */
export const comparePlain = (a: PlainVersion, b: PlainVersion): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch;

/** Writes a plain version as tags have it. */
export const formatPlain = ({ major, minor, patch }: PlainVersion): Version =>
  `v${major}.${minor}.${patch}` as Version;

import type { Version } from './version.js';

/** The three numbers of a version that has nothing else, `v1.2.3`: nearly all that there are, and they are read as they pass by. */
export interface PlainVersion {
  major: number;
  minor: number;
  patch: number;
}

/** More digits may be no exact number. */
const DIGITS = 15;
const [LETTER_V, DOT, ZERO] = [0x76, 0x2e, 0x30];

/**
 * Reads a version between two places of a text into `into`, without making a text of it.
 * @returns false for any that is not plain, and for what is none; then nothing is said of `into`
 */
export function readPlainVersion(text: string, from: number, to: number, into: PlainVersion): boolean {
  if (from >= to || text.charCodeAt(from) !== LETTER_V) return false;
  let at = from + 1;
  for (let part = 0; part < 3; part += 1) {
    const start = at;
    let value = 0;
    for (; at < to; at += 1) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const length = at - start;
    if (length === 0 || length > DIGITS || (length > 1 && text.charCodeAt(start) === ZERO)) return false;
    if (part === 0) into.major = value;
    else if (part === 1) into.minor = value;
    else into.patch = value;
    if (part === 2) return at === to;
    if (at >= to || text.charCodeAt(at) !== DOT) return false;
    at += 1;
  }
  return false;
}

/** Orders by SemVer precedence. */
export const comparePlain = (a: PlainVersion, b: PlainVersion): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch;

/** Writes a plain version as tags have it. */
export const formatPlain = ({ major, minor, patch }: PlainVersion): Version =>
  `v${major}.${minor}.${patch}` as Version;

import { NOWHERE } from './listed-bytes.js';
import type { Version } from './version.js';

/** The three numbers of a version that has nothing else, `v1.2.3`: nearly all that there are, and they are read as they pass by. */
export interface PlainVersion {
  major: number;
  minor: number;
  patch: number;
}

/** More digits may be no exact number. */
const DIGITS = 15;
/** The letter 0, from which the nine others follow. */
export const ZERO = 0x30;
const [LETTER_V, DOT] = [0x76, 0x2e];

/**
 * Reads a version that begins at a place into `into`, without making a text of it.
 * @returns where its last number ends; NOWHERE where there is none, and then nothing is said of `into`
 */
export function readPlainVersion(bytes: Uint8Array, from: number, into: PlainVersion): number {
  if (bytes[from] !== LETTER_V) return NOWHERE;
  let at = from + 1;
  for (let part = 0; part < 3; part += 1) {
    const start = at;
    let value = 0;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - ZERO) {
      value = value * 10 + digit;
      at += 1;
    }
    const length = at - start;
    // a number that starts with a zero is none
    if (length === 0 || length > DIGITS || (length > 1 && bytes[start] === ZERO)) return NOWHERE;
    if (part === 0) into.major = value;
    else if (part === 1) into.minor = value;
    else into.patch = value;
    if (part < 2 && bytes[at] !== DOT) return NOWHERE;
    at += 1;
  }
  return at - 1;
}

/** Orders by SemVer precedence. */
export const comparePlain = (a: PlainVersion, b: PlainVersion): number =>
  a.major - b.major || a.minor - b.minor || a.patch - b.patch;

/** Writes a plain version as tags have it. */
export const formatPlain = ({ major, minor, patch }: PlainVersion): Version =>
  `v${major}.${minor}.${patch}` as Version;

import { comparePlain, formatPlain, type PlainVersion, readPlainVersion } from './plain-version.js';
import type { Version } from './version.js';
import { compareVersions } from './version-order.js';

/** Finds the greatest of many versions, each with the number of its tag, while they pass by. */
export interface Greatest {
  /** Takes a version that is nothing but three numbers, between two places of a text; false for any other. */
  addPlain(number: number, text: string, from: number, to: number): boolean;
  /** Takes any version. */
  add(number: number, version: Version): void;
  /** The number of the greatest; undefined where there was none. */
  number(): number | undefined;
}

/** Begins to look for the greatest version. Those of three numbers are compared without a text being made of each. */
export function greatest(): Greatest {
  let plain: { number: number; version: PlainVersion } | undefined;
  let other: { number: number; version: Version } | undefined;
  // the one that is looked at, used again for each
  let passing: PlainVersion = { major: 0, minor: 0, patch: 0 };
  return {
    addPlain: (number, text, from, to) => {
      if (!readPlainVersion(text, from, to, passing)) return false;
      if (plain === undefined) {
        plain = { number, version: passing };
        passing = { ...passing };
      } else if (comparePlain(passing, plain.version) > 0) {
        const before = plain.version;
        plain.number = number;
        plain.version = passing;
        passing = before;
      }
      return true;
    },
    add: (number, version) => {
      if (other === undefined || compareVersions(version, other.version) > 0) other = { number, version };
    },
    number: () => {
      if (plain === undefined || other === undefined) return (plain ?? other)?.number;
      return compareVersions(formatPlain(plain.version), other.version) > 0 ? plain.number : other.number;
    },
  };
}

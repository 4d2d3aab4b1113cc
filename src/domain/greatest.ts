import { comparePlain, formatPlain, type PlainVersion, readPlainVersion } from './plain-version.js';
import type { Version } from './version.js';
import { compareVersions } from './version-order.js';

/** The greatest of the versions that passed by: of those that are three numbers, and of the others. */
export interface Greatest {
  plain: Registered<PlainVersion> | undefined;
  other: Registered<Version> | undefined;
}

/** A version, with the place of the tag that registers it and of what this leads to. */
export interface Registered<T> {
  tag: number;
  commit: number;
  version: T;
}

// the one that is looked at, used again for each: there are as many as tags
const passing: PlainVersion = { major: 0, minor: 0, patch: 0 };

/** Takes a version that is nothing but three numbers, between two places of some bytes; false for any other. */
export function addPlain(
  greatest: Greatest,
  tag: number,
  commit: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  if (!readPlainVersion(bytes, from, to, passing)) return false;
  const { plain } = greatest;
  if (plain === undefined) greatest.plain = { tag, commit, version: { ...passing } };
  else if (comparePlain(passing, plain.version) > 0) {
    plain.tag = tag;
    plain.commit = commit;
    plain.version.major = passing.major;
    plain.version.minor = passing.minor;
    plain.version.patch = passing.patch;
  }
  return true;
}

/** Takes any other version. */
export function addOther(greatest: Greatest, tag: number, commit: number, version: Version): void {
  if (greatest.other === undefined || compareVersions(version, greatest.other.version) > 0)
    greatest.other = { tag, commit, version };
}

/** The greatest of all; undefined where there was none. */
export function greatestOf({ plain, other }: Greatest): Registered<Version> | undefined {
  if (plain === undefined) return other;
  const version = formatPlain(plain.version);
  return other === undefined || compareVersions(version, other.version) > 0 ? { ...plain, version } : other;
}

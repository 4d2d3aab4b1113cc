import { comparePlain, formatPlain, type PlainVersion } from './plain-version.js';
import { type Version, compareVersions } from './version.js';

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

/** Takes a version that is nothing but three numbers; what holds them may be used again for the next. */
export function addPlain(greatest: Greatest, tag: number, commit: number, version: PlainVersion): void {
  const { plain } = greatest;
  if (plain === undefined) greatest.plain = { tag, commit, version: { ...version } };
  else if (comparePlain(version, plain.version) > 0) {
    plain.tag = tag;
    plain.commit = commit;
    plain.version.major = version.major;
    plain.version.minor = version.minor;
    plain.version.patch = version.patch;
  }
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

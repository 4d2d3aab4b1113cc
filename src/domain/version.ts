// one file a function, so that the bundle leaves out ranges and their parser
import compareBuild from 'semver/functions/compare-build.js';
import inc from 'semver/functions/inc.js';
import parse from 'semver/functions/parse.js';
import { RegError } from '../errors.js';

/** A SemVer 2.0.0 version with its leading `v`, build metadata included: `v1.2.0-rc.1+sha.5`. */
export type Version = string & { readonly brand: 'Version' };
/** Which part of a version to raise. */
export type Bump = 'major' | 'minor' | 'patch';

/** The version of an artifact's first registration when none is asked for (SPEC §3). */
export const FIRST_VERSION = 'v0.0.1' as Version;

/** Reads a version as a tag spells it, the leading `v` required, or gives undefined. */
export function parseVersion(text: string): Version | undefined {
  // parse is lenient about what comes first (`=v1.2.3`) and about white space; a tag is not
  if (text[0] !== 'v' || !isDigit(text.charCodeAt(1)) || /\s/.test(text)) return undefined;
  return parse(text.slice(1)) === null ? undefined : (text as Version);
}

/**
 * Reads a version as a person types it, with or without the leading `v` (SPEC §5).
 * @throws RegError INVALID_VERSION
 */
export function version(text: string): Version {
  const parsed = parseVersion(text.startsWith('v') ? text : `v${text}`);
  if (parsed !== undefined) return parsed;
  throw new RegError(
    'INVALID_VERSION',
    `'${text}' is not a version`,
    'write a SemVer such as v1.2.0 or 1.2.0-rc.1',
  );
}

/** Orders by SemVer precedence; versions that differ in build metadata alone are ordered by it. */
export const compareVersions = (a: Version, b: Version): number => compareBuild(a, b);

/**
 * The next version after `from`; raising a pre-release first gives the release it leads to, as npm does.
 * @throws RegError INVALID_VERSION when a number would get too large to be read again
 */
export const bumpVersion = (from: Version, bump: Bump): Version => version(inc(from, bump) ?? 'none');

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

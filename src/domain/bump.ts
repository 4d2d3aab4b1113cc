// one file a function, so that the bundle leaves out ranges and their parser
import inc from 'semver/functions/inc.js';
import { type Version, version } from './version.js';

/** Which part of a version to raise. */
export type Bump = 'major' | 'minor' | 'patch';

/**
 * The next version after `from`; raising a pre-release first gives the release it leads to, as npm does.
 * @throws RegError INVALID_VERSION when a number would get too large to be read again
 */
export const bumpVersion = (from: Version, bump: Bump): Version => version(inc(from, bump) ?? 'none');

import { describe, expect, it } from 'vitest';
import { type Bump, bumpVersion } from '../../src/domain/actions.js';
import { compareVersions, parseVersion, version } from '../../src/domain/version.js';
import { refusalCode } from '../support/builders.js';

const GOOD = [
  'v0.0.0',
  'v1.2.3',
  'v10.20.30',
  'v1.0.0-alpha',
  'v1.0.0-alpha.1',
  'v1.0.0-0.3.7',
  'v1.0.0-x-y-z.--',
  'v1.0.0+20130313144700',
  'v1.0.0+001',
  'v1.0.0-beta+exp.sha.5114f85',
  'v1.0.0-0A.is.legal',
];
const BAD = [
  '',
  'v',
  'v1',
  'v1.0',
  'v1.0.0.0',
  'v01.0.0',
  'v1.02.0',
  'v1.0.0-',
  'v1.0.0-01',
  'v1.0.0-a..b',
  'v1.0.0+',
  'v1.0.0+a+b',
  'v1.0.0-é',
  'vv1.0.0',
  'V1.0.0',
  'v 1.0.0',
  'v=1.0.0',
  'v-1.0.0',
  'v1.0.0!',
  'v1.0.0 ',
];
const SPACES = ['\n', '\t', '\r', '\u00a0', '\ufeff', '\u2028', '\v'];

describe('versions (docs/specification.md, 1 Tags: v and SemVer 2.0.0, whole)', () => {
  it.each(GOOD)('%j is a version, typed with v or without', (text) => {
    expect(parseVersion(text)).toBe(text);
    expect(version(text)).toBe(text);
    expect(version(text.slice(1))).toBe(text);
  });

  it.each(BAD)('%j is no version', (text) => {
    expect(parseVersion(text)).toBeUndefined();
    expect(refusalCode(() => version(text))).toBe('INVALID_VERSION');
  });

  it.each(SPACES)('white space %j before or after is not part of one', (space) => {
    expect(parseVersion(`v1.0.0${space}`)).toBeUndefined();
    expect(parseVersion(`v${space}1.0.0`)).toBeUndefined();
    expect(parseVersion(`${space}v1.0.0`)).toBeUndefined();
  });

  it('a tag always has the v', () => {
    expect(parseVersion('1.0.0')).toBeUndefined();
  });

  it('order is that of the SemVer specification, section 11', () => {
    const ascending = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.9.0',
      '1.10.0',
      '2.0.0',
    ].map(version);
    for (const [index, lower] of ascending.entries())
      for (const higher of ascending.slice(index + 1)) {
        expect(compareVersions(lower, higher)).toBeLessThan(0);
        expect(compareVersions(higher, lower)).toBeGreaterThan(0);
      }
  });

  it.each<[string, Bump, string]>([
    ['v1.2.3', 'patch', 'v1.2.4'],
    ['v1.2.3', 'minor', 'v1.3.0'],
    ['v1.2.3', 'major', 'v2.0.0'],
    ['v1.9.9', 'minor', 'v1.10.0'],
    ['v1.2.3+build.5', 'patch', 'v1.2.4'],
    ['v2.0.0-rc.1', 'patch', 'v2.0.0'],
    ['v2.0.0-rc.1', 'major', 'v2.0.0'],
    ['v2.1.0-rc.1', 'minor', 'v2.1.0'],
    ['v2.1.0-rc.1', 'major', 'v3.0.0'],
  ])('%s, %s raised, is %s', (from, bump, next) => {
    expect(bumpVersion(version(from), bump)).toBe(next);
  });
});

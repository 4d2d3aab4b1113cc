import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { compareVersions, parseVersion } from '../../src/domain/version.js';
import { anyVersion } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(10_000) };
// the grammar that semver.org publishes
const OFFICIAL =
  /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;
const versionLike = fc
  .array(fc.constantFrom('v', '0', '1', '01', '10', '.', '.', '-', '+', 'a', 'rc', ' ', '\n', '=', '!'), {
    maxLength: 10,
  })
  .map((parts) => `v1.${parts.join('')}`);
const padded = fc
  .tuple(anyVersion, fc.constantFrom('\n', '\t', ' ', '\u00a0', '\ufeff', '\u2029', '+', '-', '.', 'é', '!'))
  .map((parts) => parts.join(''));

describe('versions', () => {
  it('are what the grammar of semver.org takes, after a v', () => {
    fc.assert(
      fc.property(fc.oneof(anyVersion, versionLike, padded), (text) => {
        expect(parseVersion(text) !== undefined).toBe(OFFICIAL.test(text));
      }),
      RUNS,
    );
  });

  it('have numbers up to 2^53 - 1, as the package has', () => {
    const number = fc.oneof(
      fc.nat(9).map((more) => `${900719925474098 + more}`),
      fc.tuple(fc.nat(3), fc.nat(9)).map(([more, digit]) => `${900719925474098 + more}${digit}`),
      fc.constant('0'),
    );
    fc.assert(
      fc.property(fc.tuple(number, number, number), fc.tuple(number, number, number), (one, other) => {
        const [a, b] = [parseVersion(`v${one.join('.')}`), parseVersion(`v${other.join('.')}`)];
        expect(a).toBe(semver.valid(one.join('.')) === null ? undefined : `v${one.join('.')}`);
        if (a !== undefined && b !== undefined)
          expect(Math.sign(compareVersions(a, b))).toBe(semver.compare(a, b));
      }),
      RUNS,
    );
  });

  it('have an order that is total, and that of SemVer', () => {
    const sign = (a: Parameters<typeof compareVersions>[0], b: typeof a): number =>
      Math.sign(compareVersions(a, b));
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
        if (semver.compare(a, b) !== 0) expect(sign(a, b)).toBe(semver.compare(a, b));
        else if (semver.compareBuild(a, b) !== 0) expect(sign(a, b)).toBe(semver.compareBuild(a, b));
        // the package takes +001 and +1 for equal, and a listing would decide which of them is the greatest
        else expect(sign(a, b) === 0).toBe(a === b);
        expect([a, b, c].sort(compareVersions).map(String)).toEqual(semver.sort([a, b, c].map(String)));
      }),
      RUNS,
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Greatest, addOther, addPlain, greatestOf } from '../../src/domain/greatest.js';
import { formatPlain } from '../../src/domain/plain-version.js';
import { type Version, compareVersions } from '../../src/domain/version.js';

const VERSIONS = ['v0.0.1', 'v1.2.0', 'v1.10.0', 'v1.10.0-rc.1', 'v1.10.0+b', 'v2.0.0-rc.1', 'v2.0.0'];

it('the greatest of versions, plain or not, is the last in their order, however they pass by', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(VERSIONS as Version[]), (versions) => {
      const found: Greatest = { plain: undefined, other: undefined };
      for (const [tag, version] of versions.entries()) {
        const [major = 0, minor = 0, patch = 0] = version.slice(1).split('.').map(Number);
        const plain = { major, minor, patch };
        if (formatPlain(plain) === version) addPlain(found, tag, -tag, plain);
        else addOther(found, tag, -tag, version);
      }
      const [last] = [...versions].sort(compareVersions).slice(-1);
      const tag = last && versions.indexOf(last);
      expect(greatestOf(found)).toEqual(tag === undefined ? undefined : { tag, commit: -tag, version: last });
    }),
  );
});

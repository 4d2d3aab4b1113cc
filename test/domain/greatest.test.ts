import fc from 'fast-check';
import { expect, it } from 'vitest';
import { greatest } from '../../src/domain/greatest.js';
import type { Version } from '../../src/domain/version.js';
import { compareVersions } from '../../src/domain/version-order.js';

const VERSIONS = ['v0.0.1', 'v1.2.0', 'v1.10.0', 'v1.10.0-rc.1', 'v1.10.0+b', 'v2.0.0-rc.1', 'v2.0.0'];

it('the greatest of versions, plain or not, is the last in their order, however they pass by', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(VERSIONS as Version[]), (versions) => {
      const found = greatest();
      for (const [number, version] of versions.entries()) {
        const text = `churn@${version}`;
        if (!found.addPlain(number, text, 6, text.length)) found.add(number, version);
      }
      const [last] = [...versions].sort(compareVersions).slice(-1);
      expect(found.number()).toBe(last && versions.indexOf(last));
    }),
  );
});

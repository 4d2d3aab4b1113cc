import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BrokenListing } from '../../src/domain/listed-bytes.js';
import { linesThatBegin, type PackedLines, placeOf } from '../../src/git/files/packed-lines.js';

const ID = 'a'.repeat(40);
const START = 'refs/tags/m';

/** Names in their order; some are longer than what is read at once, as a clone may bring them. */
const names = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom(1, 1, 1, 1, 300, 9000, 20_000, 40_000)), {
    maxLength: 120,
  })
  .map((all) =>
    [
      ...new Set(
        all.map(([number, length]) => `refs/tags/${'lmn'[number % 3]}${number}${'x'.repeat(length)}`),
      ),
    ].sort(),
  );

function linesOf(all: readonly string[]): { bytes: Buffer; lines: PackedLines } {
  const bytes = Buffer.from(
    all.map((name, index) => `${ID} ${name}\n${index % 2 ? `^${ID}\n` : ''}`).join(''),
  );
  const read = (at: number, length: number): Buffer => bytes.subarray(at, at + length);
  return { bytes, lines: { read, first: 0, size: bytes.length } };
}

/** Undefined where it is left to git. */
function orLeft<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof BrokenListing) return undefined;
    throw error;
  }
}

it('lines are found by halving as by looking at each, or are left to git where one is very long', () => {
  let found = 0;
  let left = 0;
  fc.assert(
    fc.property(names, (all) => {
      const { bytes, lines } = linesOf(all);
      const own = orLeft(() => linesThatBegin(lines, START).toString());
      if (own === undefined) left += 1;
      else {
        found += 1;
        const begin = all.findIndex((name) => name.startsWith(START));
        const before = begin < 0 ? '' : bytes.toString().slice(bytes.indexOf(` ${all[begin]}\n`) - ID.length);
        expect(own.split('\n').filter((line) => line.includes(' '))).toEqual(
          all.filter((name) => name.startsWith(START)).map((name) => `${ID} ${name}`),
        );
        expect(before.startsWith(own)).toBe(true);
      }
      for (const name of [...all, 'refs/tags/m0', 'refs/tags/zz']) {
        const place = orLeft(() => placeOf(lines, Buffer.from(name)));
        if (place === undefined) continue;
        const line = bytes.toString('utf8', ...place);
        expect(line.split('\n')[0]).toBe(all.includes(name) ? `${ID} ${name}` : '');
      }
    }),
    { numRuns: 300 },
  );
  expect([found, left].every((count) => count > 20)).toBe(true);
});

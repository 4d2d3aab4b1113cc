import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta, deltaSizes } from '../../src/git/files/pack.js';

const BASE = Buffer.from('the quick brown fox');

test.each<[string, number[], string]>([
  ['pieces of the base and what is new', [19, 9, 0x90, 4, 2, 0x41, 0x42, 0x91, 16, 3], 'the ABfox'],
  ['a piece with two bytes of offset', [19, 3, 0x93, 16, 0, 3], 'fox'],
  ['nothing', [19, 0], ''],
])('a delta holds %s', (_what, delta, expected) => {
  expect(applyDelta(Buffer.from(delta), BASE).toString()).toBe(expected);
  expect(deltaSizes(Buffer.from(delta))).toMatchObject({ base: 19, result: expected.length });
});

test('a piece without a length has 65,536 bytes', () => {
  const base = Buffer.alloc(70_000, 'x');
  const sizes = [0xf0, 0xa2, 0x04, 0x80, 0x80, 0x04];
  expect(applyDelta(Buffer.from([...sizes, 0x80]), base)).toHaveLength(65_536);
});

test.each<[string, number[]]>([
  ['to another object', [18, 1, 1, 0x41]],
  ['that reaches beyond its base', [19, 4, 0x91, 16, 4]],
  ['that makes too much', [19, 1, 2, 0x41, 0x42]],
  ['that makes too little', [19, 3, 2, 0x41, 0x42]],
  ['that breaks off', [19, 3, 3, 0x41]],
  ['with an instruction that is reserved', [19, 1, 0, 0x41]],
  ['without sizes', [0x80]],
])('a delta %s is refused', (_what, delta) => {
  expect(() => applyDelta(Buffer.from(delta), BASE)).toThrow('delta');
});

test('no bytes make it run on or give anything but what they say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const delta = Buffer.from([19, ...bytes]);
      let result: Buffer;
      try {
        result = applyDelta(delta, BASE);
      } catch (error) {
        return error instanceof Error;
      }
      return result.length === deltaSizes(delta).result;
    }),
  );
});

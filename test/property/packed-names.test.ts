import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openPackedNames } from '../../src/git/packed-names.js';

const name = fc.string({ unit: fc.constantFrom(...'abz#@!-0'), minLength: 1, maxLength: 12 });
const OID = '0123456789abcdef0123456789abcdef01234567';

/** A file as git writes it: sorted, an annotated tag with a second line. */
const packed = (names: readonly string[]): Buffer =>
  Buffer.from(
    `# pack-refs with: peeled fully-peeled sorted \n${names.map((one, index) => `${OID} ${one}\n${index % 2 ? `^${OID}\n` : ''}`).join('')}`,
  );

test('the next name is the first one that is not before what is asked for, whatever was asked before', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 60 }).map((names) => names.sort()),
      // behind a name comes what it begins
      fc.array(fc.tuple(name, fc.constantFrom('', '\0', '\xff')), { minLength: 1, maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(...'ab'), maxLength: 1 }),
      (names, asked, start) => {
        const found = openPackedNames(packed(names));
        for (const from of asked.map((parts) => parts.join(''))) {
          const expected = names.find((one) => one >= from);
          expect(found?.next(from, start)).toBe(expected?.startsWith(start) ? expected : undefined);
        }
      },
    ),
  );
});

test('a file that does not promise to be sorted is not searched', () => {
  expect(openPackedNames(Buffer.from(`# pack-refs with: peeled \n${OID} refs/tags/a\n`))).toBeUndefined();
  expect(openPackedNames(Buffer.from(''))).toBeUndefined();
});

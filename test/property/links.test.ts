import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLink, type Link, readLink } from '../../src/documents/link.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(1000, 200) };

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const words = fc.constantFrom(
  '0123456',
  'true',
  'null',
  '~',
  '1e5',
  '0x1f',
  '- a',
  'a: b',
  '# c',
  "it's",
  '"q"',
  '*x',
  '&x',
  '!t',
  '{',
  '%',
  ' a ',
  'a\nb',
  'a\n\n',
  '...',
  '---',
  '<<',
  '=',
);
const text = fc.oneof(words, fc.string({ unit: 'grapheme', minLength: 1 }), hex(7));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const key = fc.oneof(fc.string({ unit: fc.constantFrom(...'abc_-.'), minLength: 1, maxLength: 8 }), words);
const present = <T>(record: Record<string, T | undefined>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const inGit = fc.record({ repo: optional(text), rev: optional(text), commit: optional(hex(40)), path: text });
const inStore = fc.record({ url: text, rev: optional(text) });
const link = fc
  .record({
    reg: optional(fc.constant(1)),
    source: fc.oneof(inGit, inStore).map((source) => present<string>(source)),
    sha256: optional(hex(64)),
    size: optional(fc.maxSafeNat()),
    type: optional(text),
    description: optional(text),
    labels: optional(
      fc.dictionary(key, fc.oneof(text, number, fc.boolean()), { maxKeys: 4, noNullPrototype: true }),
    ),
    params: optional(
      fc.dictionary(key, fc.oneof(text, number, fc.array(text, { maxLength: 3 }), fc.constant(null)), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
    metrics: optional(fc.dictionary(key, number, { maxKeys: 4, noNullPrototype: true })),
  })
  .map((record) => present<unknown>(record) as Link);

const read = (written: string): Link => readLink(Buffer.from(written), 'a.model.yaml').link;

describe('links', () => {
  it('read back', () => {
    fc.assert(
      fc.property(link, (one) => {
        expect(read(formatLink(one))).toEqual(one);
      }),
      RUNS,
    );
  });

  it('written over another, read back: its source and hash, and the other keys of the old file', () => {
    fc.assert(
      fc.property(link, link, (before, one) => {
        const existing = { bytes: Buffer.from(formatLink(before)), file: 'a.model.yaml' };
        const { sha256: _hash, size: _size, ...rest } = before;
        expect(read(formatLink(one, existing))).toEqual({ ...rest, ...one });
      }),
      RUNS,
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTagName } from '../../src/domain/tag-name.js';
import { joinMessage, splitMessage } from '../../src/domain/trailers.js';
import { decodeTag, encodeTag, type TagObject } from '../../src/git/tag-object.js';
import { eventName } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(10_000) };

const line = fc.oneof(
  fc.constantFrom(
    'Go live',
    'Signed-off-by: Ann',
    'a:b',
    ' folded',
    '',
    '',
    'Reg-like: x',
    ': x',
    '-----',
    'é 模型',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
/** What a person may write: several lines, not empty, no trailer of reg's own. */
const saying = fc
  .array(line, { minLength: 1, maxLength: 6 })
  .map((lines) => lines.join('\n'))
  .filter((text) => text.trim() !== '' && !/^reg-/im.test(text) && !text.includes('-----BEGIN'));
const oid = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });
const own = fc.tuple(fc.constantFrom('v1.0.0', 'v2.0.0-rc.1+b'), oid);

describe('messages', () => {
  it('trailers read back, whatever a person wrote before them', () => {
    fc.assert(
      fc.property(saying, own, (text, [version, parent]) => {
        const message = joinMessage(text, [
          ['Reg-Version', version],
          ['Reg-Parent', parent],
        ]);
        const { trailers } = splitMessage(message);
        expect(trailers.get('reg-version')).toBe(version);
        expect(trailers.get('reg-parent')).toBe(parent);
      }),
      RUNS,
    );
  });

  it('what a person wrote reads back, but for the form of trailers', () => {
    fc.assert(
      fc.property(saying, own, (text, [version]) => {
        const split = splitMessage(joinMessage(text, [['Reg-Version', version]]));
        const alone = splitMessage(text);
        if (alone.trailers.size === 0) expect(split.text).toBe(text.trim());
        expect(new Map([...alone.trailers, ['reg-version', version]])).toEqual(split.trailers);
      }),
      RUNS,
    );
  });

  it('a message without trailers is what was written', () => {
    fc.assert(
      fc.property(saying, (text) => {
        expect(splitMessage(joinMessage(text, [])).text).toBe(text.trim());
      }),
      RUNS,
    );
  });
});

describe('tag objects', () => {
  const word = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .map((text) => text.replaceAll(/[\0\n<>]/g, '').trim());
  const zone = fc
    .tuple(fc.constantFrom('+', '-'), fc.nat(9999))
    .map(([sign, digits]) => sign + `${digits}`.padStart(4, '0'));
  const object: fc.Arbitrary<TagObject> = fc.record({
    object: fc.oneof(
      oid,
      fc.tuple(oid, oid).map(([a, b]) => (a + b).slice(0, 64)),
    ),
    type: fc.constantFrom('commit', 'tree', 'blob', 'tag'),
    tag: eventName().map(formatTagName),
    tagger: fc.record({ name: word, email: word }),
    date: fc.nat({ max: 8_640_000_000_000 }),
    zone,
    message: fc
      .string({ unit: 'binary' })
      .map((text) => text.replaceAll('\0', ''))
      .filter((text) => !text.includes('-----BEGIN')),
  });

  it('read back', () => {
    fc.assert(
      fc.property(object, (tag) => {
        expect(decodeTag(encodeTag(tag))).toEqual(tag);
      }),
      RUNS,
    );
  });

  it('keep their headers, for any tagger and message', () => {
    const hostile = fc.string({ unit: fc.constantFrom(...'ab<> \n\0'), maxLength: 12 });
    fc.assert(
      fc.property(object, hostile, hostile, hostile, (tag, name, email, message) => {
        const read = decodeTag(encodeTag({ ...tag, tagger: { name, email }, message }));
        const { object, type, tag: tagName, date, zone } = tag;
        expect(read).toMatchObject({ object, type, tag: tagName, date, zone });
      }),
      RUNS,
    );
  });
});

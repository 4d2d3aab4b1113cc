import { describe, expect, it } from 'vitest';
import { decodeTag, encodeTag, MalformedTag, type TagObject } from '../../src/git/tag-object.js';

const OID = 'a'.repeat(40);
const TAG: TagObject = {
  object: OID,
  type: 'commit',
  tag: 'churn@v1.0.0',
  tagger: { name: 'Ann Lee', email: 'ann@example.com' },
  date: 1_700_000_000,
  zone: '+0200',
  message: 'Register churn v1.0.0\n',
};
const HEADERS = [
  `object ${OID}`,
  'type commit',
  'tag churn@v1.0.0',
  'tagger Ann Lee <ann@example.com> 1700000000 +0200',
];

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (tag: TagObject): string => new TextDecoder().decode(encodeTag(tag));
/** The tag with one header line put in the place of another. */
const withLine = (index: number, line: string): Uint8Array =>
  bytes(`${HEADERS.with(index, line).join('\n')}\n\nSaid\n`);

describe('writing a tag object', () => {
  it('is as git writes it', () => {
    expect(text(TAG)).toBe(`${HEADERS.join('\n')}\n\nRegister churn v1.0.0\n`);
    expect(decodeTag(encodeTag(TAG))).toEqual(TAG);
  });

  it('what a person typed adds no header line', () => {
    const tagger = { name: 'Ann\ntype tree <x>', email: 'a>\n\nb\0' };
    expect(decodeTag(encodeTag({ ...TAG, tagger })).tagger).toEqual({ name: 'Anntype tree x', email: 'ab' });
    expect(text({ ...TAG, message: 'a\0b' }).endsWith('\n\nab')).toBe(true);
  });
});

describe('reading a tag object', () => {
  it.each([
    ['a sha-256 id', withLine(0, `object ${'b'.repeat(64)}`), { object: 'b'.repeat(64) }],
    ['a nested tag', withLine(1, 'type tag'), { type: 'tag' }],
    ['a name of no letters', withLine(3, 'tagger  <> 0 +0000'), { tagger: { name: '', email: '' }, date: 0 }],
    [
      'a name with brackets',
      withLine(3, 'tagger A <b> C <c@d> 5 -0330'),
      { tagger: { name: 'A <b> C', email: 'c@d' }, date: 5, zone: '-0330' },
    ],
    ['no message', bytes(`${HEADERS.join('\n')}\n`), { message: '' }],
    ['an empty message', bytes(`${HEADERS.join('\n')}\n\n`), { message: '' }],
    ['headers of later formats', bytes(`${HEADERS.join('\n')}\ngpgsig x\n\nSaid\n`), { message: 'Said\n' }],
    [
      'bytes that are no UTF-8',
      new Uint8Array([...bytes(`${HEADERS.join('\n')}\n\n`), 0xff]),
      { message: '\ufffd' },
    ],
  ])('%s', (_what, object, expected) => {
    expect(decodeTag(object)).toMatchObject(expected);
  });

  it.each(['PGP SIGNATURE', 'SSH SIGNATURE', 'SIGNED MESSAGE', 'PGP MESSAGE'])(
    'parts the message from a %s',
    (kind) => {
      const signature = `-----BEGIN ${kind}-----\nabc\n-----END ${kind}-----\n`;
      const tag = decodeTag(bytes(`${HEADERS.join('\n')}\n\nSaid\n\nReg-Version: v1.0.0\n${signature}`));
      expect(tag).toMatchObject({ message: 'Said\n\nReg-Version: v1.0.0\n', signature });
    },
  );

  it.each([
    ['nothing', bytes('')],
    ['a commit', bytes(`tree ${OID}\nauthor A <a> 1 +0000\n\nSaid\n`)],
    ['a blank first line', bytes(`\n\n${HEADERS.join('\n')}`)],
    ['no tagger, as very old tags', bytes(`${HEADERS.slice(0, 3).join('\n')}\n\nSaid\n`)],
    ['headers out of order', bytes(`${HEADERS.toReversed().join('\n')}\n\nSaid\n`)],
    ['a second object line', bytes(`${HEADERS.join('\n')}\nobject ${'b'.repeat(40)}\n\nSaid\n`)],
    ['a short id', withLine(0, 'object abc')],
    ['an id in capitals', withLine(0, `object ${'A'.repeat(40)}`)],
    ['an id of 41 digits', withLine(0, `object ${OID}a`)],
    ['an unknown type', withLine(1, 'type note')],
    ['no date', withLine(3, 'tagger Ann <a@b>')],
    ['no zone', withLine(3, 'tagger Ann <a@b> 5')],
    ['no address', withLine(3, 'tagger Ann 5 +0000')],
    ['a date below zero', withLine(3, 'tagger Ann <a@b> -5 +0000')],
    ['a date that is no number', withLine(3, 'tagger Ann <a@b> soon +0000')],
    ['a date that no calendar holds', withLine(3, 'tagger Ann <a@b> 9000000000000 +0000')],
    ['a date of many digits', withLine(3, `tagger Ann <a@b> ${'9'.repeat(400)} +0000`)],
  ])('refuses %s', (_what, object) => {
    expect(() => decodeTag(object)).toThrow(MalformedTag);
  });
});

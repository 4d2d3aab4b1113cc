import { describe, expect, test } from 'vitest';
import { parsePointer, pointerText } from '../../src/models/lfs/pointer.js';
import { refusal } from '../support/builders.js';

const OID = '4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393';
const VERSION = 'version https://git-lfs.github.com/spec/v1\n';
const parse = (text: string) => parsePointer(Buffer.from(text, 'latin1'), 'm.bin');

describe('a pointer (git-lfs docs/spec.md)', () => {
  test('the example of the specification', () => {
    const text = `${VERSION}oid sha256:${OID}\nsize 12345\n`;
    expect(parse(text)).toEqual({ oid: OID, size: 12345 });
    expect(pointerText({ oid: OID, size: 12345 })).toBe(text);
  });

  test('the one of before the first release', () => {
    const text = `version https://hawser.github.com/spec/v1\noid sha256:${OID}\nsize 12345\n`;
    expect(parse(text)).toEqual({ oid: OID, size: 12345 });
  });

  test('unknown keys are ignored', () => {
    const text = `${VERSION}made-by a.tool\noid sha256:${OID}\nsize 0\nz.9 last of all\n`;
    expect(parse(text)).toEqual({ oid: OID, size: 0 });
  });

  test('one of 1024 bytes is one, and one of more is a plain file', () => {
    const filled = (length: number): string => {
      const rest = `${VERSION}oid sha256:${OID}\nsize 1\nz \n`;
      return rest.replace('z \n', `z ${'x'.repeat(length - rest.length)}\n`);
    };
    expect(parse(filled(1024))).toEqual({ oid: OID, size: 1 });
    expect(parse(filled(1025))).toBeUndefined();
  });
});

test.each([
  ['an empty file', ''],
  ['text', 'version 2 of the model\n'],
  ['the line further down', `\n${VERSION}`],
  ['a byte order mark', `\xef\xbb\xbf${VERSION}oid sha256:${OID}\nsize 1\n`],
  ['another capitalisation', `Version https://git-lfs.github.com/spec/v1\n`],
  ['another address', `version https://example.com/spec/v1\noid sha256:${OID}\nsize 1\n`],
])('%s is a plain file', (_what, text) => {
  expect(parse(text)).toBeUndefined();
});

const oid = `oid sha256:${OID}\n`;
test.each([
  ['CRLF', `${VERSION}${oid}size 1\n`.replaceAll('\n', '\r\n')],
  ['no end of the last line', `${VERSION}${oid}size 1`],
  ['an empty line', `${VERSION}\n${oid}size 1\n`],
])('a pointer with %s is read, as git-lfs does', (_what, text) => {
  expect(parse(text)).toEqual({ oid: OID, size: 1 });
});

test.each([
  ['nothing but a version', VERSION, 'it has no oid'],
  ['no size', VERSION + oid, 'it has no size'],
  ['another version', `version https://git-lfs.github.com/spec/v2\n${oid}size 1\n`, 'spec/v2 is not known'],
  ['another hash', `${VERSION}oid md5:${OID}\nsize 1\n`, 'is not a sha256'],
  ['no hash', `${VERSION}oid ${OID}\nsize 1\n`, 'is not a sha256'],
  ['a short oid', `${VERSION}oid sha256:${OID.slice(1)}\nsize 1\n`, 'is not 64 hexadecimal digits'],
  ['an oid in capitals', `${VERSION}oid sha256:${OID.toUpperCase()}\nsize 1\n`, 'is not 64 hexadecimal'],
  ['an oid that is a path', `${VERSION}oid sha256:../../${OID.slice(6)}\nsize 1\n`, 'is not 64 hexadecimal'],
  ['a size in words', `${VERSION}${oid}size many\n`, "its size 'many' is not a number"],
  ['a negative size', `${VERSION}${oid}size -1\n`, "its size '-1' is not a number"],
  ['a size with a point', `${VERSION}${oid}size 1.5\n`, "its size '1.5' is not a number"],
  ['a size in hexadecimal', `${VERSION}${oid}size 0x10\n`, "its size '0x10' is not a number"],
  ['a huge size', `${VERSION}${oid}size 9007199254740993\n`, "its size '9007199254740993' is not a number"],
  ['a key twice', `${VERSION}${oid}${oid}size 1\n`, "it has 'oid' twice"],
  ['two versions', `${VERSION}${oid}size 1\n${VERSION}`, "it has 'version' twice"],
  ['keys out of order', `${VERSION}size 1\n${oid}`, "'oid' must come before 'size'"],
  ['two blanks', `${VERSION}oid  sha256:${OID}\nsize 1\n`, 'is not a key and a value'],
  ['a key in capitals', `${VERSION}OID sha256:${OID}\nsize 1\n`, 'is not a key and a value'],
  ['bytes that are no text', `${VERSION}${oid}size 1\nz \xff\n`, 'it is not UTF-8'],
  ['an extension', `${VERSION}ext-0-zip sha256:${OID}\n${oid}size 1\n`, "the extension 'ext-0-zip'"],
])('a pointer with %s is refused, and says so', (_what, text, why) => {
  const { code, message, hint } = refusal(() => parse(text));
  expect({ code, message }).toEqual({ code: 'SOURCE_UNSUPPORTED', message: expect.stringContaining(why) });
  expect(message).toMatch(/^m\.bin begins as a Git LFS pointer does, but /);
  expect(hint).toContain('git lfs pointer');
});

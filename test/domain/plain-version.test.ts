import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlainVersion, comparePlain, formatPlain, readPlainVersion } from '../../src/domain/plain-version.js';
import { compareVersions, parseVersion } from '../../src/domain/version.js';

/** What is read from a place on, where it goes to the end. */
function plain(text: string, from = 0): PlainVersion | undefined {
  const into = { major: -1, minor: -1, patch: -1 };
  const bytes = Buffer.from(text);
  return readPlainVersion(bytes, from, into) === bytes.length ? into : undefined;
}

describe('plain versions', () => {
  it.each(['v0.0.0', 'v1.20.300', 'v999999999999999.0.1'])('%s is one, and is written the same', (text) => {
    const read = plain(text);
    expect(read && formatPlain(read)).toBe(text);
    expect(plain(`churn@${text}`, 6)).toEqual(read);
    const into = { major: -1, minor: -1, patch: -1 };
    expect(readPlainVersion(Buffer.from(`${text}#7`), 0, into)).toBe(text.length);
    expect(into).toEqual(read);
  });

  it.each([
    '',
    'v',
    'v1',
    'v1.2',
    'v1.2.',
    'v1.2.3.4',
    '1.2.3',
    'v01.2.3',
    'v1.2.03',
    'v1.2.3-rc.1',
    'v1.2.3+b',
    'v1.2.3!',
    'v1..3',
    'v1.2.3 ',
    'v1.2.9999999999999999',
  ])('%j is none', (text) => {
    expect(plain(text)).toBeUndefined();
  });

  it('are versions, in the order of versions', () => {
    const part = fc.oneof(fc.nat(12), fc.nat());
    const one = fc.record({ major: part, minor: part, patch: part });
    fc.assert(
      fc.property(one, one, (a, b) => {
        expect(parseVersion(formatPlain(a))).toBe(formatPlain(a));
        expect(Math.sign(comparePlain(a, b))).toBe(
          Math.sign(compareVersions(formatPlain(a), formatPlain(b))),
        );
      }),
    );
  });
});

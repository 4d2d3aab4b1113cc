import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvalOf, encodeWho, formatApprovalName, parseApprovalName } from '../../src/domain/approval.js';
import type { AnnotatedTag } from '../../src/domain/event.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import { refFormatProblem } from '../../src/domain/refs.js';
import { standsFor } from '../../src/domain/signature.js';
import { looksLikeEvent, parseTagName } from '../../src/domain/tag-name.js';
import { version } from '../../src/domain/version.js';

const NAMES = ['churn', 'churn/eu', 'models:churn', 'a/b:churn/c'].map(artifactName);
const IDS = [version('v1.0.0'), version('v2.0.0-rc.1+build.7'), 'a'.repeat(40)];

test.each(NAMES.flatMap((artifact) => IDS.map((id) => [artifact, id] as const)))(
  'the approval of %s %s is a tag that is no event, and is read back',
  (artifact, id) => {
    const name = {
      artifact,
      version: id,
      stage: stageName('prod'),
      who: encodeWho('Ann.Lee+reg@example.com'),
    };
    const text = formatApprovalName(name);
    expect(parseApprovalName(text)).toEqual(name);
    expect(parseTagName(text)).toBeUndefined();
    expect(looksLikeEvent(text)).toBe(false);
    expect(refFormatProblem(`refs/tags/${text}`)).toBeUndefined();
  },
);

test('an address is a name that git takes, whatever it is, and no two are the same', () => {
  expect(encodeWho('Ann.Lee@example.com')).toBe('ann.lee%40example.com');
  const address = fc.oneof(fc.string(), fc.constantFrom('a..b@c', '.a@b.lock', 'x@y.', '', '@{', 'a@{b}'));
  fc.assert(
    fc.property(address, address, (one, other) => {
      const name = `refs/tags/reg/approve/churn/v1.0.0/prod/x${encodeWho(one)}`;
      expect(refFormatProblem(name)).toBeUndefined();
      const same = one.trim().toLowerCase() === other.trim().toLowerCase();
      const bytes = (text: string) => new TextEncoder().encode(text.trim().toLowerCase()).join();
      expect(encodeWho(one) === encodeWho(other)).toBe(same || bytes(one) === bytes(other));
    }),
  );
});

describe('what is no approval', () => {
  test.each([
    'reg/approve/churn/v1.0.0/prod',
    'reg/approve/churn/1.0.0/prod/ann',
    'reg/approve/v1.0.0/prod/ann',
    'reg/approve/churn/v1.0.0/-/ann',
    'reg/approve/churn/v1.0.0/prod/ann@example.com',
    'reg/approve/churn#prod/v1.0.0/prod/ann',
    'churn/v1.0.0/prod/ann',
  ])('by its name: %s', (name) => expect(parseApprovalName(name)).toBeUndefined());

  const tag: AnnotatedTag = {
    name: 'reg/approve/churn/v1.0.0/prod/ann%40example.com',
    oid: 'f'.repeat(40),
    commit: 'a'.repeat(40),
    tagger: { name: 'Ann', email: 'ann@example.com' },
    date: 1,
    message: 'Approve',
  };
  test.each<[string, Partial<AnnotatedTag>, string]>([
    [
      'made by somebody else',
      { tagger: { name: 'Eve', email: 'eve@example.com' } },
      'its tagger, eve@example.com',
    ],
    [
      'moved from another name',
      { ownName: 'reg/approve/churn/v0.9.0/prod/ann%40example.com' },
      'calls itself',
    ],
  ])('by its object: %s', (_title, other, problem) => {
    expect(approvalOf(tag)).toMatchObject({ artifact: 'churn', version: 'v1.0.0', stage: 'prod' });
    expect(approvalOf({ ...tag, ...other })).toEqual({ problem: expect.stringContaining(problem) });
  });
});

test.each([
  ['ann@example.com', true],
  ['ANN@EXAMPLE.COM', true],
  ['bo@example.com', false],
  ['bo@example.com,ann@example.com', true],
  ['*@example.com', true],
  ['*', true],
  ['a?n@*', true],
  ['ann@example', false],
  ['*,!ann@example.com', false],
  ['!bo@example.com', false],
  ['', false],
])('the principals %s stand for ann@example.com: %s', (principals, expected) =>
  expect(standsFor(principals, 'ann@example.com')).toBe(expected),
);

test('a hostile pattern costs no more than its length', () => {
  expect(standsFor(`${'*a'.repeat(5000)}b`, 'a'.repeat(300))).toBe(false);
});

import { describe, expect, it } from 'vitest';
import { BrokenListing } from '../../src/domain/listed-bytes.js';
import { outlineOf } from '../../src/domain/outline.js';
import { survey } from '../../src/domain/survey.js';
import { listingOf, tagListing } from '../../src/git/tag-listing.js';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
const TAG = 'a'.repeat(40);

/** A listing of tags by name; behind a name with a space the commit that it leads to, `-` for a lightweight tag. */
const listing = (...names: readonly string[]) =>
  listingOf(
    names.map((text) => {
      const [name = '', to = ONE] = text.split(' ');
      return { name, oid: TAG, peeledOid: to === '-' ? undefined : to };
    }),
  );

/** What names tell of each artifact, in the order in which artifacts end: undefined where only objects can settle it. */
function told(...names: readonly string[]): [string, unknown][] {
  const all: [string, unknown][] = [];
  const of = listing(...names);
  survey(of, (artifact, sketch) => {
    const { latest, stages } = outlineOf(of, sketch)?.summary ?? {};
    all.push([artifact, sketch.hasEvents && (stages ? [latest, Object.fromEntries(stages)] : undefined)]);
  });
  return all;
}

describe('what names tell', () => {
  it.each<[string, string[], [string, unknown][]]>([
    ['nothing', [], []],
    ['other tags', ['v1.0.0', 'release-2020', 'é#prod#1', '@scope/pkg@v1.2.3'], []],
    ['a registration', ['churn@v1.0.0'], [['churn', ['v1.0.0', {}]]]],
    ['an assignment of it', ['churn@v1.0.0', 'churn#prod#1'], [['churn', ['v1.0.0', { prod: 'v1.0.0' }]]]],
    ['one of a bare commit', [`churn#prod#1 ${TWO}`], [['churn', [undefined, { prod: TWO }]]]],
    [
      'the greatest version and the last counter',
      [
        `churn@v1.9.0 ${TWO}`,
        'churn@v1.10.0',
        'churn@v1.10.0-rc.1 -',
        `churn#prod#9 ${TWO}`,
        'churn#prod#10',
      ],
      [['churn', ['v1.10.0', { prod: 'v1.10.0' }]]],
    ],
    [
      'a pre-release where it is the greatest',
      ['churn@v1.0.0', `churn@v2.0.0-rc.1 ${TWO}`, 'churn#dev#3'],
      [['churn', ['v2.0.0-rc.1', { dev: 'v1.0.0' }]]],
    ],
    ['lightweight tags', ['churn@v1.0.0', 'churn@v2.0.0 -', 'churn#prod#1 -'], [['churn', ['v1.0.0', {}]]]],
    [
      'names that are none',
      ['churn@v1.0', 'churn@vv1.0.0', 'churn#prod#x', 'churn#prod#1#2', 'churn#prod@3', 'churn##4', 'churn@'],
      [['churn', false]],
    ],
    [
      'artifacts between the stages and the versions of another',
      [
        'churn#prod#1',
        'churn-eu#prod#1',
        'churn-eu@v2.0.0',
        'churn-eu-x@v3.0.0',
        'churn-notes',
        'churn@v1.0.0',
      ],
      [
        ['churn-eu-x', ['v3.0.0', {}]],
        ['churn-eu', ['v2.0.0', { prod: 'v2.0.0' }]],
        ['churn', ['v1.0.0', { prod: 'v1.0.0' }]],
      ],
    ],
    [
      'one in a folder',
      ['models=churn#prod#1', 'models=churn@v1.0.0'],
      [['models:churn', ['v1.0.0', { prod: 'v1.0.0' }]]],
    ],
  ])('%s', (_what, names, expected) => {
    expect(told(...names)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    ['a deregistration', ['churn@v1.0.0', 'churn@v1.0.0!']],
    ['a deprecation', ['churn@v1.0.0', 'churn@deprecated']],
    ['an uncounted assignment', ['churn@v1.0.0', 'churn#prod']],
    ['a registration with a counter', ['churn@v1.0.0', 'churn@v1.0.0#7']],
    ['a stage that was emptied last', ['churn#prod#1', 'churn#prod!#2']],
    ['two events of a stage with one counter', ['churn#prod#2', 'churn#prod!#02']],
    ['two versions at an assigned commit', ['churn@v1.0.0', 'churn@v2.0.0', 'churn#prod#1']],
  ])('not %s', (_what, names) => {
    expect(told(...names)).toEqual([['churn', undefined]]);
  });
});

describe('a listing that is broken is no answer', () => {
  const line = `${TAG} refs/tags/churn@v1.0.0\n^${ONE}\n`;
  it.each([
    ['breaks off', line.slice(0, -1)],
    ['breaks off behind a name', `${line}${TAG} refs/tags/churn@v2.0.0\n^${ONE.slice(1)}\n`],
    ['has no space where it should', `${line}${TAG}x refs/tags/churn@v2.0.0\n`],
    ['has too little in a line', `${line}${TAG} x\n`],
    ['is in no order', `${line}${line.replace('churn@', 'other@')}${line.replace('v1', 'v2')}`],
  ])('it %s', (_what, text) => {
    expect(() => survey(tagListing(Buffer.from(text)), () => undefined)).toThrow(BrokenListing);
  });
});

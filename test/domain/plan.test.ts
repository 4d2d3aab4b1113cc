import { describe, expect, it } from 'vitest';
import { artifactName, stageName } from '../../src/domain/names.js';
import { type Draft, messageOf, type Plan, planTags, type Snapshot } from '../../src/domain/plan.js';
import { MAX_COUNTER } from '../../src/domain/tag-name.js';
import { splitMessage } from '../../src/domain/trailers.js';
import { version } from '../../src/domain/version.js';
import { commit, event, refusal, snapshot } from '../support/builders.js';

const artifact = artifactName('churn');
const prod = stageName('prod');
const v1 = version('v1.0.0');

const draft = (event: Draft['event'], of: Draft['of'] = v1): Draft => ({
  event,
  commit: commit('A'),
  of,
  message: undefined,
});
const REGISTER = draft({ kind: 'registration', artifact, version: v1 });
const DEREGISTER = draft({ kind: 'deregistration', artifact, version: v1 });
const ASSIGN = draft({ kind: 'assignment', artifact, stage: prod });
const UNASSIGN = draft({ kind: 'unassignment', artifact, stage: prod });
const DEPRECATE = draft({ kind: 'deprecation', artifact }, undefined);

const names = (plan: Plan): string[] => plan.tags.map((tag) => tag.tagName);
const planned = (known: Snapshot, ...drafts: Draft[]) => {
  const [first, ...rest] = planTags(known, drafts).tags;
  if (first === undefined || rest.length > 0) throw new Error('one tag was to be planned');
  return first;
};

/** What is written, which tags there are, and the name that it gets. */
const NAMES: [string, Draft, string[], string][] = [
  ['a registration is uncounted', REGISTER, [], 'churn@v1.0.0'],
  ['a registration is uncounted after counted events', REGISTER, ['churn#prod#7 A 1'], 'churn@v1.0.0'],
  ['a registration is counted when its name is taken', REGISTER, ['churn@v1.0.0 A 1'], 'churn@v1.0.0#1'],
  ['a counted registration takes no name', REGISTER, ['churn@v1.0.0#4 A 1'], 'churn@v1.0.0'],
  ['a deregistration is uncounted', DEREGISTER, ['churn@v1.0.0 A 1'], 'churn@v1.0.0!'],
  [
    'a deregistration is counted when its name is taken',
    DEREGISTER,
    ['churn@v1.0.0! A 1', 'churn#prod#4 A 2'],
    'churn@v1.0.0!#5',
  ],
  ['a deprecation is uncounted', DEPRECATE, ['churn@v1.0.0 A 1'], 'churn@deprecated'],
  [
    'a deprecation is counted when its name is taken',
    DEPRECATE,
    ['churn@deprecated A 1'],
    'churn@deprecated#1',
  ],
  ['an assignment is always counted', ASSIGN, [], 'churn#prod#1'],
  ['an unassignment is always counted', UNASSIGN, [], 'churn#prod!#1'],
  ['counters are numbers', ASSIGN, ['churn#prod#9 A 1', 'churn#prod#10 A 2'], 'churn#prod#11'],
  ['gaps stay', ASSIGN, ['churn#prod#3 A 1', 'churn#prod#40 A 2'], 'churn#prod#41'],
  [
    'all counted tags are one sequence',
    ASSIGN,
    ['churn@v1.0.0!#6 A 1', 'churn@deprecated#8 A 2'],
    'churn#prod#9',
  ],
];

describe('planned tags (docs/specification.md, 1 Tags)', () => {
  it.each(NAMES)('%s', (_what, wanted, lines, tagName) => {
    expect(planned(snapshot(lines), wanted).tagName).toBe(tagName);
  });

  it('a tag that is no event takes its name and counter all the same', () => {
    const tagNames = new Set(['churn@v1.0.0', 'churn#prod#12']);
    expect(planned(snapshot([], { tagNames }), REGISTER).tagName).toBe('churn@v1.0.0#13');
  });

  it('the greatest counter is written, and none after it', () => {
    const next = (counter: number) => planned(snapshot([`churn#prod#${counter} A 1`]), ASSIGN).tagName;
    expect(next(999_999_999_999_999)).toBe('churn#prod#1000000000000000');
    expect(next(MAX_COUNTER - 1)).toBe(`churn#prod#${MAX_COUNTER}`);
    expect(refusal(() => next(MAX_COUNTER)).code).toBe('COUNTER_LIMIT');
  });

  it('two tags of one plan have two counters and two dates', () => {
    const plan = planTags(snapshot(['churn@v1.0.0 A 5']), [REGISTER, ASSIGN]);
    expect(names(plan)).toEqual(['churn@v1.0.0#1', 'churn#prod#2']);
    expect(plan.tags.map(({ date }) => date)).toEqual([1000, 1001]);
  });

  it('no draft is no tag', () => {
    expect(planTags(snapshot([]), [])).toEqual({ tags: [] });
  });
});

describe('dates (docs/specification.md, 2 Order of events)', () => {
  const dated = (date: number, now: number): number =>
    planned(snapshot([`churn@v1.0.0 A ${date}`], { now }), ASSIGN).date;

  it.each([
    ['now, after an older tag', 10, 1000, 1000],
    ['a second later than a tag of this second', 1000, 1000, 1001],
    ['a second later than a tag from the future', 1500, 1000, 1501],
    ['however far that is ahead', 1000 + 864_000, 1000, 1000 + 864_001],
  ])('%s', (_what, newest, now, date) => {
    expect(dated(newest, now)).toBe(date);
  });

  it('ten minutes ahead is noted, with the tag', () => {
    const note = (date: number) => planTags(snapshot([`churn@v1.0.0 A ${date}`]), [ASSIGN]).note;
    expect(note(1000 + 599)).toBeUndefined();
    expect(note(1000 + 600)).toBe(
      'the newest tag of churn, churn@v1.0.0, is dated 1970-01-01T00:26:40Z, ahead of this clock (1970-01-01T00:16:40Z); new tags are dated after it',
    );
  });

  it('after the last second that can be read there is none', () => {
    expect(dated(8.64e12 - 1, 1000)).toBe(8.64e12);
    const error = refusal(() => dated(8.64e12, 1000));
    expect(error.code).toBe('CLOCK_AHEAD');
    expect(error.message).toContain('churn@v1.0.0');
  });

  it('the newest date counts, not the last event', () => {
    const known = snapshot(['churn#prod#1 A 1200', 'churn#prod#2 A 30']);
    expect(planned(known, ASSIGN).date).toBe(1201);
  });
});

describe('parents and messages (docs/specification.md, 1 Tags)', () => {
  it('the first event has no parent, others the last one in order', () => {
    expect(planned(snapshot([]), REGISTER).parent).toBeUndefined();
    const known = snapshot(['churn#prod#2 B 30', 'churn#prod#1 A 90', 'churn@v1.0.0 A 80']);
    expect(planned(known, ASSIGN).parent).toBe(event('churn#prod#2 B 30').tagOid);
  });

  it('the second tag of a plan comes after the first', () => {
    expect(planTags(snapshot([]), [REGISTER, ASSIGN]).tags.map(({ parent }) => parent)).toEqual([
      undefined,
      'previous',
    ]);
  });

  it.each([
    [REGISTER, 'Register churn v1.0.0', {}],
    [DEREGISTER, 'Deregister churn v1.0.0', {}],
    [ASSIGN, 'Assign churn v1.0.0 to prod', { 'reg-version': 'v1.0.0' }],
    [UNASSIGN, 'Unassign churn v1.0.0 from prod', { 'reg-version': 'v1.0.0' }],
    [DEPRECATE, 'Deprecate churn', {}],
    [{ ...ASSIGN, of: commit('B') }, 'Assign churn commit bbbbbbbbbbbb to prod', {}],
    [{ ...ASSIGN, message: ' Go live \n' }, 'Go live', { 'reg-version': 'v1.0.0' }],
    [{ ...ASSIGN, message: ' \n' }, 'Assign churn v1.0.0 to prod', { 'reg-version': 'v1.0.0' }],
  ])('says what happens: %#', (wanted, text, trailers) => {
    const tag = planned(snapshot([]), wanted);
    const first = splitMessage(messageOf(tag, undefined));
    expect([first.text, Object.fromEntries(first.trailers)]).toEqual([text, trailers]);
    const later = splitMessage(messageOf(tag, 'd'.repeat(40)));
    expect([later.text, Object.fromEntries(later.trailers)]).toEqual([
      text,
      { ...trailers, 'reg-parent': 'd'.repeat(40) },
    ]);
  });
});

describe('trailers in what a person says', () => {
  it.each([
    [
      'of a bare commit name no version',
      { ...ASSIGN, of: commit('A'), message: 'Go\n\nReg-Version: v9.9.9' },
    ],
    ['of a first event name no parent', { ...ASSIGN, message: `Go\n\nReg-Parent: ${'e'.repeat(40)}` }],
  ])('%s', (_what, wanted) => {
    const { trailers } = splitMessage(messageOf(planned(snapshot([]), wanted), undefined));
    expect(trailers.get('reg-version')).toBe(wanted.of === v1 ? 'v1.0.0' : undefined);
    expect(trailers.get('reg-parent')).toBeUndefined();
  });
});

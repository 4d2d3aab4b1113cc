import { describe, expect, it } from 'vitest';
import { planDeprecate, planDeregister, planRenameStage, planUnassign } from '../../../src/domain/actions.js';
import { artifactStateOf } from '../../../src/domain/artifact.js';
import { eventOf } from '../../../src/domain/event.js';
import { artifactName, type StageName, stageName } from '../../../src/domain/names.js';
import { messageOf, type Plan, type PlannedTag } from '../../../src/domain/plan.js';
import { type EventName, parseTagName } from '../../../src/domain/tag-name.js';
import type { ErrorCode } from '../../../src/errors.js';
import { tag as annotated, commit, refusalCode, snapshot } from '../../support/builders.js';

const [dev, prod] = [stageName('dev'), stageName('prod')];
const LINES = [
  'churn@v1.0.0 A 10',
  'churn@v2.0.0 B 20',
  'churn#prod#1 A 30',
  'churn#prod#2 B 40',
  'churn#dev#3 C 50',
];
const GONE = [...LINES, 'churn@v2.0.0! B 60'];

const told = ({ tags }: Plan): string[] =>
  tags.map((tag) => `${tag.tagName} ${tag.commit[0]?.toUpperCase()}`);

describe('unassigning', () => {
  it('takes every version out, the current one last, or the one that is named', () => {
    expect(told(planUnassign(snapshot(LINES), prod, undefined, {}))).toEqual([
      'churn#prod!#4 A',
      'churn#prod!#5 B',
    ]);
    expect(told(planUnassign(snapshot(LINES), prod, 'v1.0.0', {}))).toEqual(['churn#prod!#4 A']);
    expect(told(planUnassign(snapshot(LINES), dev, commit('C'), {}))).toEqual(['churn#dev!#4 C']);
  });

  it('names the version in a trailer, a bare commit in none', () => {
    expect(planUnassign(snapshot(LINES), prod, 'v2.0.0', {}).tags[0]?.of).toBe('v2.0.0');
    expect(planUnassign(snapshot(LINES), dev, undefined, {}).tags[0]?.of).toBe(commit('C'));
  });

  it.each<[string, string[], string, string | undefined, ErrorCode]>([
    ['a version that is not there', LINES, 'dev', 'v1.0.0', 'NOTHING_IN_STAGE'],
    ['a deregistered version', GONE, 'prod', 'v2.0.0', 'NOTHING_IN_STAGE'],
    ['an unknown version', LINES, 'prod', 'v9.0.0', 'UNKNOWN_VERSION'],
    ['an empty stage', [...LINES, 'churn#dev!#4 C 60'], 'dev', undefined, 'NOTHING_IN_STAGE'],
    ['an unknown stage', LINES, 'qa', undefined, 'UNKNOWN_STAGE'],
    ['a stage with a slash', [...LINES, 'churn#eu/prod#4 A 60'], 'eu/prod', undefined, 'INVALID_STAGE'],
  ])('refuses %s', (_what, lines, stage, id, code) => {
    expect(refusalCode(() => planUnassign(snapshot(lines), stageName(stage), id, {}))).toBe(code);
  });

  it('with force takes out what is not there', () => {
    expect(told(planUnassign(snapshot(LINES), dev, 'v1.0.0', { force: true }))).toEqual(['churn#dev!#4 A']);
  });
});

describe('renaming a stage', () => {
  const [live, eu] = [stageName('live'), stageName('eu/prod')];
  const renamed = (lines: string[], to = live, from = prod) =>
    told(planRenameStage(snapshot(lines), from, to, undefined));

  it('assigns the current version, and empties the old stage', () => {
    expect(renamed(LINES)).toEqual(['churn#live#4 B', 'churn#prod!#5 A', 'churn#prod!#6 B']);
    expect(renamed(GONE)).toEqual(['churn#live#4 A', 'churn#prod!#5 A']);
    expect(renamed([...LINES, 'churn#live#4 B 60'])).toEqual(['churn#prod!#5 A', 'churn#prod!#6 B']);
    expect(renamed(LINES, prod, live)).toEqual([]);
  });

  it('leaves a deprecated artifact deprecated', () => {
    const deprecated = snapshot([...LINES, 'churn@deprecated C 60']);
    const plan = planRenameStage(deprecated, dev, live, undefined);
    expect(told(plan)).toEqual(['churn#live#4 C', 'churn#dev!#5 C', 'churn@deprecated#6 C']);
    expect(plan.tags.at(-1)?.text).toBe(deprecated.artifact.events.at(-1)?.message);
  });

  it.each<[string, string[], StageName, StageName, ErrorCode]>([
    ['a stage where another version is current', LINES, dev, prod, 'STAGE_TAKEN'],
    ['a name with a slash', LINES, eu, prod, 'INVALID_STAGE'],
    ['a stage with a slash', [...LINES, 'churn#eu/prod#4 A 60'], live, eu, 'INVALID_STAGE'],
    ['another letter case', LINES, stageName('Dev'), prod, 'NAME_CASE'],
  ])('refuses %s', (_what, lines, to, from, code) => {
    expect(refusalCode(() => renamed(lines, to, from))).toBe(code);
  });
});

describe('deregistering', () => {
  it('takes a registration back, at the commit that it named', () => {
    expect(told(planDeregister(snapshot(LINES), 'v1.0.0', {}))).toEqual(['churn@v1.0.0! A']);
    expect(told(planDeregister(snapshot([...GONE, 'churn@v2.0.0#4 D 70']), 'v2.0.0', {}))).toEqual([
      'churn@v2.0.0!#5 D',
    ]);
  });

  it.each<[string, string[], string, ErrorCode]>([
    ['an unknown version', LINES, 'v9.0.0', 'UNKNOWN_VERSION'],
    ['a bare commit', LINES, commit('C'), 'UNKNOWN_VERSION'],
    ['a version that only a trailer names', ['churn#dev#1 A 10 v9.0.0'], 'v9.0.0', 'UNKNOWN_VERSION'],
    ['a deregistered version', GONE, 'v2.0.0', 'DEREGISTERED'],
  ])('refuses %s', (_what, lines, id, code) => {
    expect(refusalCode(() => planDeregister(snapshot(lines), id, {}))).toBe(code);
  });

  it('with force says it again', () => {
    expect(told(planDeregister(snapshot(GONE), 'v2.0.0', { force: true }))).toEqual(['churn@v2.0.0!#4 B']);
  });
});

describe('deprecating', () => {
  it('is written at the commit of the last event', () => {
    expect(told(planDeprecate(snapshot(LINES), {}))).toEqual(['churn@deprecated C']);
  });

  it('once is enough, unless forced', () => {
    const deprecated = snapshot([...LINES, 'churn@deprecated C 60']);
    expect(planDeprecate(deprecated, {})).toMatchObject({
      tags: [],
      note: 'churn already is deprecated',
      standing: { kind: 'deprecation' },
    });
    expect(told(planDeprecate(deprecated, { force: true }))).toEqual(['churn@deprecated#4 C']);
  });

  it('names a successor, and is written again where that is news', () => {
    const [churn2, churn3] = ['churn2', 'churn3'].map(artifactName);
    const [tag] = planDeprecate(snapshot(LINES), { successor: churn2 }).tags;
    const message = messageOf(tag as PlannedTag, 'e'.repeat(40));
    expect(message).toBe(`Deprecate churn\n\nReg-Successor: churn2\nReg-Parent: ${'e'.repeat(40)}\n`);
    const written = { ...annotated('churn@deprecated C 60'), message };
    const event = eventOf(parseTagName('churn@deprecated') as EventName, written);
    const events = [...snapshot(LINES).artifact.events, event];
    const deprecated = snapshot(LINES, { artifact: artifactStateOf(artifactName('churn'), events) });
    expect(event.successor).toBe('churn2');
    expect(planDeprecate(deprecated, { successor: churn2 }).tags).toEqual([]);
    expect(planDeprecate(deprecated, {}).tags).toEqual([]);
    expect(planDeprecate(deprecated, { successor: churn3 }).tags).toHaveLength(1);
    expect(planDeprecate(deprecated, { message: 'Use the other one' }).tags).toMatchObject([
      { text: 'Use the other one', successor: churn2 },
    ]);
    expect(planDeprecate(deprecated, { message: deprecated.artifact.events.at(-1)?.message }).tags).toEqual(
      [],
    );
  });

  it('is written again after a revival, counted', () => {
    const revived = snapshot([...LINES, 'churn@deprecated C 60', 'churn#dev#4 A 70']);
    expect(told(planDeprecate(revived, {}))).toEqual(['churn@deprecated#5 A']);
  });

  it('refuses an artifact that has no event', () => {
    expect(refusalCode(() => planDeprecate(snapshot([]), {}))).toBe('UNKNOWN_ARTIFACT');
  });
});

import { describe, expect, it } from 'vitest';
import { planDeprecate, planDeregister, planUnassign } from '../../../src/domain/actions.js';
import { stageName } from '../../../src/domain/names.js';
import type { Plan } from '../../../src/domain/plan.js';
import type { ErrorCode } from '../../../src/errors.js';
import { commit, refusalCode, snapshot } from '../../support/builders.js';

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
  it('takes the current version out, or the one that is named', () => {
    expect(told(planUnassign(snapshot(LINES), prod, undefined, {}))).toEqual(['churn#prod!#4 B']);
    expect(told(planUnassign(snapshot(LINES), prod, 'v1.0.0', {}))).toEqual(['churn#prod!#4 A']);
    expect(told(planUnassign(snapshot(LINES), dev, commit('C'), {}))).toEqual(['churn#dev!#4 C']);
  });

  it('names the version in a trailer, a bare commit in none', () => {
    expect(planUnassign(snapshot(LINES), prod, undefined, {}).tags[0]?.of).toBe('v2.0.0');
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

  it('is written again after a revival, counted', () => {
    const revived = snapshot([...LINES, 'churn@deprecated C 60', 'churn#dev#4 A 70']);
    expect(told(planDeprecate(revived, {}))).toEqual(['churn@deprecated#5 A']);
  });

  it('refuses an artifact that has no event', () => {
    expect(refusalCode(() => planDeprecate(snapshot([]), {}))).toBe('UNKNOWN_ARTIFACT');
  });
});

import { describe, expect, it } from 'vitest';
import { planRollback } from '../../../src/domain/actions.js';
import { stageName } from '../../../src/domain/names.js';
import type { ErrorCode } from '../../../src/errors.js';
import { refusalCode, snapshot } from '../../support/builders.js';

const prod = stageName('prod');
const THREE = ['churn@v1.0.0 A 10', 'churn@v2.0.0 B 20', 'churn@v3.0.0 C 30'];
const TWO_IN_PROD = [...THREE, 'churn#prod#1 A 40', 'churn#prod#2 B 50'];

const back = (lines: readonly string[], force = false): string[] =>
  planRollback(snapshot(lines), prod, { force }).tags.map((tag) => `${tag.tagName} ${tag.of}`);

describe('rolling back', () => {
  it.each<[string, string[], string]>([
    ['assigns what was current before', TWO_IN_PROD, 'churn#prod#3 v1.0.0'],
    ['twice comes back', [...TWO_IN_PROD, 'churn#prod#3 A 60'], 'churn#prod#4 v2.0.0'],
    [
      'passes over what was deregistered since',
      [...TWO_IN_PROD, 'churn#prod#3 C 60', 'churn@v2.0.0! B 70'],
      'churn#prod#4 v1.0.0',
    ],
    ['takes what was unassigned since', [...TWO_IN_PROD, 'churn#prod!#3 A 60'], 'churn#prod#4 v1.0.0'],
    [
      'never takes what was in the stage without being current before',
      [...TWO_IN_PROD, 'churn#prod!#3 B 60', 'churn#prod#4 C 70'],
      'churn#prod#5 v1.0.0',
    ],
    [
      'a bare commit too',
      [...THREE, 'churn#prod#1 D 40', 'churn#prod#2 B 50'],
      `churn#prod#3 ${'d'.repeat(40)}`,
    ],
    [
      'a bare commit that was registered since, by its version',
      [...THREE, 'churn#prod#1 D 40', 'churn#prod#2 B 50', 'churn@v4.0.0 D 60'],
      'churn#prod#3 v4.0.0',
    ],
    [
      'what was current in the same second too',
      [...THREE, 'churn#prod#1 A 40', 'churn#prod#2 B 40'],
      'churn#prod#3 v1.0.0',
    ],
  ])('%s', (_what, lines, tag) => {
    expect(back(lines)).toEqual([tag]);
  });

  it.each<[string, string[], ErrorCode]>([
    ['a stage without a before', TWO_IN_PROD.slice(0, -1), 'UNKNOWN_VERSION'],
    ['when all before were deregistered', [...TWO_IN_PROD, 'churn@v1.0.0! A 60'], 'UNKNOWN_VERSION'],
    ['an empty stage', [...THREE, 'churn#prod#1 A 40', 'churn#prod!#2 A 50'], 'NOTHING_IN_STAGE'],
    ['an unknown stage', THREE, 'UNKNOWN_STAGE'],
  ])('refuses %s', (_what, lines, code) => {
    expect(refusalCode(() => back(lines))).toBe(code);
  });

  it('with force fills an empty stage', () => {
    expect(back([...THREE, 'churn#prod#1 A 40', 'churn#prod!#2 A 50'], true)).toEqual([
      'churn#prod#3 v1.0.0',
    ]);
  });

  it('refuses a stage that the configuration does not list any more', () => {
    const known = snapshot(TWO_IN_PROD, { stages: [stageName('dev')] });
    expect(refusalCode(() => planRollback(known, prod, {}))).toBe('UNKNOWN_STAGE');
  });
});

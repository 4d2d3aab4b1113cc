import { describe, expect, test } from 'vitest';
import { differences, type Facts } from '../../src/domain/differences.js';
import { betterWay, type MetricRule, rulesFor, wayOf } from '../../src/domain/metrics.js';

const lower = () => 'lower' as const;
const unknown = () => undefined;

describe('what differs', () => {
  test.each<[string, Facts, Facts, string[]]>([
    ['nothing', { bytes: { size: 1 } }, { bytes: { size: 1 } }, []],
    ['null is nothing said', { bytes: { size: null } }, {}, []],
    ['a value more', {}, { about: { type: 'model' } }, ['about type added null "model" null']],
    ['a value less', { labels: { team: 'a' } }, {}, ['labels team removed "a" null null']],
    ['a number', { bytes: { size: 3 } }, { bytes: { size: 5 } }, ['bytes size changed 3 5 2']],
    ['binary fractions', { params: { a: 0.1 } }, { params: { a: 0.3 } }, ['params a changed 0.1 0.3 0.2']],
    [
      'inside',
      { params: { a: { b: 1, c: 2 } } },
      { params: { a: { b: 1 } } },
      ['params a.c removed 2 null null'],
    ],
    [
      'a value becomes a mapping',
      { params: { a: 1 } },
      { params: { a: { b: 1 } } },
      ['params a removed 1 null null', 'params a.b added null 1 null'],
    ],
    [
      'lists are values',
      { params: { a: [1] } },
      { params: { a: [1, 2] } },
      ['params a changed [1] [1,2] null'],
    ],
    [
      'an input is one value',
      { interface: { inputs: { x: { dtype: 'a', shape: [1] } } } },
      {
        interface: { inputs: { x: { dtype: 'a', shape: [2] } } },
      },
      ['interface inputs.x changed {"dtype":"a","shape":[1]} {"dtype":"a","shape":[2]} null'],
    ],
    [
      'in the order of reading',
      { custom: { a: 1 }, source: { rev: 'v1' } },
      {},
      ['source rev removed "v1" null null', 'custom a removed 1 null null'],
    ],
  ])('%s', (_what, from, to, expected) => {
    const lines = differences(from, to, unknown).map((change) =>
      [
        change.section,
        change.name,
        change.kind,
        ...[change.from, change.to, change.delta].map((one) => JSON.stringify(one)),
      ].join(' '),
    );
    expect(lines).toEqual(expected);
  });

  test.each([
    [0.42, 0.38, lower, true],
    [0.38, 0.42, lower, false],
    [0.38, 0.42, () => 'higher' as const, true],
    [0.38, 0.42, unknown, null],
  ])('a metric from %d to %d', (from, to, way, better) => {
    expect(differences({ metrics: { m: from } }, { metrics: { m: to } }, way)).toMatchObject([{ better }]);
  });

  test('only metrics are better or worse', () => {
    expect(differences({ params: { m: 1 } }, { params: { m: 2 } }, lower)).toMatchObject([{ better: null }]);
  });
});

describe('rules about metrics', () => {
  test.each<[MetricRule, ReturnType<typeof betterWay>]>([
    [{}, undefined],
    [{ max: 1 }, 'lower'],
    [{ min: 1 }, 'higher'],
    [{ min: 0, max: 1 }, undefined],
    [{ min: 0, max: 1, better: 'higher' }, 'higher'],
    [{ max: 1, better: 'higher' }, 'higher'],
  ])('%j: better is %s', (rule, way) => {
    expect(betterWay(rule)).toBe(way);
  });

  test.each([
    ['churn', undefined, true],
    ['churn', ['churn'], true],
    ['churn', ['fraud'], false],
    ['churn', [], false],
    ['models:churn', ['models:*'], true],
    ['models:churn', ['*churn'], true],
    ['models:churn', ['m*s:*rn'], true],
    ['models:churn', ['*x*'], false],
    ['aba', ['ab*ba'], false],
    ['churn', ['*'], true],
    ['a+b', ['a.b'], false],
  ])('%s is meant by %j: %s', (artifact, artifacts, isMeant) => {
    expect(rulesFor(artifact, { rmse: { artifacts, max: 1 } })).toHaveLength(isMeant ? 1 : 0);
  });

  test('a rule may name its metric, and rules that contradict say nothing', () => {
    const rules = { small: { metric: 'rmse', max: 1, artifacts: ['a'] }, rmse: { min: 1 } };
    expect(wayOf('rmse', 'a', rules)).toBeUndefined();
    expect(wayOf('rmse', 'b', rules)).toBe('higher');
  });
});

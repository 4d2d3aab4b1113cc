import { describe, expect, test } from 'vitest';
import { beyondLimits, isWorse, leastGood, type MetricRule } from '../../src/domain/metrics.js';

describe('limits', () => {
  test.each<[number, MetricRule, string | undefined]>([
    [0.5, { max: 0.5 }, undefined],
    [0.51, { max: 0.5 }, 'is 0.51, and at most 0.5 is allowed'],
    [0.5, { min: 0.5 }, undefined],
    [0.49, { min: 0.5 }, 'is 0.49, and at least 0.5 is asked for'],
    [-1, { min: 0, max: 1 }, 'is -1, and at least 0 is asked for'],
    [7, { better: 'lower' }, undefined],
  ])('%d with %j', (value, rule, problem) => {
    expect(beyondLimits(value, rule)).toBe(problem);
  });
});

describe('no step back', () => {
  test.each<[reference: number, MetricRule, limit: number | undefined]>([
    [0.4, { max: 1 }, 0.4],
    [0.4, { min: 0 }, 0.4],
    [0.35, { max: 1, tolerance: '2%' }, 0.357],
    [0.35, { min: 0, tolerance: '2%' }, 0.343],
    [0.1, { max: 1, tolerance: 0.2 }, 0.3],
    [-10, { max: 1, tolerance: '10%' }, -9],
    [-10, { min: -20, tolerance: '10%' }, -11],
    [0, { max: 1, tolerance: '50%' }, 0],
    [5, { min: 0, max: 9 }, undefined],
    [5, { min: 0, max: 9, better: 'higher' }, 5],
  ])('after %d with %j the limit is %d', (reference, rule, limit) => {
    const found = leastGood(reference, rule);
    expect(found).toBe(limit);
    if (found === undefined) return;
    expect(isWorse(found, found, rule)).toBe(false);
    expect([isWorse(found + 0.01, found, rule), isWorse(found - 0.01, found, rule)].sort()).toEqual([
      false,
      true,
    ]);
  });

  test('what binary fractions add is no step back', () => {
    expect(isWorse(0.1 + 0.2, 0.3, { max: 1 })).toBe(false);
  });
});

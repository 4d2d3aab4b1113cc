import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../src/domain/suggest.js';

const STAGES = ['dev', 'staging', 'production'];

describe('suggestions', () => {
  it.each([
    ['stagin', 'staging'],
    ['Staging', 'staging'],
    ['prodution', 'production'],
    ['dve', 'dev'],
    ['staging', 'staging'],
    ['warehouse', undefined],
    ['x', undefined],
  ])('%s: %s', (typed, known) => {
    expect(nearest(typed, STAGES)).toBe(known);
  });

  it('letter case counts for nothing', () => {
    expect(nearest('PROD', ['dev', 'prod'])).toBe('prod');
  });

  it('of nothing there is none', () => {
    expect(nearest('prod', [])).toBeUndefined();
  });

  it.each<[string, string[], string]>([
    ['stagin', STAGES, "did you mean 'staging'?"],
    ['warehouse', STAGES, 'there are dev, staging, production'],
    ['warehouse', ['dev'], 'there is dev'],
    ['warehouse', [], 'add it'],
    ['warehouse', ['1', '2', '3', '4', '5', '6', '7', '8', '9'], 'there are 1, 2, 3, 4, 5, 6, 7, 8 and more'],
  ])('%s of %j: %s', (typed, known, hint) => {
    expect(didYouMean(typed, known, 'add it')).toBe(hint);
  });
});

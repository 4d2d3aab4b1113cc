import { describe, expect, it } from 'vitest';
import { stageName } from '../../src/domain/names.js';
import { intervalsIn } from '../../src/domain/timeline.js';
import { churn, commit } from '../support/builders.js';

const REGISTERED = ['churn@v1.0.0 A 1', 'churn@v2.0.0 B 2', 'churn@v3.0.0 C 3'];

/** The stays in prod: version, from, until. */
const stays = (lines: readonly string[]): string[] =>
  intervalsIn(churn(lines), stageName('prod')).map(
    ({ version, from, until }) =>
      `${version === commit('A') ? 'A' : version} ${from.time}-${until ? until.time : ''}`,
  );

const STAYS: [string, string[], string[]][] = [
  ['nothing was ever there', REGISTERED, []],
  ['the last stay is open', [...REGISTERED, 'churn#prod#1 A 10'], ['v1.0.0 10-']],
  [
    'a stay ends where the next begins',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 B 20'],
    ['v1.0.0 10-20', 'v2.0.0 20-'],
  ],
  [
    'a version stays twice',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 B 20', 'churn#prod#3 A 30'],
    ['v1.0.0 10-20', 'v2.0.0 20-30', 'v1.0.0 30-'],
  ],
  [
    'assigning what is current is no new stay',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 A 20'],
    ['v1.0.0 10-'],
  ],
  [
    'an unassignment brings back the one before',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 B 20', 'churn#prod!#3 B 30'],
    ['v1.0.0 10-20', 'v2.0.0 20-30', 'v1.0.0 30-'],
  ],
  [
    'an unassignment may leave nothing',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod!#2 A 30'],
    ['v1.0.0 10-30'],
  ],
  [
    'an unassignment of another version ends no stay',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 B 20', 'churn#prod!#3 A 30', 'churn#prod!#4 B 40'],
    ['v1.0.0 10-20', 'v2.0.0 20-40'],
  ],
  [
    'a deregistration ends a stay, a registration resumes it',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn@v1.0.0! A 20', 'churn@v1.0.0#2 D 30'],
    ['v1.0.0 10-20', 'v1.0.0 30-'],
  ],
  [
    'an assignment of a deregistered version waits for its registration',
    [...REGISTERED, 'churn@v2.0.0! B 5', 'churn#prod#1 A 10', 'churn#prod#2 B 20', 'churn@v2.0.0#3 B 30'],
    ['v1.0.0 10-30', 'v2.0.0 30-'],
  ],
  [
    'a bare commit becomes the version that is registered there',
    ['churn#prod#1 A 10', 'churn@v1.0.0 A 20'],
    ['A 10-20', 'v1.0.0 20-'],
  ],
  [
    'a second version at the commit takes nothing over',
    ['churn@v1.0.0 A 5', 'churn#prod#1 A 10', 'churn@v2.0.0 A 20'],
    ['v1.0.0 10-'],
  ],
  [
    'a trailer’s version is not there before it is registered',
    ['churn#prod#1 A 10  v1.0.0', 'churn@v1.0.0 A 20'],
    ['v1.0.0 20-'],
  ],
  [
    'what no second lasts is left out',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#prod#2 B 10', 'churn#prod#3 C 10'],
    ['v3.0.0 10-'],
  ],
  [
    'other stages do not matter',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn#dev#2 B 20', 'churn#dev!#3 B 30'],
    ['v1.0.0 10-'],
  ],
  [
    'a deprecation ends no stay',
    [...REGISTERED, 'churn#prod#1 A 10', 'churn@deprecated A 20', 'churn#prod#2 B 30'],
    ['v1.0.0 10-30', 'v2.0.0 30-'],
  ],
];

describe('stays', () => {
  it.each(STAYS)('%s', (_what, lines, expected) => {
    expect(stays(lines)).toEqual(expected);
  });
});

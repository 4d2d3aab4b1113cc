import { describe, expect, it } from 'vitest';
import {
  currentIn,
  latestVersion,
  stagesUsed,
  stateOf,
  versionsByStage,
  versionsGreatestFirst,
  versionsInStage,
  versionsNewestFirst,
} from '../../src/domain/artifact.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import type { View } from '../../src/domain/state.js';
import { churn, commit, events } from '../support/builders.js';

const prod = stageName('prod');
const LINES = [
  'churn@v1.0.0 A 10',
  'churn@v1.10.0 B 20',
  'churn@v1.9.0 C 30',
  'churn@v3.0.0 D 31',
  'churn@v3.0.0! D 32',
  'churn#prod#1 A 40',
  'churn#prod#2 C 50',
  'churn#dev#3 E 60',
  'churn#dev#4 F 70',
  'churn#old#5 A 80',
  'churn#old!#6 A 90',
];

describe('queries', () => {
  it('the current version comes with the assignment that put it there', () => {
    const current = currentIn(churn(LINES), prod);
    expect(current?.version.id).toBe('v1.9.0');
    expect(current?.assignment.tag).toBe('churn#prod#2');
    expect(versionsInStage(churn(LINES), prod).map(({ assignment }) => assignment.tag)).toEqual([
      'churn#prod#2',
      'churn#prod#1',
    ]);
  });

  it('nothing is in a stage that no event names', () => {
    expect(currentIn(churn(LINES), stageName('qa'))).toBeUndefined();
    expect(versionsInStage(churn(LINES), stageName('qa'))).toEqual([]);
  });

  it('stages in use are listed by name, empty ones too', () => {
    expect(stagesUsed(churn(LINES))).toEqual(['dev', 'old', 'prod']);
  });

  it.each<[string, View, Record<string, string[]>]>([
    ['the current version of each', {}, { dev: [commit('F')], prod: ['v1.9.0'] }],
    [
      'all versions of each',
      { versionsPerStage: -1 },
      { dev: [commit('F'), commit('E')], prod: ['v1.9.0', 'v1.0.0'] },
    ],
    ['registered versions alone', { registeredOnly: true }, { prod: ['v1.9.0'] }],
    [
      'the stage that each version was put into last',
      { versionsPerStage: -1, assignmentsPerVersion: 1 },
      { dev: [commit('F'), commit('E')], prod: ['v1.9.0', 'v1.0.0'] },
    ],
  ])('stages can show %s', (_what, view, expected) => {
    const held = [...versionsByStage(churn(LINES), view)];
    expect(held.map(([stage]) => stage)).toEqual(Object.keys(expected));
    expect(
      Object.fromEntries(held.map(([stage, all]) => [stage, all.map(({ version }) => version.id)])),
    ).toEqual(expected);
  });

  it('a version in two stages shows in the one that it was put into last, when that is asked for', () => {
    const twice = churn(['churn@v1.0.0 A 1', 'churn#dev#1 A 10', 'churn#prod#2 A 20']);
    expect([...versionsByStage(twice, { assignmentsPerVersion: 1 }).keys()]).toEqual(['prod']);
    expect([...versionsByStage(twice, { assignmentsPerVersion: 2 }).keys()]).toEqual(['dev', 'prod']);
  });

  it('versions are listed greatest first, bare commits after them, the newest of those first', () => {
    expect(versionsGreatestFirst(churn(LINES)).map(({ id }) => id)).toEqual([
      'v3.0.0',
      'v1.10.0',
      'v1.9.0',
      'v1.0.0',
      commit('F'),
      commit('E'),
    ]);
    expect(latestVersion(churn(LINES))?.id).toBe('v1.10.0');
  });

  it('versions can be listed by when they were registered, the last one first', () => {
    const registered = churn(['churn@v2.0.0 A 10', 'churn@v1.0.0 B 20', 'churn@v3.0.0 C 15']);
    expect(versionsNewestFirst(registered).map(({ id }) => id)).toEqual(['v1.0.0', 'v3.0.0', 'v2.0.0']);
  });

  it('the latest version is never a bare commit', () => {
    expect(latestVersion(churn(['churn#dev#1 A 10']))).toBeUndefined();
  });

  it('a version keeps the event that registered it last', () => {
    const again = churn(['churn@v1.0.0 A 10', 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 B 30']);
    expect(again.versions.get('v1.0.0')?.event.tag).toBe('churn@v1.0.0#1');
  });

  it('a registry has the artifacts that have an event', () => {
    const state = stateOf(events([...LINES, 'fraud@v1.0.0 A 500']), 100);
    expect([...state.keys()]).toEqual(['churn']);
    expect(stateOf([])).toEqual(new Map());
    expect(state.get(artifactName('churn'))).toEqual(churn(LINES));
  });
});

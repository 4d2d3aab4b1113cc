import { describe, expect, it } from 'vitest';
import { type AssignRequest, planAssign } from '../../../src/domain/actions.js';
import { currentIn } from '../../../src/domain/artifact.js';
import { stageName } from '../../../src/domain/names.js';
import type { Plan, Snapshot } from '../../../src/domain/plan.js';
import { type ErrorCode, RegError } from '../../../src/errors.js';
import { churn, commit, refusalCode, snapshot } from '../../support/builders.js';

const prod = stageName('prod');
const TWO = ['churn@v1.0.0 A 10', 'churn@v2.0.0 B 20'];
const IN_PROD = [...TWO, 'churn#prod#1 A 30', 'churn#prod#2 B 40'];

const plan = (
  lines: readonly string[],
  request: Omit<AssignRequest, 'stage'>,
  other: Partial<Snapshot> = {},
): Plan => planAssign(snapshot(lines, other), { stage: prod, ...request });
const told = ({ tags }: Plan): string[] =>
  tags.map(
    (tag) =>
      `${tag.tagName} ${tag.of?.startsWith('v') ? tag.of : tag.of?.[0]?.toUpperCase()} ${tag.commit[0]?.toUpperCase()}`,
  );

describe('assigning (docs/specification.md, 3 State)', () => {
  it.each<[string, string[], Omit<AssignRequest, 'stage'>, string[]]>([
    ['a version', TWO, { target: { version: 'v1.0.0' } }, ['churn#prod#1 v1.0.0 A']],
    [
      'an older version than the current one',
      IN_PROD,
      { target: { version: 'v1.0.0' } },
      ['churn#prod#3 v1.0.0 A'],
    ],
    ['the version at a commit', TWO, { target: { commit: commit('B') } }, ['churn#prod#1 v2.0.0 B']],
    [
      'of two versions at a commit the last registered',
      ['churn@v3.0.0 A 10', 'churn@v1.0.0 A 20'],
      { target: { commit: commit('A') } },
      ['churn#prod#1 v1.0.0 A'],
    ],
    [
      'of two versions at a commit the active one',
      [...TWO, 'churn@v3.0.0 B 25', 'churn@v3.0.0! B 26'],
      { target: { commit: commit('B') } },
      ['churn#prod#1 v2.0.0 B'],
    ],
    [
      'a version registered again, at its new commit',
      [...TWO, 'churn@v1.0.0! A 25', 'churn@v1.0.0#1 C 26'],
      { target: { version: 'v1.0.0' } },
      ['churn#prod#2 v1.0.0 C'],
    ],
    [
      'a commit without a version, registered first',
      TWO,
      { target: { commit: commit('C') } },
      ['churn@v2.0.1 v2.0.1 C', 'churn#prod#1 v2.0.1 C'],
    ],
    [
      'the first version of all, registered first',
      [],
      { target: { commit: commit('C') } },
      ['churn@v0.0.1 v0.0.1 C', 'churn#prod#1 v0.0.1 C'],
    ],
    ['a commit as it is', TWO, { target: { commit: commit('C') }, noRegister: true }, ['churn#prod#1 C C']],
    [
      'a registered commit is its version, also without registering',
      TWO,
      { target: { commit: commit('B') }, noRegister: true },
      ['churn#prod#1 v2.0.0 B'],
    ],
    [
      'a commit that was assigned before, by the beginning of its id',
      [...IN_PROD, 'churn#dev#3 C 50'],
      { target: { version: 'ccccccc' } },
      ['churn#prod#4 C C'],
    ],
  ])('%s', (_what, lines, request, tags) => {
    expect(told(plan(lines, request))).toEqual(tags);
  });

  it('what already is current is done without a tag, and says so', () => {
    for (const target of [{ version: 'v2.0.0' }, { commit: commit('B') }]) {
      const nothing = plan(IN_PROD, { target });
      expect(nothing.tags).toEqual([]);
      expect(nothing.note).toBe('churn v2.0.0 already is current in prod');
    }
  });

  it('a version that is in the stage but not current is assigned again', () => {
    expect(plan(IN_PROD, { target: { version: 'v1.0.0' } }).note).toBeUndefined();
  });

  it('one message is that of both tags', () => {
    const { tags } = plan([], { target: { commit: commit('C') }, message: 'Go live' });
    expect(tags.map(({ text }) => text)).toEqual(['Go live', 'Go live']);
  });

  it.each<[string, string[], AssignRequest['target'], Partial<Snapshot>, ErrorCode]>([
    ['a version that is not known', TWO, { version: 'v3.0.0' }, {}, 'UNKNOWN_VERSION'],
    ['a commit that is not known as a version', TWO, { version: commit('C') }, {}, 'UNKNOWN_VERSION'],
    ['a deregistered version', [...TWO, 'churn@v2.0.0! B 30'], { version: 'v2.0.0' }, {}, 'DEREGISTERED'],
    [
      'a commit whose version was deregistered',
      [...TWO, 'churn@v2.0.0! B 30'],
      { commit: commit('B') },
      {},
      'DEREGISTERED',
    ],
    [
      'a version that only a trailer names',
      ['churn#dev#1 A 10 v9.0.0'],
      { version: 'v9.0.0' },
      {},
      'DEREGISTERED',
    ],
    [
      'a stage that is not listed',
      TWO,
      { version: 'v2.0.0' },
      { stages: [stageName('dev')] },
      'UNKNOWN_STAGE',
    ],
    [
      'a new name that differs by case alone',
      [],
      { commit: commit('A') },
      { otherArtifacts: [caseTwin()] },
      'NAME_CASE',
    ],
    [
      'a stage that differs by case alone',
      [...TWO, 'churn#Prod#1 A 30'],
      { version: 'v2.0.0' },
      {},
      'NAME_CASE',
    ],
  ])('refuses %s', (_what, lines, target, other, code) => {
    expect(refusalCode(() => plan(lines, { target }, other))).toBe(code);
  });

  it.each<[string, string[], Partial<Snapshot>]>([
    ['both are there', [...TWO, 'churn#Prod#1 A 30', 'churn#prod#2 A 40'], {}],
    [
      'the configuration lists both',
      [...TWO, 'churn#Prod#1 A 30'],
      { stages: ['Prod', 'prod'].map(stageName) },
    ],
  ])('takes a stage that differs by case alone where %s', (_what, lines, other) => {
    expect(plan(lines, { target: { version: 'v2.0.0' } }, other).tags).toHaveLength(1);
  });

  it('a commit that its version has left is never put into a stage as that version', () => {
    const moved = ['churn@v1.0.0 A 10', 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 B 30'];
    const wanted: Omit<AssignRequest, 'stage'> = { target: { commit: commit('A') }, noRegister: true };
    let tags: string[] = [];
    try {
      tags = plan(moved, wanted).tags.map((tag) => `${tag.tagName} A ${tag.date}`);
    } catch (error) {
      expect(error).toBeInstanceOf(RegError);
    }
    const current = currentIn(churn([...moved, ...tags]), prod);
    expect([undefined, commit('A')]).toContain(current?.version.commit);
  });

  it('refuses a stage with a slash', () => {
    const request = { stage: stageName('eu/prod'), target: { version: 'v1.0.0' } };
    expect(refusalCode(() => planAssign(snapshot(TWO), request))).toBe('INVALID_STAGE');
  });
});

function caseTwin(): Snapshot['otherArtifacts'][number] {
  return 'CHURN' as Snapshot['otherArtifacts'][number];
}

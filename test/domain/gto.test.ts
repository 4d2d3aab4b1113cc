import { describe, expect, test } from 'vitest';
import { planAssign, planRegister } from '../../src/domain/actions.js';
import { besideGto, gtoNameTrouble, gtoTroubles } from '../../src/domain/gto.js';
import { stageName } from '../../src/domain/names.js';
import type { Plan } from '../../src/domain/plan.js';
import { version } from '../../src/domain/version.js';
import { churn, commit, refusal, snapshot } from '../support/builders.js';

const V1 = 'churn@v1.0.0 A 10';
const prod = stageName('prod');

describe('what gto makes of tags', () => {
  test.each<[string, string[], string[]]>([
    ['nothing odd', [V1, 'churn#prod#1 A 20', 'churn@v1.0.0! A 30'], []],
    [
      'a version registered again',
      [V1, 'churn@v1.0.0! A 20', 'churn@v1.0.0#1 A 30'],
      ['churn@v1.0.0#1: it registers v1.0.0 again after churn@v1.0.0: gto show ends with an error for churn'],
    ],
    [
      'two versions at one commit, one of them gone, and an assignment there',
      [V1, 'churn@v1.1.0 A 20', 'churn@v1.1.0! A 30', 'churn#prod#1 A 40 v1.0.0'],
      [
        'churn@v1.1.0: v1.0.0 and v1.1.0 are both at aaaaaaaaaaaa: gto ends with an error for every artifact once one of them is assigned',
        'churn#prod#1: it is at aaaaaaaaaaaa, where v1.0.0 and v1.1.0 are: gto ends with an error for every artifact',
      ],
    ],
    [
      'a date before that of a smaller counter, and #10 beside #9 in one second',
      [V1, 'churn#prod#9 A 40', 'churn#prod#10 A 40', 'churn#prod#11 A 30'],
      [
        'churn#prod#10: gto takes it to come before churn#prod#9, which is dated 1970-01-01T00:00:40Z',
        'churn#prod#11: gto takes it to come before churn#prod#10, which is dated 1970-01-01T00:00:40Z',
      ],
    ],
  ])('%s', (_title, lines, expected) => {
    const troubles = gtoTroubles(churn(lines).events);
    expect(troubles.map(({ tag, message }) => `${tag}: ${message}`)).toEqual(expected);
  });

  test.each<[string, boolean]>([
    ['churn#prod#7', false],
    ['churn#prod#007', true],
    ['churn@v1.0.0#9007199254740991', true],
    ['churn#prod#x', false],
    ['v1.0.0', false],
  ])('the name %s is read otherwise: %s', (name, expected) => {
    expect(gtoNameTrouble(name) !== undefined).toBe(expected);
  });
});

describe('a write beside gto', () => {
  const written = (lines: string[], plan: (known: ReturnType<typeof snapshot>) => Plan, force = false) => {
    const known = snapshot(lines);
    return besideGto(known, plan(known), force);
  };
  const again = (known: ReturnType<typeof snapshot>) =>
    planRegister(known, { commit: commit('B'), version: version('v1.0.0') });
  const second = (known: ReturnType<typeof snapshot>) =>
    planRegister(known, { commit: commit('A'), version: version('v1.1.0'), force: true });

  test('is refused where gto would end with an error, and forced with a note', () => {
    for (const [lines, plan] of [
      [[V1, 'churn@v1.0.0! A 20'], again],
      [[V1], second],
      [[V1, 'churn@v1.0.0! A 20'], second],
    ] as const) {
      expect(refusal(() => written([...lines], plan)).code).toBe('GTO_UNREADABLE');
      expect(written([...lines], plan, true).note).toContain('gto');
    }
  });

  test('says that an assignment ends gto, and that quick writes are dated ahead', () => {
    const assign = (known: ReturnType<typeof snapshot>) =>
      planAssign(known, { stage: prod, target: { version: 'v1.0.0' } });
    expect(written([V1, 'churn@v1.1.0 A 20'], assign).note).toContain('ends with an error');
    expect(written(['churn@v1.0.0 A 1000'], assign).note).toBe(
      'churn#prod#1 is dated 1970-01-01T00:16:41Z, after this clock: tags of an artifact are a second apart; gto sorts by date, so let it write after that',
    );
    expect(written([V1], assign).note).toBeUndefined();
  });
});

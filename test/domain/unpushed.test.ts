import { describe, expect, it } from 'vitest';
import { artifactStateOf, type ResolvedEvent } from '../../src/domain/artifact.js';
import { artifactName } from '../../src/domain/names.js';
import { isOvertaken, unpushedOf } from '../../src/domain/unpushed.js';
import { churn, events } from '../support/builders.js';

const V1 = 'churn@v1.0.0 A 10';
const V2 = 'churn@v2.0.0 B 20';
const DEV1 = 'churn#dev#1 A 30 v1.0.0';
const PROD2 = 'churn#prod#2 B 40 v2.0.0';

describe('what a remote lacks', () => {
  it.each<[string, string[], string[], { following?: string[]; registrations?: string[]; older?: string[] }]>(
    [
      ['nothing', [V1, DEV1], ['churn@v1.0.0', 'churn#dev#1'], {}],
      ['all, where it has nothing', [V1, DEV1], [], { following: ['churn@v1.0.0', 'churn#dev#1'] }],
      ['what comes last', [V1, V2, DEV1], ['churn@v1.0.0'], { following: ['churn@v2.0.0', 'churn#dev#1'] }],
      [
        'the registration that a later event needs',
        [V1, V2, DEV1],
        ['churn@v2.0.0'],
        { following: ['churn@v1.0.0', 'churn#dev#1'] },
      ],
      [
        'an older registration',
        [V1, DEV1, V2],
        ['churn@v2.0.0', 'churn#dev#1'],
        { registrations: ['churn@v1.0.0'] },
      ],
      [
        'an older registration of what was deregistered since',
        [V1, 'churn@v1.0.0! A 15', V2],
        ['churn@v2.0.0'],
        { older: ['churn@v1.0.0', 'churn@v1.0.0!'] },
      ],
      [
        'an older assignment',
        [V1, V2, DEV1, PROD2],
        ['churn@v1.0.0', 'churn@v2.0.0', 'churn#prod#2'],
        { older: ['churn#dev#1'] },
      ],
      [
        'an assignment whose counter another tag has there',
        [V1, 'churn#qa#1 A 25 v1.0.0', DEV1],
        ['churn@v1.0.0', 'churn#qa#1'],
        { older: ['churn#dev#1'] },
      ],
    ],
  )('%s', (_what, lines, there, expected) => {
    const found = unpushedOf(churn(lines), new Set(there));
    const names = Object.entries<readonly ResolvedEvent[]>({ ...found }).map(([key, list]) => [
      key,
      list.map(({ tag }) => tag),
    ]);
    expect(Object.fromEntries(names)).toEqual({ following: [], registrations: [], older: [], ...expected });
  });

  it('the event that a later one follows', () => {
    const [first, second, third] = events([V1, 'churn@v3.0.0 C 15', V2]);
    if (!first || !second || !third) throw new Error('three events');
    const artifact = artifactStateOf(artifactName('churn'), [
      first,
      second,
      { ...third, parent: first.tagOid },
    ]);
    const { following } = unpushedOf(artifact, new Set([second.tag]));
    expect(following.map(({ tag }) => tag)).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
  });
});

it.each([
  [DEV1, 'churn#dev!#2 A 50 v1.0.0', true],
  [DEV1, PROD2, false],
  [V1, 'churn@v1.0.0! A 50', true],
  [V1, V2, false],
  ['churn@deprecated A 5', V1, true],
])('%s is overtaken by %s: %s', (line, later, expected) => {
  const [event, ...rest] = churn([line, later]).events;
  expect(event && isOvertaken(event, rest)).toBe(expected);
});

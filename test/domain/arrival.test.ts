import { describe, expect, test } from 'vitest';
import { refuseArrivals } from '../../src/domain/arrival.js';
import type { Event } from '../../src/domain/event.js';
import { artifactName } from '../../src/domain/names.js';
import { events, tag } from '../support/builders.js';

const THERE = ['churn@v1.0.0 A 10', 'churn#dev#1 A 20', 'churn@v1.1.0 B 30', 'churn@v1.0.0! A 31'];

const refused = (
  lines: readonly string[],
  change: (event: Event) => Event = (event) => event,
  noEvents: readonly string[] = [],
): string[] => {
  const there = events(THERE);
  const tagNames = new Set([...there.map(({ tag: name }) => name), ...noEvents]);
  return refuseArrivals(
    artifactName('churn'),
    { events: there, tagNames, otherArtifacts: [], stages: undefined },
    events(lines).map(change),
    1000,
  ).map(({ tag: name, message }) => `${name}: ${message}`);
};

describe('what comes after all that is there', () => {
  test.each<[string, string[]]>([
    ['nothing', []],
    ['the next assignment', ['churn#prod#2 B 40']],
    ['in the same second', ['churn#prod#2 B 31']],
    ['several, each the next', ['churn@v1.2.0 C 40', 'churn#dev#2 C 41', 'churn#prod#3 C 42']],
    ['in any order on the way', ['churn#prod#3 C 42', 'churn@v1.2.0 C 40', 'churn#dev#2 C 41']],
    ['a version again that was deregistered', ['churn@v1.0.0#2 C 40']],
    ['ten minutes ahead', ['churn#prod#2 B 1600']],
  ])('%s', (_title, lines) => expect(refused(lines)).toEqual([]));

  test('after the counter of a tag that is no event, as a writer counts too', () =>
    expect(refused(['churn#prod#8 B 40'], undefined, ['churn#prod#7'])).toEqual([]));

  test('a second a tag after one that is there and dated ahead, but no more', () => {
    const there = events([...THERE, 'churn@v3.0.0 C 90000']);
    const tagNames = new Set(there.map(({ tag: name }) => name));
    const standing = { events: there, tagNames, otherArtifacts: [], stages: undefined };
    const refusedThere = (...lines: string[]) =>
      refuseArrivals(artifactName('churn'), standing, events(lines), 1000).map(({ tag: name }) => name);
    expect(refusedThere('churn#prod#2 B 90001', 'churn#dev#3 B 90002')).toEqual([]);
    expect(refusedThere('churn#prod#2 B 90001', 'churn#dev#3 B 90003')).toEqual(['churn#dev#3']);
  });

  test('after the event that it names', () => {
    const parent = tag(THERE[3] ?? '').oid;
    expect(refused(['churn#prod#2 B 40'], (event) => ({ ...event, parent }))).toEqual([]);
  });
});

describe('what does not', () => {
  const again = 'get the tags that are here with reg sync, and write it again';
  test.each<[string, string[], string[]]>([
    [
      'a counter that is taken',
      ['churn#prod#1 B 40'],
      [`churn#prod#1: its counter is out of order: 1 is taken already; ${again}`],
    ],
    [
      'a counter that skips others',
      ['churn#prod#3 B 40'],
      [`churn#prod#3: its counter is out of order: the next one is 2; ${again}`],
    ],
    [
      'a date before the last one',
      ['churn@v1.2.0 C 25'],
      [
        `churn@v1.2.0: it is out of order: by its date it comes before churn@v1.0.0! of 1970-01-01T00:00:31Z, which is here already; ${again}`,
      ],
    ],
    [
      'a date in the future',
      ['churn#prod#2 B 1601'],
      [
        'churn#prod#2: it is dated 1970-01-01T00:26:41Z, ahead of the clock here; set the clock right, delete the tag and write it again',
      ],
    ],
    [
      'a counter that two of them share',
      ['churn#prod#2 B 40', 'churn#dev#2 B 41', 'churn#dev#3 B 42'],
      [
        `churn#prod#2: its counter is out of order: churn#dev#2 has the same; ${again}`,
        `churn#dev#2: its counter is out of order: churn#prod#2 has the same; ${again}`,
      ],
    ],
    [
      'a version that is registered',
      ['churn@v1.1.0#2 C 40'],
      [
        'churn@v1.1.0#2: v1.1.0 is registered already, by churn@v1.1.0; deregister it first, or register another version',
      ],
    ],
    [
      'a version twice at a time',
      ['churn@v1.2.0 C 40', 'churn@v1.2.0#2 D 41'],
      [
        'churn@v1.2.0#2: v1.2.0 is registered already, by churn@v1.2.0; deregister it first, or register another version',
      ],
    ],
  ])('%s', (_title, lines, expected) => expect(refused(lines)).toEqual(expected));

  test('what follows something that is not here', () => {
    expect(refused(['churn#prod#2 B 40'], (event) => ({ ...event, parent: 'e'.repeat(40) }))).toEqual([
      'churn#prod#2: it follows the tag object eeeeeeeeeeee, which is no event of churn here; push what came before it first: reg sync',
    ]);
  });

  test('what follows something that is later', () => {
    const lines = ['churn@v1.2.0 C 40', 'churn#dev#2 C 41'];
    const parent = tag(lines[1] ?? '').oid;
    expect(refused(lines, (event) => (event.counter ? event : { ...event, parent }))).toEqual([
      `churn@v1.2.0: it follows churn#dev#2, which counts as a later event; ${again}`,
    ]);
  });
});

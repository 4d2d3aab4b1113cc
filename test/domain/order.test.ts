import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/domain/event.js';
import { inOrder, mergeOrdered } from '../../src/domain/order.js';
import { event, events } from '../support/builders.js';

/** Tag names in order, each with its effective time. */
const order = (lines: readonly string[]): string[] =>
  inOrder(events(lines)).map(({ tag, time }) => `${tag} ${time}`);

/** What it orders, the lines as git might list them, and the events in order with their effective times. */
const ORDERS: [string, string[], string[]][] = [
  ['dates', ['churn@v2.0.0 B 20', 'churn@v1.0.0 A 10'], ['churn@v1.0.0 10', 'churn@v2.0.0 20']],
  [
    'counters as numbers: 9, 10, 11',
    ['churn#prod#10 B 10', 'churn#prod#11 C 10', 'churn#prod#9 A 10'],
    ['churn#prod#9 10', 'churn#prod#10 10', 'churn#prod#11 10'],
  ],
  [
    'a counter against a clock that is behind',
    ['churn#prod#1 A 100', 'churn#prod#2 B 40', 'churn#prod#3 A 120'],
    ['churn#prod#1 100', 'churn#prod#2 100', 'churn#prod#3 120'],
  ],
  [
    'a clock that is ahead, carried by the counters after it',
    ['churn#prod#1 A 10', 'churn#dev#2 A 9000', 'churn#prod#3 B 20', 'churn#prod#4 A 30'],
    ['churn#prod#1 10', 'churn#dev#2 9000', 'churn#prod#3 9000', 'churn#prod#4 9000'],
  ],
  [
    'an uncounted tag by its own date, whatever the counters carry',
    ['churn#prod#1 A 100', 'churn#prod#2 B 40', 'churn@v2.0.0 B 50', 'churn@v3.0.0 C 110'],
    ['churn@v2.0.0 50', 'churn#prod#1 100', 'churn#prod#2 100', 'churn@v3.0.0 110'],
  ],
  [
    'uncounted before counted in one second',
    ['churn#prod#1 A 10', 'churn@v1.0.0 A 10', 'churn#prod A 10'],
    ['churn@v1.0.0 10', 'churn#prod 10', 'churn#prod#1 10'],
  ],
  [
    'one counter on two stages, by date',
    ['churn#dev#1 A 20', 'churn#prod#1 A 10', 'churn#dev#2 B 15'],
    ['churn#prod#1 10', 'churn#dev#1 20', 'churn#dev#2 20'],
  ],
  [
    'one counter on two stages in one second, by tag name',
    ['churn#prod#1 A 10', 'churn#dev#1 A 10'],
    ['churn#dev#1 10', 'churn#prod#1 10'],
  ],
  [
    'kinds in one second',
    ['churn#a! A 5', 'churn#z A 5', 'churn@v9.0.0! A 5', 'churn@v9.0.0 A 5', 'churn@deprecated A 5'],
    ['churn@deprecated 5', 'churn@v9.0.0 5', 'churn@v9.0.0! 5', 'churn#z 5', 'churn#a! 5'],
  ],
  [
    'kinds of one counter in one second',
    [
      'churn#a!#1 A 5',
      'churn#z#1 A 5',
      'churn@v9.0.0!#1 A 5',
      'churn@v9.0.0#1 A 5',
      'churn@deprecated#1 A 5',
    ],
    ['churn@deprecated#1 5', 'churn@v9.0.0#1 5', 'churn@v9.0.0!#1 5', 'churn#z#1 5', 'churn#a!#1 5'],
  ],
  [
    'counters with gaps, from zero',
    ['churn#prod#400 A 3', 'churn#prod#0 A 5', 'churn#prod#7 A 4'],
    ['churn#prod#0 5', 'churn#prod#7 5', 'churn#prod#400 5'],
  ],
  [
    'dates before the epoch',
    ['churn@v1.0.0 A 0', 'churn@v0.1.0 A -5'],
    ['churn@v0.1.0 -5', 'churn@v1.0.0 0'],
  ],
  ['nothing', [], []],
];

describe('order of events (docs/specification.md, 2 Order of events)', () => {
  it.each(ORDERS)('%s', (_what, lines, expected) => {
    expect(order(lines)).toEqual(expected);
    expect(order(lines.toReversed())).toEqual(expected);
  });

  it('places count from 0 for the oldest', () => {
    const ordered = inOrder(events(['churn@v2.0.0 B 20', 'churn@v1.0.0 A 10', 'churn#prod#1 A 30']));
    expect(ordered.map(({ place }) => place)).toEqual([0, 1, 2]);
  });

  it('tag oids settle what names do not', () => {
    const twins: Event[] = ['b', 'a'].map((oid) => ({ ...event('churn#prod#1 A 10'), tagOid: oid }));
    expect(inOrder(twins).map(({ tagOid }) => tagOid)).toEqual(['a', 'b']);
    expect(inOrder(twins.toReversed()).map(({ tagOid }) => tagOid)).toEqual(['a', 'b']);
  });

  it('leaves its argument as it is', () => {
    const given = Object.freeze(
      events(['churn#prod#2 B 20', 'churn#prod#1 A 10']).map((one) => Object.freeze(one)),
    );
    expect(inOrder(given)).toHaveLength(2);
  });

  it('several artifacts are merged by effective time, ties by artifact after counter', () => {
    const one = inOrder(events(['churn#prod#1 A 100', 'churn#prod#2 B 40']));
    const two = inOrder(events(['fraud@v1.0.0 A 50', 'fraud@v2.0.0 A 100', 'fraud@v3.0.0 A 101']));
    expect(mergeOrdered([one, two]).map(({ tag }) => tag)).toEqual([
      'fraud@v1.0.0',
      'fraud@v2.0.0',
      'churn#prod#1',
      'churn#prod#2',
      'fraud@v3.0.0',
    ]);
    expect(mergeOrdered([two, one])).toEqual(mergeOrdered([one, two]));
  });
});

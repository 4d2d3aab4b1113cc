import { describe, expect, test } from 'vitest';
import { artifactStateOf } from '../../src/domain/artifact.js';
import { breaksIn, forksIn, goneParents, sharedCounters, tagsBefore } from '../../src/domain/chain.js';
import { type Event, eventOf } from '../../src/domain/event.js';
import { artifactName } from '../../src/domain/names.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import { tag } from '../support/builders.js';

/** Events that follow each other: each names the one before it, but those that begin with `gto`. */
function chain(...lines: string[]): Event[] {
  const made: Event[] = [];
  for (const line of lines) {
    const annotated = tag(line.replace('gto ', ''));
    const name = parseTagName(annotated.name);
    if (name === undefined) throw new Error(line);
    const event = eventOf(name, annotated);
    const parent = made.at(-1)?.tagOid;
    made.push(line.startsWith('gto') || parent === undefined ? event : { ...event, parent });
  }
  return made;
}

const STORY = [
  'churn@v1.0.0 A 10',
  'churn#dev#1 A 20',
  'churn@v1.1.0 B 30',
  'churn#dev#2 B 40',
  'churn#prod#3 B 50',
];

/** What is broken once events were taken out or replaced, each by its tag. */
function broken(change: (events: Event[]) => Event[], isRemembered: boolean): string[] {
  const before = chain(...STORY);
  const after = change(before);
  const artifact = artifactStateOf(artifactName('churn'), after);
  const held = new Map(after.map((event) => [event.tag, event.tagOid]));
  const names = new Map(isRemembered ? before.map((event) => [event.tagOid, event.tag]) : []);
  const short = new Map(before.map((event) => [event.tagOid.slice(0, 12), `<${event.tag}>`]));
  return breaksIn(artifact, names, held).map(({ message }) =>
    message.replaceAll(/\b[0-9a-f]{12}\b/g, (oid) => short.get(oid) ?? '<new>'),
  );
}

const without =
  (...tags: string[]) =>
  (events: Event[]): Event[] =>
    events.filter((event) => !tags.includes(event.tag));
const recreated = (name: string) => (events: Event[]) =>
  events.map((event) => (event.tag === name ? { ...event, tagOid: 'f'.repeat(40) } : event));

describe('a chain with missing events', () => {
  test.each<[string, (events: Event[]) => Event[], string[], string[]]>([
    ['nothing', (events) => events, [], []],
    ['the last one, which nothing has followed', without('churn#prod#3'), [], []],
    [
      'one with a counter',
      without('churn#dev#2'),
      ['churn#dev#2 was deleted: churn#prod#3 names it as the event before it'],
      [
        '<churn#dev#2>, the event before churn#prod#3, is gone: the tag with counter 2 was deleted, after churn@v1.1.0',
      ],
    ],
    [
      'one without a counter',
      without('churn@v1.1.0'),
      ['churn@v1.1.0 was deleted: churn#dev#2 names it as the event before it'],
      [
        '<churn@v1.1.0>, the event before churn#dev#2, is gone: churn#dev#1 was moved or recreated, or a tag between the two was deleted',
      ],
    ],
    [
      'the first',
      without('churn@v1.0.0'),
      ['churn@v1.0.0 was deleted: churn#dev#1 names it as the event before it'],
      ['<churn@v1.0.0>, the event before churn#dev#1, is gone: it was deleted, and it was the first'],
    ],
    [
      'moved or recreated',
      recreated('churn@v1.1.0'),
      [
        'churn@v1.1.0 was moved or recreated: when churn#dev#2 was written it was <churn@v1.1.0>, and now it is <new>',
      ],
      [
        '<churn@v1.1.0>, the event before churn#dev#2, is gone: it was deleted, or churn@v1.1.0 was moved or recreated',
      ],
    ],
    [
      'moved or recreated, with a counter',
      recreated('churn#dev#2'),
      [
        'churn#dev#2 was moved or recreated: when churn#prod#3 was written it was <churn#dev#2>, and now it is <new>',
      ],
      [
        '<churn#dev#2>, the event before churn#prod#3, is gone: churn#dev#2 was moved or recreated, or a tag between the two was deleted',
      ],
    ],
    [
      'put behind what followed it',
      (events) => events.map((event) => (event.tag === 'churn@v1.1.0' ? { ...event, date: 60 } : event)),
      ['churn#dev#2 names churn@v1.1.0 as the event before it, which counts as a later one'],
      ['churn#dev#2 names churn@v1.1.0 as the event before it, which counts as a later one'],
    ],
  ])('%s', (_title, change, remembered, forgotten) => {
    expect(broken(change, true)).toEqual(remembered);
    expect(broken(change, false)).toEqual(forgotten);
  });
});

test('events that share a counter, and those whose writer had not seen the one before', () => {
  const offline = (parent: Event | undefined, line: string): Event => ({
    ...(chain(line)[0] as Event),
    parent: parent?.tagOid,
  });
  const [first, second] = chain('churn@v1.0.0 A 10', 'churn#dev#1 A 20');
  const events = [
    ...chain('churn@v1.0.0 A 10', 'churn#dev#1 A 20'),
    offline(first, 'churn#prod#1 A 30'),
    offline(second, 'churn@v1.1.0 B 40'),
  ];
  const artifact = artifactStateOf(artifactName('churn'), events);
  const said = (breaks: ReturnType<typeof sharedCounters>) =>
    breaks.map(({ event: { tag: name }, message }) => `${name}: ${message}`);
  expect(said(sharedCounters(artifact))).toEqual([
    'churn#prod#1: it has the same counter as churn#dev#1; the dates decide which came first',
  ]);
  expect(said(forksIn(artifact))).toEqual([
    'churn#prod#1: it follows churn@v1.0.0, and its writer had not seen churn#dev#1',
    'churn@v1.1.0: it follows churn#dev#1, and its writer had not seen churn#prod#1',
  ]);
});

test('events that pass over a counter, and those that name none before them where others do', () => {
  const events = chain(
    'gto churn@v1.0.0 A 10',
    'gto churn#dev#1 A 20',
    'churn#prod#2 A 30',
    'gto churn#dev#5 A 40',
    'churn#prod#6 A 50',
  );
  const artifact = artifactStateOf(artifactName('churn'), events);
  expect(forksIn(artifact).map(({ event, message }) => [event.tag, message])).toEqual([
    ['churn#dev#5', 'its counter is 5, and churn#prod#2 comes before it'],
    ['churn#dev#5', 'it names no event before it, and churn#prod#2 does'],
  ]);
});

test('tags of gto are links that need not be named', () => {
  const events = chain(
    'churn@v1.0.0 A 10',
    'gto churn#dev#1 A 20',
    'gto churn@v1.1.0 B 30',
    'churn#dev#2 B 40',
  );
  const artifact = artifactStateOf(artifactName('churn'), events);
  expect(goneParents(artifact)).toEqual([]);
  expect(breaksIn(artifact, new Map(), new Map())).toEqual([]);
});

describe('the tags that were there before a moment', () => {
  const early = (...events: Event[]): string[] => [
    ...tagsBefore(artifactStateOf(artifactName('churn'), events), ({ time }) => time < 45),
  ];
  const forged = (line: string): Event[] => chain(`gto ${line}`);

  test('counters and what they follow', () => {
    expect(early(...chain(...STORY)).sort()).toEqual([
      'churn#dev#1',
      'churn#dev#2',
      'churn@v1.0.0',
      'churn@v1.1.0',
    ]);
  });

  test.each([
    ['an assignment without a counter', 'churn#prod B 25'],
    ['a registration that no event follows', 'churn@v0.9.0 B 5'],
    ['a counter that is shared', 'churn#prod#2 B 41'],
    ['a counter that is new', 'churn#prod#4 B 41'],
  ])('not where the date may be any: %s', (_title, line) => {
    expect(early(...chain(...STORY), ...forged(line))).not.toContain(line.split(' ')[0]);
  });
});

describe('a chain that was rewritten, and accepted', () => {
  const before = chain(...STORY);
  const held = (events: readonly Event[]): Map<string, string> =>
    new Map(events.map((event) => [event.tag, event.tagOid]));
  // every tag object is another one, and the trailers name the old ones
  const after = before.map((event, index) => ({ ...event, tagOid: `${index}`.repeat(40) }));
  const accepted = breaksIn(artifactStateOf(artifactName('churn'), after), new Map(), held(after)).flatMap(
    ({ rewritten }) => rewritten ?? [],
  );
  const left = (events: readonly Event[], isRemembered = false): string[] => {
    const artifact = artifactStateOf(artifactName('churn'), events);
    const names = new Map(isRemembered ? after.map(({ tagOid, tag }) => [tagOid, tag]) : []);
    return breaksIn(artifact, names, held(events), accepted).map(({ event: { tag }, message }) =>
      `${tag}: ${message}`.replaceAll(/\b(\d)\1{11}\b/g, '<$1>'),
    );
  };

  test('holds with what stands there now', () => {
    expect(accepted).toHaveLength(4);
    expect(left(after)).toEqual([]);
  });

  test.each<[string, (events: Event[]) => Event[], string[]]>([
    [
      'a tag that is deleted later',
      without('churn#dev#2'),
      ['churn#prod#3: churn#dev#2 was deleted: churn#prod#3 names it as the event before it'],
    ],
    [
      'a tag that is moved later',
      recreated('churn#dev#1'),
      [
        'churn@v1.1.0: churn#dev#1 was moved or recreated: when that was accepted it was <1>, and now it is ffffffffffff',
      ],
    ],
  ])('%s is found', (_, change, messages) => {
    const found = left(change(after), true);
    expect(found).toEqual(expect.arrayContaining(messages));
    expect(left(change(after)).length).toBe(found.length);
  });

  test('what follows another one than was accepted is broken', () => {
    const [first, second, ...rest] = after as [Event, Event, ...Event[]];
    expect(left([first, { ...second, parent: 'e'.repeat(40) }, ...rest])).toHaveLength(1);
  });

  test('events at the front may go, and are accepted as gone', () => {
    const [, second, ...rest] = before as [Event, Event, ...Event[]];
    const artifact = artifactStateOf(artifactName('churn'), [second, ...rest]);
    const [found] = breaksIn(artifact, new Map(), held([second, ...rest]));
    expect(found?.rewritten).toEqual({ event: second.tagOid, parent: second.parent, now: undefined });
    expect(
      breaksIn(artifact, new Map(), held([second, ...rest]), found?.rewritten && [found.rewritten]),
    ).toEqual([]);
  });
});

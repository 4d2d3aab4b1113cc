import { describe, expect, it } from 'vitest';
import { requireRemote, type TagRef } from '../../src/git/port.js';
import { encodeTag } from '../../src/git/tag-object.js';
import { compareTags, listBothSides } from '../../src/registry/catch-up.js';
import { type MemoryRepository, memoryRepository } from '../support/memory.js';

/**
 * A tag in short, `churn@v1.0.0 a>c`: its object `a` leads to commit `c`. A lightweight tag has one letter alone.
 */
function tag(text: string): TagRef {
  const [name = '', oids = ''] = text.split(' ');
  const [oid = '', peeled] = oids.split('>');
  return { name, oid, peeled };
}

const ANNOTATED = 'churn@v1.0.0 a>c';
const LIGHTWEIGHT = 'churn@v1.0.0 c';

describe('tags here and at a remote', () => {
  it.each<[string, string[], string[], { wanted?: [string, string | undefined][]; differing?: string[] }]>([
    ['none anywhere', [], [], {}],
    ['only here', [ANNOTATED], [], {}],
    ['the same', [ANNOTATED], [ANNOTATED], {}],
    ['the same, lightweight', [LIGHTWEIGHT], [LIGHTWEIGHT], {}],
    ['missing here', [], [ANNOTATED], { wanted: [[ANNOTATED, undefined]] }],
    ['missing here, lightweight there', [], [LIGHTWEIGHT], {}],
    [
      'here as the lightweight tag that a checkout makes of it',
      [LIGHTWEIGHT],
      [ANNOTATED],
      { wanted: [[ANNOTATED, 'c']] },
    ],
    [
      'here as a lightweight tag on something else',
      ['churn@v1.0.0 d'],
      [ANNOTATED],
      { differing: [ANNOTATED] },
    ],
    [
      'here another annotated tag, of the same commit',
      ['churn@v1.0.0 b>c'],
      [ANNOTATED],
      { differing: [ANNOTATED] },
    ],
    ['here annotated, lightweight there', [ANNOTATED], [LIGHTWEIGHT], { differing: [LIGHTWEIGHT] }],
    [
      'here lightweight, and another one there',
      ['churn@v1.0.0 d'],
      [LIGHTWEIGHT],
      { differing: [LIGHTWEIGHT] },
    ],
    [
      'a tag of a tag, here as a lightweight tag',
      ['churn@v1.0.0 c'],
      ['churn@v1.0.0 x>c'],
      { wanted: [['churn@v1.0.0 x>c', 'c']] },
    ],
    [
      'many: each by its own name',
      ['a@v1.0.0 a>c', 'b@v1.0.0 c', 'd@v1.0.0 d>c'],
      ['a@v1.0.0 a>c', 'b@v1.0.0 b>c', 'd@v1.0.0 x>c', 'e@v1.0.0 e>c'],
      {
        wanted: [
          ['b@v1.0.0 b>c', 'c'],
          ['e@v1.0.0 e>c', undefined],
        ],
        differing: ['d@v1.0.0 x>c'],
      },
    ],
  ])('%s', (_what, here, there, { wanted = [], differing = [] }) => {
    expect(compareTags(here.map(tag), there.map(tag))).toEqual({
      wanted: wanted.map(([text, replaces]) => ({ tag: tag(text), replaces })),
      differing: differing.map(tag),
    });
  });
});

describe('both sides of a registry', () => {
  /** Lists tags of this repository, written as `churn@v1.0.0 event`, and those of a remote. */
  async function listSides(here: readonly string[], there: readonly string[]) {
    const repository = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: 0, zone: '+0000' });
    const commit = repository.commit();
    for (const text of here) {
      const [name = '', form = ''] = text.split(' ');
      repository.point(name, objectFor(repository, form, name, commit));
    }
    const remote = (name: string) => ({
      ...requireRemote(repository, name),
      listTags: async () => there.map(tag),
    });
    const both = await listBothSides({ ...repository, remote }, 'origin');
    const names = (tags: readonly TagRef[]): string[] => tags.map(({ name }) => name);
    return { here: names(both.here), there: both.there, onlyHere: names(both.onlyHere) };
  }

  function objectFor({ add }: MemoryRepository, form: string, name: string, commit: string): string {
    const tagger = { name: 'Ann', email: 'ann@example.com' };
    const bytes = encodeTag({
      object: commit,
      type: 'commit',
      tag: name,
      tagger,
      date: 1,
      zone: '+0000',
      message: 'x\n',
    });
    switch (form) {
      case 'event':
        return add('tag', bytes);
      case 'malformed':
        return add('tag', Buffer.from('hello\n'));
      default:
        return form === 'lightweight' ? commit : 'f'.repeat(40);
    }
  }

  it('are the names of events alone', async () => {
    const both = await listSides(
      ['churn event', 'churn@v1 event', 'churn@v1.0.0 event', 'churn#dev#1 event', 'v1.0.0 event'],
      ['v1.0.0 a>c', 'churn#dev#1 d>c', 'churn#prod#2 c', 'release e>c'],
    );
    expect(both).toEqual({
      here: ['churn#dev#1', 'churn@v1.0.0'],
      there: ['churn#dev#1 d>c', 'churn#prod#2 c'].map(tag),
      onlyHere: ['churn@v1.0.0'],
    });
  });

  it('what only is here has to be an event, and a broken tag hides no other', async () => {
    const forms = [
      'a@v1.0.0 event',
      'b@v1.0.0 lightweight',
      'c@v1.0.0 missing',
      'd@v1.0.0 malformed',
      'e@v1.0.0 event',
    ];
    const { here, onlyHere } = await listSides(forms, []);
    expect(here).toHaveLength(5);
    expect(onlyHere).toEqual(['a@v1.0.0', 'e@v1.0.0']);
  });

  it('an event whose name something else has there is not only here', async () => {
    expect((await listSides(['churn@v1.0.0 event'], ['churn@v1.0.0 c'])).onlyHere).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import type { TagReading, TagRef } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { listTags, peeledTags, readTags } from '../support/tags.js';
import { annotate, type Bench, LOCAL_READERS, readersInTurn } from './bench.js';

const box = sandbox();

const OF_CHURN = [
  'churn#eu/prod!#4',
  'churn#eu/prod#3',
  'churn#prod',
  'churn#prod!#2',
  'churn#prod#1',
  'churn@deprecated',
  'churn@v1.0.0',
  'churn@v1.0.0!#5',
  'churn@v1.0.0-rc.1+build.7',
];
const OF_NEIGHBOURS = [
  'CHURN@v1.0.0',
  'churn-x@v1.0.0',
  'churn.2#prod#1',
  'churn.2@v1.0.0',
  'churn/x#prod#1',
  'churn/x@v1.0.0',
  'churn2#prod#1',
  'churn2@v1.0.0',
  'models/churn@v1.0.0',
  'models=churn#prod#1',
  'models=churn@v1.0.0',
];
const FOREIGN = ['@scope/pkg@1.2.3', 'release-2020', 'v1.0.0'];

const ALL = [...OF_CHURN, ...OF_NEIGHBOURS, ...FOREIGN].sort();

/** Gives all of these tags to a new commit. */
function tagAll(bench: Bench): { commit: string; oids: Map<string, string> } {
  const commit = bench.commit({ 'model.bin': '1' });
  return { commit, oids: new Map(ALL.map((name) => [name, annotate(bench, name, commit)])) };
}

const refOf = (one: TagReading): TagRef => ('tag' in one ? one.tag : one.ref);
/** An adapter need not answer for the other tags when it is asked about all (port.ts). */
const concernsRegistry = ({ name }: TagRef): boolean => /[@#]/.test(name);

describe.each(readersInTurn())('listing tags: %s', (kind, makeBench, turns) => {
  turns.test('a repository without tags has none', async () => {
    const { repository, commit } = makeBench(box, `${kind}-none`);
    commit();
    expect(await listTags(repository)).toEqual([]);
    expect(await readTags(repository)).toEqual([]);
    expect(await listTags(repository, artifactName('churn'))).toEqual([]);
    expect(await peeledTags(repository)).toEqual([]);
  });

  turns.test('a repository without commits has none', async () => {
    const { repository } = makeBench(box, `${kind}-no-commit`);
    expect(await listTags(repository)).toEqual([]);
    expect(await readTags(repository)).toEqual([]);
  });

  describe('with the tags of many artifacts', () => {
    const bench = makeBench(box, `${kind}-many`);
    const { commit, oids } = tagAll(bench);
    const { repository } = bench;

    turns.test('all are listed by name, each with the oid of its tag object', async () => {
      const listed = (await listTags(repository)).filter(concernsRegistry);
      const expected = ALL.map((name) => ({ name, oid: oids.get(name) ?? '' })).filter(concernsRegistry);
      expect(listed).toMatchObject(expected);
    });

    turns.test('those of one artifact are its own, whatever other names begin alike', async () => {
      const names = (await listTags(repository, artifactName('churn'))).map(({ name }) => name);
      expect(names).toEqual(OF_CHURN);
    });

    turns.test('an artifact in a subfolder is asked for with a colon', async () => {
      const names = (await listTags(repository, artifactName('models:churn'))).map(({ name }) => name);
      expect(names).toEqual(['models=churn#prod#1', 'models=churn@v1.0.0']);
    });

    turns.test('reading gives the same tags as listing', async () => {
      for (const name of [
        undefined,
        artifactName('churn'),
        artifactName('churn/x'),
        artifactName('nobody'),
      ]) {
        const listed = (await listTags(repository, name)).filter(concernsRegistry);
        const read = (await readTags(repository, name)).map(refOf).filter(concernsRegistry);
        expect(read).toMatchObject(listed.map(({ name, oid }) => ({ name, oid })));
      }
    });

    turns.test('tags that are named one by one are read in that order', async () => {
      const refs = ['churn@v1.0.0', 'churn#eu/prod#3', 'v1.0.0'].map((name) => ({
        name,
        oid: oids.get(name) ?? '',
      }));
      const read = await readTags(repository, refs);
      expect(read.map(refOf)).toMatchObject(refs);
      expect(await readTags(repository, [])).toEqual([]);
    });

    turns.test('each is listed with the commit that it leads to', async () => {
      const listed = (await peeledTags(repository)).filter(concernsRegistry);
      const expected = ALL.map((name) => ({ name, oid: oids.get(name) ?? '', peeled: commit }));
      expect(listed).toEqual(expected.filter(concernsRegistry));
    });

    turns.test('a tag that is read says who, when, what and on which commit', async () => {
      const [tag] = await readTags(repository, artifactName('churn2'));
      expect(tag).toMatchObject({
        tag: {
          name: 'churn2#prod#1',
          oid: oids.get('churn2#prod#1'),
          commit,
          tagger: { name: 'Ann Lee', email: 'ann@example.com' },
          date: 1767225600,
          message: 'About churn2#prod#1\n',
        },
      });
    });
  });
});

test.each(LOCAL_READERS)(
  'a repository of this machine answers for every other tag too: %s',
  async (kind, makeBench) => {
    const bench = makeBench(box, `${kind}-foreign`);
    const { commit, oids } = tagAll(bench);
    const expected = ALL.map((name) => ({ name, oid: oids.get(name) }));
    expect(await listTags(bench.repository)).toEqual(expected);
    const { tags } = bench.repository;
    expect((await tags.read([...(await tags.list('all')).refs])).map(refOf)).toMatchObject(expected);
    expect(await peeledTags(bench.repository)).toEqual(expected.map((ref) => ({ ...ref, peeled: commit })));
  },
);

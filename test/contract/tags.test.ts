import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import type { TagList, TagReading, TagRef } from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import { type Repository, sandbox } from '../support/repo.js';
import { annotate, type Bench, benchOver, LOCAL_READERS, readersInTurn, tagBytes } from './bench.js';
import { good, MALFORMED, NOWHERE, surround, verdicts } from './broken.js';

const box = sandbox();
const CHURN = artifactName('churn');

/** The refs of a list as plain values, those that may be events. */
const plain = ({ refs }: TagList): Required<TagRef>[] =>
  [...refs]
    .filter(({ name }) => /[@#]/.test(name))
    .map(({ name, oid, peeled }) => ({ name, oid, peeled }) as Required<TagRef>);
const peeledIn = (list: TagList): Record<string, TagRef['peeled']> =>
  Object.fromEntries(plain(list).map(({ name, peeled }) => [name, peeled]));
const named = ({ known }: TagList): Record<string, string> => verdicts([...known.values()]);
const nameOf = (one: TagReading): string => ('tag' in one ? one.tag.name : one.ref.name);

describe.each(readersInTurn())('the tags of a repository: %s', (kind, makeBench, turns) => {
  turns.test('without tags there are none', async () => {
    const { repository, commit } = makeBench(box, `${kind}-none`);
    commit();
    for (const scope of ['all', CHURN] as const) {
      const list = await repository.tags.list(scope);
      expect([...list.refs]).toEqual([]);
      expect(list.known.size).toBe(0);
    }
    expect(await repository.tags.read([])).toEqual([]);
  });

  /** A repository with the tags of many artifacts. */
  const bench = makeBench(box, `${kind}-many`);
  const { tags } = bench.repository;
  const commit = bench.commit({ 'model.bin': '1' });
  const OF_CHURN = ['churn#eu/prod!#4', 'churn#eu/prod#3', 'churn#prod', 'churn#prod#1', 'churn@v1.0.0'];
  const OTHERS = ['churn-x@v1.0.0', 'churn/x#prod#1', 'churn2@v1.0.0', 'models=churn@v1.0.0'];
  const oids = new Map([...OF_CHURN, ...OTHERS].map((name) => [name, annotate(bench, name, commit)]));

  turns.test('all are listed by name, with what they hold and lead to', async () => {
    const expected = [...oids.keys()].sort().map((name) => ({ name, oid: oids.get(name), peeled: commit }));
    expect(plain(await tags.list('all'))).toEqual(expected);
  });

  turns.test('a list can be gone through twice', async () => {
    const list = await tags.list('all');
    expect(plain(list)).toEqual(plain(list));
  });

  turns.test('those of one artifact are its own, whatever other names begin alike', async () => {
    const list = await tags.list(CHURN);
    const expected = OF_CHURN.map((name) => ({ name, oid: oids.get(name), peeled: commit }));
    expect(plain(list)).toEqual(expected);
    // what came with the list is right, whether it is all or nothing
    for (const [name, reading] of list.known)
      expect(reading).toMatchObject({ tag: { name, oid: oids.get(name), commit } });
  });

  turns.test('objects are read in the order of the refs, also twice', async () => {
    const { refs } = await tags.list(CHURN);
    const asked = [...refs, ...refs].reverse();
    const read = await tags.read(asked);
    expect(read.map(nameOf)).toEqual(asked.map(({ name }) => name));
    expect(read[0]).toMatchObject({
      tag: {
        name: 'churn@v1.0.0',
        oid: oids.get('churn@v1.0.0'),
        commit,
        tagger: { name: 'Ann Lee', email: 'ann@example.com' },
        date: 1767225600,
        message: 'About churn@v1.0.0\n',
      },
      oddities: [],
    });
  });

  turns.test('tags that are no events are listed and read unchanged', async () => {
    const bench = surround(makeBench(box, `${kind}-no-events`));
    const { tags } = bench.repository;
    const tree = bench.add('tree', '');
    const inner = bench.add('tag', tagBytes(bench.head, 'inner'));
    bench.point('churn@v2.0.0', bench.head);
    bench.point('churn@v2.1.0', bench.add('tag', tagBytes(tree, 'churn@v2.1.0', 'tree')));
    bench.point('churn@v2.2.0', bench.add('tag', tagBytes(inner, 'churn@v2.2.0', 'tag')));
    const expected = {
      ...good(bench.head),
      'churn@v2.0.0': 'lightweight',
      'churn@v2.1.0': 'not-a-commit',
      'churn@v2.2.0': bench.head,
    };
    for (const scope of ['all', CHURN] as const) {
      const list = await tags.list(scope);
      const { 'churn@v2.1.0': onTree, ...peeled } = peeledIn(list);
      expect(peeled).toEqual({ ...good(bench.head), 'churn@v2.0.0': undefined, 'churn@v2.2.0': bench.head });
      expect([tree, 'unknown']).toContain(onTree);
      expect(expected).toMatchObject(named(list));
      expect(verdicts(await tags.read([...list.refs]))).toEqual(expected);
    }
  });
});

describe.each(LOCAL_READERS)('broken tags hide no other: %s', (kind, makeBench) => {
  /** Sees that the good tags are listed and read, and that the broken one is read as such. */
  async function expectBroken({ repository, head }: Bench & { head: string }, oid: string, defect: unknown) {
    for (const scope of ['all', CHURN] as const) {
      const list = await repository.tags.list(scope);
      expect(plain(list).map(({ name }) => name)).toEqual(['churn@v1.0.0', 'churn@v2.0.0', 'churn@v3.0.0']);
      expect(plain(list)[1]?.oid).toBe(oid);
      for (const name of ['churn@v1.0.0', 'churn@v3.0.0'])
        expect([head, 'unknown']).toContain(peeledIn(list)[name]);
      const { 'churn@v2.0.0': verdict, ...others } = verdicts(await repository.tags.read([...list.refs]));
      expect(others).toEqual(good(head));
      expect(verdict).toEqual(defect);
    }
  }

  test.each(Object.entries(MALFORMED))('a tag object with %s', async (what, bytesOf) => {
    const bench = surround(makeBench(box, `${kind}-${what}`));
    const oid = bench.add('tag', bytesOf(bench.head));
    bench.point('churn@v2.0.0', oid);
    await expectBroken(bench, oid, 'malformed');
  });

  test('a missing object', async () => {
    const bench = surround(makeBench(box, `${kind}-missing`));
    bench.point('churn@v2.0.0', NOWHERE);
    await expectBroken(bench, NOWHERE, 'missing');
    expect(peeledIn(await bench.repository.tags.list('all'))['churn@v2.0.0']).toBe('unknown');
  });

  test('a tag of a missing tag does not pass for a lightweight one', async () => {
    const bench = surround(makeBench(box, `${kind}-missing-inner`));
    const oid = bench.add('tag', tagBytes(NOWHERE, 'churn@v2.0.0', 'tag'));
    bench.point('churn@v2.0.0', oid);
    await expectBroken(bench, oid, 'missing');
    expect(peeledIn(await bench.repository.tags.list('all'))['churn@v2.0.0']).toBe('unknown');
  });
});

describe('the git program', () => {
  function benchWith(name: string): Bench & { made: Repository; head: string } {
    const made = box.repository(name);
    return { ...surround(benchOver(box, made)), made };
  }
  /** Overwrites the file of a loose object. */
  function corrupt({ dir }: Repository, oid: string, bytes: string | Uint8Array): void {
    const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, bytes);
  }

  test.each([
    ['no bytes', ''],
    ['bytes that are no zlib stream', 'garbage'],
    ['a zlib stream that breaks off', Buffer.from('789c4b2a', 'hex')],
  ])('a corrupt object, %s, is the only one that is missing', async (what, bytes) => {
    const { repository, made, head, ...bench } = benchWith(`corrupt ${what}`);
    const names = ['churn@v2.0.0', 'churn@v2.1.0', 'churn@v4.0.0'];
    for (const name of names) corrupt(made, annotate({ repository, ...bench }, name, head), bytes);
    annotate({ repository, ...bench }, 'churn@v2.0.5', head);
    const expected = {
      ...good(head),
      'churn@v2.0.5': head,
      ...Object.fromEntries(names.map((name) => [name, 'missing'])),
    };
    for (const scope of ['all', CHURN] as const) {
      const list = await repository.tags.list(scope);
      expect(verdicts(await repository.tags.read([...list.refs]))).toEqual(expected);
      expect(expected).toMatchObject(named(list));
      for (const name of names) expect(peeledIn(list)[name]).toBe('unknown');
    }
  });

  test('a packed tag is listed with where it leads, and missing when its object is gone', async () => {
    const { repository, made, head } = benchWith('packed');
    const oid = made.git('rev-parse', 'refs/tags/churn@v1.0.0');
    made.git('pack-refs', '--all');
    expect(peeledIn(await repository.tags.list('all'))).toEqual(good(head));
    rmSync(join(made.dir, '.git/objects', oid.slice(0, 2), oid.slice(2)));
    const list = await repository.tags.list('all');
    expect(peeledIn(list)).toEqual({ 'churn@v1.0.0': 'unknown', 'churn@v3.0.0': expect.any(String) });
    expect(verdicts(await repository.tags.read([...list.refs]))).toEqual({
      ...good(head),
      'churn@v1.0.0': 'missing',
    });
  });

  test.each([
    ['no bytes', ''],
    ['no id', 'garbage\n'],
    ['a symbolic ref to nothing', 'ref: refs/heads/gone\n'],
  ])('a loose ref of %s hides no other tag', async (what, content) => {
    const { repository, made, head } = benchWith(`ref ${what}`);
    made.writeTagRef('churn@v2.0.0', content);
    for (const scope of ['all', CHURN] as const) {
      const list = await repository.tags.list(scope);
      const { 'churn@v2.0.0': _, ...others } = peeledIn(list);
      expect(Object.keys(others)).toEqual(Object.keys(good(head)));
      const { 'churn@v2.0.0': broken = 'missing', ...readable } = verdicts(
        await repository.tags.read([...list.refs]),
      );
      expect(readable).toEqual(good(head));
      expect(broken).toBe('missing');
    }
  });

  test('a name beyond ASCII', async () => {
    const bench = benchWith('letters');
    const oid = annotate(bench, 'größe@v1.0.0', bench.head);
    const last = plain(await bench.repository.tags.list('all')).at(-1);
    expect(last).toEqual({ name: 'größe@v1.0.0', oid, peeled: bench.head });
  });

  test('ids of SHA-256', async () => {
    const made = box.repository('sha256', '--object-format=sha256');
    const head = made.commit({ 'model.bin': '1' });
    const oid = made.tag('churn@v1.0.0');
    const { tags } = benchOver(box, made).repository;
    for (const scope of ['all', CHURN] as const)
      expect(plain(await tags.list(scope))).toEqual([{ name: 'churn@v1.0.0', oid, peeled: head }]);
    expect(verdicts(await tags.read([{ name: 'churn@v1.0.0', oid }]))).toEqual({ 'churn@v1.0.0': head });
  });

  test('in a partial clone a tag that is missing stays so, and nothing is fetched', async () => {
    const { made, head, ...bench } = benchWith('promisor');
    made.git('config', 'uploadpack.allowFilter', 'true');
    made.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    made.git('clone', '--quiet', '--filter=blob:none', `file://${made.dir}`, join(box.root, 'partial'));
    const late = annotate({ ...bench }, 'churn@v2.0.0', head);
    const clone = box.at('partial');
    clone.writeTagRef('churn@v2.0.0', `${late}\n`);
    const { tags, objects } = openGitRepository(clone.dir, box);
    for (const scope of ['all', CHURN] as const) {
      const list = await tags.list(scope);
      expect(peeledIn(list)['churn@v2.0.0']).toBe('unknown');
      expect(verdicts(await tags.read([...list.refs]))).toEqual({ ...good(head), 'churn@v2.0.0': 'missing' });
    }
    // a file is: a clone without files is made for that
    expect(
      Buffer.from(await objects.blob((await objects.entry(head, 'model.bin'))?.oid ?? '')).toString(),
    ).toBe('1');
  });
});

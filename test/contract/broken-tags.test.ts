import { describe, expect, test } from 'vitest';
import type { TagReading } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { annotate, BENCHES, type Bench, tagBytes } from './bench.js';

const box = sandbox();

/** What each tag turned out to be: its commit, or what is wrong with it. */
const verdicts = (readings: readonly TagReading[]): Record<string, string> =>
  Object.fromEntries(
    readings.map((one) => ('tag' in one ? [one.tag.name, one.tag.commit] : [one.ref.name, one.defect])),
  );

const MALFORMED: Record<string, (commit: string) => string> = {
  'no header at all': () => 'hello\n',
  'no bytes at all': () => '',
  'no tagger': (commit) => `object ${commit}\ntype commit\ntag churn@v2.0.0\n\nRegister\n`,
  'a tagger without a date': (commit) =>
    `object ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <ann@example.com>\n\nRegister\n`,
  'a date beyond all calendars': (commit) =>
    `object ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 99999999999999999 +0000\n\nRegister\n`,
  'two object lines': (commit) =>
    `object ${commit}\nobject ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n`,
  'an object that is no id': () =>
    'object main\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n',
  'a type that git does not know': (commit) =>
    `object ${commit}\ntype model\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n`,
};

describe.each(BENCHES)('broken tags: %s', (kind, makeBench) => {
  let number = 0;
  /** A bench with one good tag before and one behind the broken one, in any order of names. */
  function surrounded(): Bench & { head: string } {
    number += 1;
    const bench = makeBench(box, `${kind}-${number}`);
    const head = bench.commit({ 'model.bin': '1' });
    for (const name of ['churn@v1.0.0', 'churn@v3.0.0']) annotate(bench, name, head);
    return { ...bench, head };
  }
  const good = (head: string): Record<string, string> => ({ 'churn@v1.0.0': head, 'churn@v3.0.0': head });

  test.each(Object.entries(MALFORMED))('a tag object with %s is malformed', async (_what, bytesOf) => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', bench.add('tag', bytesOf(bench.head)));
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'malformed',
    });
    expect(await bench.repository.listTags()).toHaveLength(3);
  });

  test('a lightweight tag is one, whatever it is on', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', bench.head);
    bench.point('churn@v2.1.0', bench.add('blob', 'a model, 3 GB long'));
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'lightweight',
      'churn@v2.1.0': 'lightweight',
    });
  });

  test('a tag whose object is missing', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', '0123456789abcdef0123456789abcdef01234567');
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'missing',
    });
    expect((await bench.repository.listTags()).map(({ name }) => name)).toContain('churn@v1.0.0');
  });

  test('a tag on a blob is on no commit', async () => {
    const bench = surrounded();
    const blob = bench.add('blob', 'model');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(blob, 'churn@v2.0.0', 'blob')));
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'not-a-commit',
    });
  });

  test('a tag on a tree is on no commit', async () => {
    const bench = surrounded();
    const tree = bench.add('tree', '');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(tree, 'churn@v2.0.0', 'tree')));
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'not-a-commit',
    });
  });

  test('a tag of a tag of a tag is on the commit at the end, and keeps its own tagger and message', async () => {
    const bench = surrounded();
    const inner = bench.add('tag', tagBytes(bench.head, 'inner'));
    const middle = bench.add('tag', tagBytes(inner, 'middle', 'tag'));
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(middle, 'churn@v2.0.0', 'tag')));
    const readings = await bench.repository.readTags();
    expect(verdicts(readings)).toEqual({ ...good(bench.head), 'churn@v2.0.0': bench.head });
    const nested = readings.find((one) => 'tag' in one && one.tag.name === 'churn@v2.0.0');
    expect(nested).toMatchObject({ tag: { message: 'About churn@v2.0.0\n' } });
  });

  test('a tag of a tag that leads to no commit', async () => {
    const bench = surrounded();
    const onBlob = bench.add('tag', tagBytes(bench.add('blob', 'x'), 'inner', 'blob'));
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(onBlob, 'churn@v2.0.0', 'tag')));
    const missing = '0123456789abcdef0123456789abcdef01234567';
    bench.point('churn@v2.1.0', bench.add('tag', tagBytes(missing, 'churn@v2.1.0', 'tag')));
    expect(verdicts(await bench.repository.readTags())).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'not-a-commit',
      'churn@v2.1.0': 'missing',
    });
  });

  test('a tag of a malformed tag counts as broken', async () => {
    const bench = surrounded();
    const inner = bench.add('tag', 'hello\n');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(inner, 'churn@v2.0.0', 'tag')));
    const { 'churn@v2.0.0': verdict, ...others } = verdicts(await bench.repository.readTags());
    expect(others).toEqual(good(bench.head));
    expect(['malformed', 'missing']).toContain(verdict);
  });

  test('a listing that follows tags leads where reading does', async () => {
    const bench = surrounded();
    const inner = bench.add('tag', tagBytes(bench.head, 'inner'));
    const nested = bench.add('tag', tagBytes(inner, 'churn@v2.0.0', 'tag'));
    bench.point('churn@v2.0.0', nested);
    bench.point('churn@v2.1.0', bench.head);
    expect(await bench.repository.listPeeledTags()).toMatchObject([
      { name: 'churn@v1.0.0', peeledOid: bench.head },
      { name: 'churn@v2.0.0', oid: nested, peeledOid: bench.head },
      { name: 'churn@v2.1.0', oid: bench.head, peeledOid: undefined },
      { name: 'churn@v3.0.0', peeledOid: bench.head },
    ]);
  });

  test('a missing tag object ends the listing that follows tags', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', '0123456789abcdef0123456789abcdef01234567');
    expect(await bench.repository.listPeeledTags()).toBeUndefined();
    expect(await bench.repository.listTags()).toHaveLength(3);
  });

  test('all kinds of broken tags together hide none of the good ones', async () => {
    const bench = surrounded();
    const broken = Object.values(MALFORMED).map((bytesOf) => bench.add('tag', bytesOf(bench.head)));
    const gone = ['0123456789abcdef0123456789abcdef01234567', bench.add('blob', 'x'), bench.head];
    for (const [index, oid] of [...broken, ...gone].entries()) bench.point(`churn@v2.${index}.0`, oid);
    const readings = await bench.repository.readTags();
    expect(readings).toHaveLength(13);
    expect(verdicts(readings.filter((one) => 'tag' in one))).toEqual(good(bench.head));
  });
});

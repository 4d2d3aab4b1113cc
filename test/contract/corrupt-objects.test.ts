import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import type { TagReading } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';
import { listTags, readTags } from '../support/tags.js';
import { annotate, type Bench, benchOver, tagBytes } from './bench.js';

const box = sandbox();

/** Overwrites the file of a loose object. */
function corrupt({ dir }: Repository, oid: string, bytes: string | Uint8Array): void {
  const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}

function benchWith(name: string): Bench & { made: Repository; head: string } {
  const made = box.repository(name);
  const bench = benchOver(box, made);
  const head = bench.commit({ 'model.bin': '1' });
  for (const tagName of ['churn@v1.0.0', 'churn@v3.0.0', 'other@v1.0.0']) annotate(bench, tagName, head);
  return { ...bench, made, head };
}

const good = (readings: readonly TagReading[]): string[] =>
  readings.flatMap((one) => ('tag' in one ? [one.tag.name] : []));
const broken = (readings: readonly TagReading[]): [string, string][] =>
  readings.flatMap((one) => ('tag' in one ? [] : [[one.ref.name, one.defect] as [string, string]]));

test.each([
  ['no bytes', ''],
  ['bytes that are no zlib stream', 'garbage'],
  ['a zlib stream that breaks off', Buffer.from('789c4b2a', 'hex')],
])('a tag whose object file holds %s hides no other', async (what, bytes) => {
  const { repository, made, head, ...bench } = benchWith(`tag ${what}`);
  corrupt(made, annotate({ repository, ...bench }, 'churn@v2.0.0', head), bytes);
  for (const artifact of [undefined, artifactName('churn')]) {
    const readings = await readTags(repository, artifact);
    expect(good(readings)).toEqual(
      ['churn@v1.0.0', 'churn@v3.0.0', 'other@v1.0.0'].slice(0, artifact ? 2 : 3),
    );
    expect(broken(readings)).toEqual([['churn@v2.0.0', 'missing']]);
    expect(await listTags(repository, artifact)).toHaveLength(artifact ? 3 : 4);
  }
});

test('several corrupt tags in a row hide no other', async () => {
  const { repository, made, head, ...bench } = benchWith('several');
  for (const name of ['a@v1.0.0', 'churn@v2.0.0', 'churn@v2.1.0', 'z@v1.0.0'])
    corrupt(made, annotate({ repository, ...bench }, name, head), 'garbage');
  const readings = await readTags(repository);
  expect(good(readings)).toEqual(['churn@v1.0.0', 'churn@v3.0.0', 'other@v1.0.0']);
  expect(broken(readings)).toHaveLength(4);
});

test('a tag of a tag whose object file is corrupt hides no other', async () => {
  const { repository, made, head, ...bench } = benchWith('nested');
  const inner = bench.add('tag', tagBytes(head, 'inner'));
  for (const name of ['churn@v2.0.0', 'churn@v4.0.0'])
    bench.point(name, bench.add('tag', tagBytes(inner, name, 'tag')));
  const whole = bench.add('tag', tagBytes(head, 'whole'));
  bench.point('churn@v5.0.0', bench.add('tag', tagBytes(whole, 'churn@v5.0.0', 'tag')));
  corrupt(made, inner, 'garbage');
  const readings = await readTags(repository);
  expect(good(readings)).toEqual(['churn@v1.0.0', 'churn@v3.0.0', 'churn@v5.0.0', 'other@v1.0.0']);
  expect(broken(readings)).toEqual([
    ['churn@v2.0.0', 'missing'],
    ['churn@v4.0.0', 'missing'],
  ]);
});

test.each([
  ['no bytes', ''],
  ['no id', 'garbage\n'],
  ['a symbolic ref to nothing', 'ref: refs/heads/gone\n'],
])('a ref file that holds %s hides no other tag', async (what, content) => {
  const { repository, made } = benchWith(`ref ${what}`);
  made.writeTagRef('churn@v2.0.0', content);
  expect(good(await readTags(repository))).toEqual(['churn@v1.0.0', 'churn@v3.0.0', 'other@v1.0.0']);
  const names = (await listTags(repository)).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['churn@v1.0.0', 'churn@v3.0.0', 'other@v1.0.0']));
});

test('a missing and a corrupt file are two different errors', async () => {
  const { repository, made, head } = benchWith('blob');
  const entry = await repository.objects.entry(head, 'model.bin');
  corrupt(made, entry?.oid ?? '', 'garbage');
  for (const oid of [entry?.oid ?? '', '0123456789abcdef0123456789abcdef01234567'])
    await expect(repository.objects.blob(oid)).rejects.toMatchObject({ code: 'SOURCE_PATH' });
});

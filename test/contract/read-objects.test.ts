import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RegError } from '../../src/errors.js';
import { sandbox } from '../support/repo.js';
import { LOCAL_READERS, readersInTurn, URL_READINGS, urlBench } from './bench.js';
import { NOWHERE } from './broken.js';

const box = sandbox();

const BYTES = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);

describe.each(readersInTurn())('reading commits and files: %s', (kind, makeBench, turns) => {
  const bench = makeBench(box, `${kind}-objects`);
  const { repository } = bench;
  const first = bench.commit({ 'model.bin': 'one' });
  const second = bench.commit({
    'model.bin': 'two',
    'models/churn.bin': 'churn',
    'models/deep/er/x.bin': 'x',
    'models2/y.bin': 'y',
    'models/Ümläut *?[x].bin': 'odd',
  });

  turns.test('HEAD is the newest commit', async () => {
    expect(await repository.objects.commit('HEAD')).toBe(second);
  });

  turns.test('a full and an abbreviated id name their commit', async () => {
    expect(await repository.objects.commit(first)).toBe(first);
    expect(await repository.objects.commit(first.slice(0, 10))).toBe(first);
  });

  turns.test('what names no commit is undefined', async () => {
    for (const rev of ['no-such-branch', '0123456789abcdef0123456789abcdef01234567', 'deadbeef'])
      expect(await repository.objects.commit(rev)).toBeUndefined();
  });

  turns.test('many objects in one go are those that single questions give', async () => {
    const { objects } = repository;
    // absent where a single question is as cheap
    if (kind.startsWith('embedded') || objects.many === undefined) return;
    const folder = await objects.entry(second, 'models');
    const trees = await objects.many.trees([second, first, folder?.oid ?? '']);
    expect(trees.get(second)?.map(({ path, type }) => [path, type])).toEqual([
      ['model.bin', 'blob'],
      ['models', 'tree'],
      ['models2', 'tree'],
    ]);
    expect(trees.get(folder?.oid ?? '')?.map(({ path }) => path)).toContain('Ümläut *?[x].bin');
    const [old, now] = await Promise.all([first, second].map((commit) => objects.entry(commit, 'model.bin')));
    const blobs = await objects.many.blobs([now?.oid ?? '', old?.oid ?? '']);
    expect([...blobs.values()].map((bytes) => Buffer.from(bytes).toString())).toEqual(['two', 'one']);
  });

  turns.test('HEAD of a repository without commits is undefined', async () => {
    expect(await makeBench(box, `${kind}-empty`).repository.objects.commit('HEAD')).toBeUndefined();
  });

  turns.test('a file has the content that it had at the commit', async () => {
    for (const [commit, content] of [
      [first, 'one'],
      [second, 'two'],
    ] as const) {
      const entry = await repository.objects.entry(commit, 'model.bin');
      expect(entry).toMatchObject({ path: 'model.bin', type: 'blob' });
      expect(Buffer.from(await repository.objects.blob(entry?.oid ?? '')).toString()).toBe(content);
    }
  });

  turns.test('a file that is not there, not yet there, or below a file is undefined', async () => {
    expect(await repository.objects.entry(second, 'nothing.bin')).toBeUndefined();
    expect(await repository.objects.entry(first, 'models/churn.bin')).toBeUndefined();
    expect(await repository.objects.entry(second, 'model.bin/x')).toBeUndefined();
    expect(await repository.objects.entry(second, 'model')).toBeUndefined();
  });

  turns.test('a folder is a tree, the top one too', async () => {
    expect(await repository.objects.entry(second, 'models')).toMatchObject({ path: 'models', type: 'tree' });
    expect(await repository.objects.entry(second, '')).toMatchObject({ path: '', type: 'tree' });
  });

  turns.test('a path is meant literally', async () => {
    const odd = await repository.objects.entry(second, 'models/Ümläut *?[x].bin');
    expect(odd?.path).toBe('models/Ümläut *?[x].bin');
    expect(await repository.objects.entry(second, 'models/*')).toBeUndefined();
    expect(await repository.objects.entries(second, 'model*')).toEqual([]);
  });

  turns.test('the entries below a folder are its files at any depth, and no neighbour', async () => {
    const paths = (await repository.objects.entries(second, 'models')).map(({ path }) => path);
    expect([...paths].sort()).toEqual([
      'models/churn.bin',
      'models/deep/er/x.bin',
      'models/Ümläut *?[x].bin',
    ]);
  });

  turns.test('the entries below the top are all files', async () => {
    expect(await repository.objects.entries(second, '')).toHaveLength(5);
    expect(await repository.objects.entries(first, '')).toMatchObject([{ path: 'model.bin', type: 'blob' }]);
  });
});

test.each(LOCAL_READERS)('bytes come as they are: %s', async (kind, makeBench) => {
  const { repository, add } = makeBench(box, `${kind}-bytes`);
  expect(Buffer.from(await repository.objects.blob(add('blob', BYTES))).equals(BYTES)).toBe(true);
  expect(await repository.objects.blob(add('blob', ''))).toHaveLength(0);
});

test.each(URL_READINGS)('bytes come as they are: %s', async (kind, reading) => {
  const made = box.repository(`${kind}-bytes`);
  const { repository } = urlBench(box, made, reading);
  const commit = made.commit({ 'model.bin': BYTES, empty: '' });
  made.commit({ 'model.bin': 'something else' });
  const read = async (path: string): Promise<Uint8Array> =>
    repository.objects.blob((await repository.objects.entry(commit, path))?.oid ?? '');
  expect(Buffer.from(await read('model.bin')).equals(BYTES)).toBe(true);
  expect(await read('empty')).toHaveLength(0);
});

test.each(URL_READINGS)('entries that are no files: %s', async (kind, reading) => {
  const made = box.repository(`${kind}-types`);
  const { repository } = urlBench(box, made, reading);
  const first = made.commit({ 'model.bin': '1' });
  symlinkSync('model.bin', join(made.dir, 'link'));
  made.git('update-index', '--add', '--cacheinfo', `160000,${first},module`);
  made.git('add', 'link');
  made.git('commit', '--quiet', '--message', 'Link');
  const commit = made.git('rev-parse', 'HEAD');
  expect(await repository.objects.entries(commit, '')).toMatchObject([
    { path: 'link', type: 'link' },
    { path: 'model.bin', type: 'blob' },
    { path: 'module', type: 'commit', oid: first },
  ]);
});

test.each(URL_READINGS)('a commit or a file that the remote has not got: %s', async (kind, reading) => {
  const made = box.repository(`${kind}-missing`);
  made.commit({ 'model.bin': '1' });
  const { repository } = urlBench(box, made, reading);
  for (const ask of [
    () => repository.objects.entry(NOWHERE, 'model.bin'),
    () => repository.objects.entries(NOWHERE, ''),
    () => repository.objects.blob(NOWHERE),
  ])
    await expect(ask()).rejects.toThrow(RegError);
});

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../src/git/open.js';
import { sandbox } from '../support/repo.js';

// processes of git that go on answer what a run of git for each question answers

const box = sandbox();
const repository = box.repository('repository');
const first = repository.commit({
  'a.txt': 'a',
  'deep/er/b c.txt': 'b',
  'deep/er/ünï.txt': 'c',
  'large.bin': Buffer.alloc(3_000_000, 'x'),
});
symlinkSync('a.txt', join(repository.dir, 'link'));
repository.git('add', 'link');
const second = repository.commit();
repository.tag('churn@v1.0.0');
const MISSING = '1'.repeat(40);

const open = (isLasting: boolean) =>
  openRepository(repository.dir, box.root, join(box.root, 'cache'), { env: box.env, isLasting });

test('about entries, bytes, sizes, types and tags', async () => {
  const [once, lasting] = await Promise.all([open(false), open(true)]);
  const both = async <T>(ask: (one: typeof once) => Promise<T>): Promise<void> => {
    const failed = (error: Error) => ({ failed: error.message });
    expect(await ask(lasting).catch(failed)).toEqual(await ask(once).catch(failed));
  };
  const paths = [
    '',
    'a.txt',
    'deep',
    'deep/er',
    'deep/er/b c.txt',
    'deep/er/ünï.txt',
    'link',
    'link/x',
    'a.txt/x',
    'nothing',
    'deep/nothing/x',
    'deep/',
  ];
  for (const commit of [first, second, MISSING, 'HEAD'])
    for (const path of paths) await both(({ objects }) => objects.entry(commit, path));
  const oid = async (path: string) => (await once.objects.entry(second, path))?.oid ?? '';
  const oids = [await oid('a.txt'), await oid('large.bin'), await oid('deep'), MISSING, second];
  for (const one of oids)
    for (const most of [undefined, 0, 1, 100])
      await both(async ({ objects }) =>
        Buffer.from(await objects.blob(one, most))
          .toString('hex')
          .slice(0, 1000),
      );
  await both(({ objects }) => objects.sizes(oids));
  await both(({ objects }) => objects.types(oids));
  await both(async ({ tags }) => tags.read([...(await tags.list('all')).refs]));
  await both(async ({ tags }) => tags.read([{ name: 'churn@v9.0.0', oid: MISSING, peeled: second }]));
});

test('new objects are seen, and after a corrupt object the next answer is right', async () => {
  const { objects } = await open(true);
  const before = await objects.entry(second, 'a.txt');
  const third = repository.commit({ 'new.txt': 'new' });
  const entry = await objects.entry(third, 'new.txt');
  expect(Buffer.from(await objects.blob(entry?.oid ?? '')).toString()).toBe('new');
  repository.git('repack', '-adq');
  const fourth = repository.commit({ 'newer.txt': 'newer' });
  expect(await objects.entry(fourth, 'newer.txt')).toMatchObject({ type: 'blob' });
  const { writeFileSync, chmodSync } = await import('node:fs');
  const bad = (await objects.entry(fourth, 'newer.txt'))?.oid ?? '';
  const file = join(repository.dir, '.git/objects', bad.slice(0, 2), bad.slice(2));
  chmodSync(file, 0o644);
  writeFileSync(file, 'no object');
  await expect(objects.blob(bad)).rejects.toMatchObject({ code: 'SOURCE_PATH' });
  expect(Buffer.from(await objects.blob(before?.oid ?? '')).toString()).toBe('a');
});

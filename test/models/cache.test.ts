import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clearCache, listCache, openModelCache } from '../../src/models/cache.js';
import { digestOf } from '../../src/models/digest.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reg-cache-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const DAY = 24 * 3600 * 1000;
const START = Date.UTC(2026, 0, 1);
const SHA = 'ab'.repeat(32);

it('a kept model is found by its bytes, as a file or a folder, until it is evicted', async () => {
  const cache = openModelCache(join(root, 'cache'), () => START);
  expect(await cache.find(SHA)).toBeUndefined();
  await mkdir(join(root, 'm/a'), { recursive: true });
  await writeFile(join(root, 'm/a/b'), 'b');
  await cache.keep(join(root, 'm'), SHA, 'model');
  const found = await cache.find(SHA);
  expect(found).toMatchObject({ kind: 'folder', name: 'model', files: [{ path: 'a/b', size: 1 }] });
  expect(found && (await digestOf(found))).toMatchObject({ size: 1 });
  await cache.evict(SHA);
  expect(await cache.find(SHA)).toBeUndefined();
  expect(await readFile(join(root, 'm/a/b'), 'utf8')).toBe('b');
});

it('keeping twice, and where nothing can be written, is no error', async () => {
  await writeFile(join(root, 'm'), 'x');
  const cache = openModelCache(join(root, 'cache'), () => START);
  await cache.keep(join(root, 'm'), SHA, 'm');
  await cache.keep(join(root, 'm'), SHA, 'm');
  expect(await cache.find(SHA)).toMatchObject({ kind: 'file' });
  await openModelCache(join(root, 'm'), () => START).keep(join(root, 'm'), SHA, 'm');
});

it('lists what it keeps, and removes what was not used for some days', async () => {
  const cache = join(root, 'cache');
  await writeFile(join(root, 'm'), 'four');
  let now = START;
  const models = openModelCache(cache, () => now);
  await models.keep(join(root, 'm'), SHA, 'm');
  await models.find(SHA);
  const other = 'cd'.repeat(32);
  await models.keep(join(root, 'm'), other, 'n');
  now += 20 * DAY;
  await models.find(other);
  const rows = await listCache(cache);
  expect(rows).toEqual([
    {
      kind: 'model',
      name: 'n',
      sha256: other,
      path: join(cache, 'models', other, 'n'),
      size: 4,
      used: '2026-01-21T00:00:00.000Z',
    },
    {
      kind: 'model',
      name: 'm',
      sha256: SHA,
      path: join(cache, 'models', SHA, 'm'),
      size: 4,
      used: '2026-01-01T00:00:00.000Z',
    },
  ]);
  expect(await clearCache(cache, 30, now)).toEqual([]);
  expect((await clearCache(cache, 20, now)).map(({ name }) => name)).toEqual(['m']);
  expect((await listCache(cache)).map(({ name }) => name)).toEqual(['n']);
  await expect(stat(join(cache, 'models', SHA))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await listCache(join(root, 'nothing'))).toEqual([]);
});

it('a pipe, a device or a link is no model, and makes way for one', async () => {
  await writeFile(join(root, 'm'), 'four');
  const cache = openModelCache(join(root, 'cache'), () => START);
  const entry = cache.pathOf(SHA, 'm');
  for (const make of [
    async () => void spawnSync('mkfifo', [entry]),
    async () => symlink('/dev/zero', entry),
    async () => symlink(join(root, 'm'), entry),
  ]) {
    await mkdir(join(entry, '..'), { recursive: true });
    await make();
    expect(await cache.find(SHA)).toBeUndefined();
    await cache.keep(join(root, 'm'), SHA, 'm');
    expect(await cache.find(SHA)).toMatchObject({ kind: 'file' });
    await cache.evict(SHA);
  }
  expect(await readFile(join(root, 'm'), 'utf8')).toBe('four');
});

it('a folder of the cache that is a link is not written through', async () => {
  await writeFile(join(root, 'm'), 'four');
  await mkdir(join(root, 'elsewhere'));
  await mkdir(join(root, 'cache/models'), { recursive: true });
  await symlink(join(root, 'elsewhere'), join(root, 'cache/models', SHA));
  const cache = openModelCache(join(root, 'cache'), () => START);
  await cache.keep(join(root, 'm'), SHA, 'm');
  expect(await cache.part(SHA, 'm')).toBeUndefined();
  await expect(cache.makeFolder(SHA)).rejects.toMatchObject({ code: 'FILE_SYSTEM' });
  expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
});

it('what a link in the place of the cache leads to is neither listed nor cleared up', async () => {
  await mkdir(join(root, 'elsewhere/old'), { recursive: true });
  await writeFile(join(root, 'elsewhere/old/file'), 'mine');
  await mkdir(join(root, 'cache'));
  for (const name of ['models', 'repositories', 'embedded'])
    await symlink(join(root, 'elsewhere'), join(root, 'cache', name));
  expect(await listCache(join(root, 'cache'))).toEqual([]);
  expect(await clearCache(join(root, 'cache'), 0, Date.now() + 9 * DAY)).toEqual([]);
  expect(await readFile(join(root, 'elsewhere/old/file'), 'utf8')).toBe('mine');
});

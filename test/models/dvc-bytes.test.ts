import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StoreOpener } from '../../src/stores/port.js';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, keyOf, pushTo, trackFile, trackFolder } from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
let count = 0;
let project: Repository;
let remote: string;
const { find, read, failure } = dvcIn(box, () => project);
const bytes = randomBytes(1000);
const model = trackFile(bytes);
const folder = trackFolder({ 'a.bin': bytes, 'b.bin': 'b' });
beforeEach(() => {
  count += 1;
  remote = join(box.root, `remote-${count}`);
  project = box.repository(`project-${count}`);
  pushTo(remote, model, folder);
  project.commit({
    '.dvc/config': dvcConfig(remote),
    'm.bin.dvc': dvcFile('m.bin', model),
    'data.dvc': dvcFile('data', folder),
  });
});
const objectOf = (md5: string): string => join(remote, keyOf(md5));

/** Wraps what stores do, and tells what was asked of them. */
const asked: string[] = [];
const counted = (opener: StoreOpener): StoreOpener => ({
  openStore: async (url, settings) => {
    const store = await opener.openStore(url, settings);
    return {
      ...store,
      stat: (key) => store.stat(key).finally(() => asked.push('stat')),
      list: (below) => store.list(below).finally(() => asked.push('list')),
      read: (key, range) => store.read(key, range).finally(() => asked.push('read')),
    };
  },
});

describe('what is wrong with the bytes', () => {
  test('a file that was not pushed', async () => {
    rmSync(objectOf(model.md5));
    expect(await failure('m.bin')).toMatchObject({
      code: 'SOURCE_PATH',
      message: `m.bin (md5 ${model.md5}) is missing in the DVC remote 'storage', file://${remote}`,
      hint: 'put it there from a clone that has it: dvc push --remote storage m.bin',
    });
  });

  test('a manifest, and a file of a folder, that were not pushed', async () => {
    rmSync(objectOf(trackFile('b').md5));
    expect(await failure('data')).toMatchObject({
      code: 'SOURCE_PATH',
      message: expect.stringContaining(
        `data/b.bin (md5 ${trackFile('b').md5}) is missing in the DVC remote 'storage'`,
      ),
      hint: 'put it there from a clone that has it: dvc push --remote storage data',
    });
    expect(await read('data/a.bin')).toEqual({ 'a.bin': bytes });
    rmSync(objectOf(folder.md5));
    expect((await failure('data')).message).toContain(`data (md5 ${folder.md5}) is missing`);
  });

  test('an import, which `dvc push` leaves out', async () => {
    rmSync(objectOf(model.md5));
    const deps =
      'deps:\n- path: m.bin\n  repo:\n    url: https://ann:secret@example.com/research\n    rev_lock: abc\n';
    project.commit({ 'm.bin.dvc': `${deps}${dvcFile('m.bin', model)}` });
    const { code, message } = await failure('m.bin');
    expect({ code, message }).toEqual({
      code: 'REMOTE_FAILED',
      message: `m.bin (md5 ${model.md5}) is missing in the DVC remote 'storage', file://${remote}; it was imported from https://example.com/research, and no import is followed here`,
    });
  });

  test('other bytes of the same length', async () => {
    writeFileSync(objectOf(model.md5), randomBytes(1000));
    for (const path of ['m.bin', 'data', 'data/a.bin'])
      expect((await failure(path)).code, path).toBe('HASH_MISMATCH');
  });

  test('a file that was not written to its end', async () => {
    truncateSync(objectOf(model.md5), 999);
    expect(await failure('m.bin')).toMatchObject({
      code: 'HASH_MISMATCH',
      message: `m.bin (md5 ${model.md5}) has 999 bytes in the DVC remote 'storage', file://${remote}, not 1000 bytes as m.bin.dvc says`,
    });
    expect((await failure('data')).code).toBe('HASH_MISMATCH');
  });

  test('another manifest, or half of it', async () => {
    const other = trackFolder({ 'c.bin': 'c' });
    pushTo(remote, other);
    const [[, manifest] = ['', Buffer.alloc(0)]] = other.objects;
    writeFileSync(objectOf(folder.md5), manifest);
    expect(await failure('data')).toMatchObject({
      code: 'HASH_MISMATCH',
      message: expect.stringContaining(`md5 ${other.md5.slice(0, 32)}, not md5 ${folder.md5.slice(0, 32)}`),
    });
    truncateSync(objectOf(folder.md5), 20);
    expect((await failure('data')).code).toBe('HASH_MISMATCH');
  });
});

test('a load that is cancelled is interrupted', async () => {
  const ending = new AbortController();
  const found = await find('m.bin', { signal: ending.signal });
  ending.abort();
  await expect(found?.files[0]?.open()).rejects.toMatchObject({ code: 'INTERRUPTED' });
  for (const path of ['m.bin', 'data'])
    await expect(find(path, { signal: ending.signal }), path).rejects.toMatchObject({ code: 'INTERRUPTED' });
});

describe('how much is asked', () => {
  const many = trackFolder(
    Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}`, `${index}`])),
  );
  beforeEach(() => {
    pushTo(remote, many);
    project.commit({ 'many.dvc': dvcFile('many', many) });
    asked.length = 0;
  });
  const times = (what: string): number => asked.filter((one) => one === what).length;

  test('of many files, folders are listed, and no more than 3 files of one are asked for', async () => {
    const found = await find('many', { stores: counted });
    expect(found?.files).toHaveLength(3000);
    expect(found?.files.reduce((sum, { size }) => sum + (size ?? Number.NaN), 0)).toBe(many.size);
    expect(times('list')).toBeGreaterThan(200);
    expect(times('list') + times('stat')).toBeLessThanOrEqual(256 * 3);
    expect(times('read')).toBe(1);
  });

  test('of one file in a folder, the manifest and the file', async () => {
    await find('many/77', { stores: counted });
    expect(asked.toSorted()).toEqual(['read', 'stat', 'stat']);
  });

  test('where a folder of the remote cannot be listed, each file is asked for', async () => {
    const md5 = [...many.objects.keys()][1]?.split('/').at(-2) ?? '';
    symlinkSync('/nowhere', join(remote, 'files/md5', md5, 'dangling'));
    expect((await find('many', { stores: counted }))?.files).toHaveLength(3000);
  });
});

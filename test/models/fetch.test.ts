import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import { type ModelCache, openModelCache } from '../../src/models/cache.js';
import { digestOf } from '../../src/models/digest.js';
import { fetchModel, type Target, type WantedModel } from '../../src/models/fetch.js';
import { placeModel } from '../../src/models/place.js';
import type { SourceModel } from '../../src/models/source.js';
import { ownerName } from '../../src/util/files.js';
import { fileIn, folderOf, oneFile } from '../support/models.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reg-fetch-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const NOW = Date.UTC(2026, 5, 1);
const at = (...parts: string[]): string => join(root, 'work', ...parts);
const cached = (...parts: string[]): string => join(root, 'cache/models', ...parts);
const text = (...parts: string[]): Promise<string> => readFile(at(...parts), 'utf8');
const below = async (): Promise<string[]> =>
  (await readdir(at(), { recursive: true }).catch(() => [])).sort();

const file = oneFile(fileIn('m.bin', 'abc'));
const tree = folderOf(fileIn('a/b.bin', 'b'), fileIn('c.bin', 'c'));

/** Fetches and places a model. */
async function fetchInto(wanted: WantedModel, target: Target, { cache }: { cache: ModelCache }) {
  const verified = await fetchModel(wanted, target, { cache });
  return placeModel(verified, cache);
}

/** Fetches a model to a path, pinned to its bytes unless they are left open. */
async function fetch(model: SourceModel, to: string, force?: boolean, open?: 'open') {
  const promises = open ? [{}] : [await digestOf(model)];
  const wanted = { what: 'churn', name: model.name, promises, model };
  const cache = openModelCache(join(root, 'cache'), () => NOW);
  return fetchInto(wanted, { to, force }, { cache });
}

describe('fetching a model (docs/specification.md, 5 Commands, load)', () => {
  it('makes the folders on the way, and leaves nothing else behind', async () => {
    await fetch(file, at('x', 'y', 'm.bin'));
    await fetch(tree, at('x', 'tree'));
    expect(await text('x', 'y', 'm.bin')).toBe('abc');
    expect(await below()).toEqual([
      'x',
      'x/tree',
      'x/tree/a',
      'x/tree/a/b.bin',
      'x/tree/c.bin',
      'x/y',
      'x/y/m.bin',
    ]);
  });

  it.each([
    ['file', file, 'm'],
    ['folder', tree, join('m', 'c.bin')],
  ])('leaves the same %s alone', async (_kind, model, inside) => {
    await fetch(model, at('m'));
    await utimes(at(inside), 1, 1);
    await fetch(model, at('m'));
    await fetch(model, at('m'), true);
    await fetch(model, at('m'), false, 'open');
    expect((await stat(at(inside))).mtimeMs).toBe(1000);
  });

  it('another file is replaced only when that is forced', async () => {
    await mkdir(at());
    await writeFile(at('m'), 'other');
    await expect(fetch(file, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await expect(fetch(file, at('m'), false, 'open')).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await fetch(file, at('m'), true);
    expect(await text('m')).toBe('abc');
    expect(await below()).toEqual(['m']);
  });

  it('a folder is never replaced by a file', async () => {
    await mkdir(at('m'), { recursive: true });
    for (const force of [false, true])
      await expect(fetch(file, at('m'), force)).rejects.toThrow('is a folder, and the model is one file');
    expect(await below()).toEqual(['m']);
  });

  it('a file is replaced by a folder only when that is forced', async () => {
    await mkdir(at());
    await writeFile(at('m'), 'other');
    await expect(fetch(tree, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await fetch(tree, at('m'), true);
    expect(await below()).toEqual(['m', 'm/a', 'm/a/b.bin', 'm/c.bin']);
  });

  it('a file with the bytes of a model is not the folder around them', async () => {
    await fetch(file, at('m'));
    await expect(fetch(folderOf(fileIn('m.bin', 'abc')), at('m'))).rejects.toMatchObject({
      code: 'FILE_EXISTS',
    });
  });
});

describe('other bytes than promised', () => {
  it.each([
    ['of a file', file],
    ['of a folder', tree],
  ])('%s leave nothing behind, and what is there stays', async (_what, model) => {
    await mkdir(at());
    await writeFile(at('m'), 'mine');
    const wanted = {
      what: 'churn',
      name: 'm',
      promises: [{ sha256: '0'.repeat(64) }],
      model,
    };
    const cache = openModelCache(join(root, 'cache'), () => NOW);
    const run = fetchInto(wanted, { to: at('m'), force: true }, { cache });
    await expect(run).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    expect(await text('m')).toBe('mine');
    expect(await below()).toEqual(['m']);
  });

  it('every link on the way has to be right', async () => {
    const promises = [{ size: 3 }, {}, { size: 4 }];
    const wanted = { what: 'churn', name: 'm', promises, model: file };
    const cache = openModelCache(join(root, 'cache'), () => NOW);
    const run = fetchInto(wanted, { to: at('m') }, { cache });
    await expect(run).rejects.toThrow('3 bytes, not 4 bytes');
  });
});

describe('a file with an unsafe path', () => {
  it.each([
    ['a folder above', '../above'],
    ['folders above', '../../../../above'],
    ['a folder above a folder', 'a/../../../above'],
    ['the folder of a repository', '.git/config'],
    ['a device of Windows', 'a/NUL.txt'],
    ['a stream of Windows', 'a:b'],
    ['another separator', 'a\\..\\..\\above'],
    ['an absolute path', '/above'],
    ['a name that Windows cuts', 'a./b'],
  ])('%s: nothing is written anywhere', async (_what, path) => {
    const run = fetch(folderOf(fileIn('fine', 'f'), fileIn(path, 'x')), at('a/b/m'));
    await expect(run).rejects.toBeInstanceOf(RegError);
    expect((await below()).filter((one) => !['a', 'a/b'].includes(one))).toEqual([]);
  });

  it('two files that are one where letter case does not count', async () => {
    const run = fetch(folderOf(fileIn('Model.bin', 'a'), fileIn('model.bin', 'b')), at('m'));
    await expect(run).rejects.toMatchObject({ code: 'SOURCE_PATH' });
  });
});

describe('what broke off', () => {
  const BYTES = Buffer.alloc(100, 'x');
  const broken = (ranges: boolean, until: number) =>
    fileIn('m.bin', BYTES, { ranges }, (request) =>
      request <= until ? (request === 1 ? 'break off' : 'refuse') : undefined,
    );

  it('goes on from there in the next run', async () => {
    const promised = oneFile(fileIn('m.bin', BYTES));
    const wanted = { what: 'churn', name: 'm.bin', promises: [await digestOf(promised)] };
    const tools = { cache: openModelCache(join(root, 'cache'), () => NOW) };
    const first = broken(true, 2);
    await expect(
      fetchInto({ ...wanted, model: oneFile(first) }, { to: at('m') }, tools),
    ).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    expect(await below()).toEqual([]);
    const [entry = ''] = await readdir(cached());
    expect(await readdir(cached(entry))).toEqual([expect.stringMatching(/^\.m\.bin\.[0-9a-f]{12}\.part$/)]);
    const second = fileIn('m.bin', BYTES);
    await fetchInto({ ...wanted, model: oneFile(second) }, { to: at('m') }, tools);
    expect(second.asked).toEqual([{ start: 50, end: 100 }]);
    expect(await below()).toEqual(['m']);
  });

  it('starts again where a source cannot resume', async () => {
    await expect(fetch(oneFile(broken(false, 9)), at('m'), false, 'open')).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    expect(await below()).toEqual([]);
  });

  it('a wrong partial file is fetched again', async () => {
    const model = oneFile(fileIn('m.bin', BYTES));
    const { sha256 } = await digestOf(model);
    await mkdir(cached(sha256), { recursive: true });
    await writeFile(cached(sha256, `.m.bin.${sha256.slice(0, 12)}.part`), 'wrong');
    await fetch(model, at('m'));
    expect((await readFile(at('m'))).equals(BYTES)).toBe(true);
    expect(await below()).toEqual(['m']);
  });

  it('what a killed process left is taken over; what others may still write is not', async () => {
    const file = fileIn('m.bin', BYTES);
    const { sha256 } = await digestOf(oneFile(file));
    file.asked.length = 0;
    const { pid } = spawnSync('true');
    await mkdir(cached(sha256), { recursive: true });
    const left = (owner: string): string =>
      cached(sha256, `.m.bin.${sha256.slice(0, 12)}.0000.${owner}.part`);
    const others = [left(ownerName()), left(`elsewhere-${pid}`)];
    for (const path of others) await writeFile(path, 'in use');
    await writeFile(left(ownerName().replace(/\d+$/, String(pid))), BYTES.subarray(0, 10));
    await fetch(oneFile(file), at('m'));
    expect(file.asked.map((range) => range?.start)).toContain(10);
    for (const path of others) expect(await readFile(path, 'utf8')).toBe('in use');
    expect(await below()).toEqual(['m']);
    expect((await readdir(cached(sha256))).filter((name) => name.endsWith('.part'))).toHaveLength(2);
  });

  it('nothing is resumed without a known hash', async () => {
    const first = broken(true, 2);
    await expect(fetch(oneFile(first), at('m'), false, 'open')).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    expect(await below()).toEqual([]);
    expect(first.asked).toEqual([undefined]);
  });

  it('files of another model that a part of a folder holds are not delivered', async () => {
    const model = folderOf(fileIn('a', 'a'), fileIn('b', 'b'));
    const { sha256 } = await digestOf(model);
    const part = cached(sha256, `.${model.name}.${sha256.slice(0, 12)}.part`);
    await mkdir(join(part, 'old'), { recursive: true });
    await writeFile(join(part, 'old', 'c'), 'c');
    await fetch(model, at('m'));
    expect((await below()).filter((one) => one.endsWith('c'))).toEqual([]);
  });
});

describe('names that another one may have put there', () => {
  const BYTES = Buffer.alloc(100, 'x');
  const canary = (): string => join(root, 'canary');
  let sha256 = '';
  beforeEach(async () => {
    ({ sha256 } = await digestOf(oneFile(fileIn('m.bin', BYTES))));
    await mkdir(at());
    await mkdir(cached(sha256), { recursive: true });
    await mkdir(canary());
    await writeFile(join(canary(), 'c.bin'), 'alive');
  });
  const isAlive = async (): Promise<void> => {
    expect(await readFile(join(canary(), 'c.bin'), 'utf8')).toBe('alive');
    expect(await readdir(canary())).toEqual(['c.bin']);
  };

  it.each([
    ['beside the target', () => at()],
    ['in the cache', () => cached(sha256)],
  ])('a part %s that is a link is neither written nor emptied', async (_where, folder) => {
    for (const name of ['m', 'm.bin'])
      await symlink(join(canary(), 'c.bin'), join(folder(), `.${name}.${sha256.slice(0, 12)}.part`));
    await fetch(oneFile(fileIn('m.bin', BYTES)), at('m'));
    expect((await readFile(at('m'))).equals(BYTES)).toBe(true);
    await isAlive();
  });

  it.each([
    ['a link to a folder', async (part: string) => symlink(canary(), part)],
    [
      'a folder with a link in it',
      async (part: string) => {
        await mkdir(part);
        await symlink(canary(), join(part, 'a'));
      },
    ],
    ['a pipe', async (part: string) => void spawnSync('mkfifo', [part])],
    ['another name of a file', async (part: string) => link(join(canary(), 'c.bin'), part)],
  ])('a part of a folder that is %s', async (_what, make) => {
    const digest = await digestOf(tree);
    await mkdir(cached(digest.sha256), { recursive: true });
    for (const folder of [at(), cached(digest.sha256)])
      for (const name of ['m', tree.name])
        await make(join(folder, `.${name}.${digest.sha256.slice(0, 12)}.part`));
    await fetch(tree, at('m'));
    expect(await text('m', 'a/b.bin')).toBe('b');
    await isAlive();
  });

  it('a target that is a link to a file is replaced itself, when it is forced; one to a folder is not followed', async () => {
    await symlink(join(canary(), 'c.bin'), at('m'));
    await expect(fetch(file, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await fetch(file, at('m'), true);
    expect(await text('m')).toBe('abc');
    await rm(at('m'));
    await symlink(canary(), at('m'));
    for (const force of [false, true])
      await expect(fetch(tree, at('m'), force)).rejects.toThrow(`is a symbolic link to ${canary()}`);
    expect((await lstat(at('m'))).isSymbolicLink()).toBe(true);
    await isAlive();
  });

  it('without a cache that can be written nothing is left to go on from', async () => {
    const first = fileIn('m.bin', BYTES, {}, (n) => (n === 1 ? 'break off' : 'refuse'));
    await rm(cached(), { recursive: true });
    await writeFile(cached(), '');
    const promised = { what: 'churn', name: 'm.bin', promises: [{ sha256, size: 100 }] };
    const tools = { cache: openModelCache(join(root, 'cache'), () => NOW) };
    const run = fetchInto({ ...promised, model: oneFile(first) }, { to: at('m') }, tools);
    await expect(run).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(await below()).toEqual([]);
    await fetch(oneFile(fileIn('m.bin', BYTES)), at('m'));
    expect(await below()).toEqual(['m']);
  });
});

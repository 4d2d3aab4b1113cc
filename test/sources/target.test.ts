import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFolder } from '../../src/disk/files.js';
import { fileModel, folderModel } from '../../src/sources/model-bytes.js';
import { placeModel } from '../../src/sources/target.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reg-target-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...parts: string[]): string => join(folder, ...parts);
const text = (...parts: string[]): Promise<string> => readFile(at(...parts), 'utf8');
const file = fileModel({ path: 'm.bin', bytes: Buffer.from('abc') });
const tree = folderModel([
  { path: 'a/b.bin', bytes: Buffer.from('b') },
  { path: 'c.bin', bytes: Buffer.from('c') },
]);

describe('placing a model (SPEC §5, load)', () => {
  it('makes the folders on the way, and leaves nothing else behind', async () => {
    await placeModel(file, at('x', 'y', 'm.bin'));
    await placeModel(tree, at('x', 'tree'));
    expect(await text('x', 'y', 'm.bin')).toBe('abc');
    expect(await text('x', 'tree', 'a', 'b.bin')).toBe('b');
    expect((await readdir(at('x'))).sort()).toEqual(['tree', 'y']);
    expect(await isFolder(at('x', 'tree'))).toBe(true);
    expect(await isFolder(at('x', 'y', 'm.bin'))).toBe(false);
    expect(await isFolder(at('nothing'))).toBe(false);
  });

  it.each([
    ['file', file, 'm'],
    ['folder', tree, join('m', 'c.bin')],
  ])('leaves the same %s alone', async (_kind, model, inside) => {
    await placeModel(model, at('m'));
    await utimes(at(inside), 1, 1);
    await placeModel(model, at('m'));
    await placeModel(model, at('m'), true);
    expect((await stat(at(inside))).mtimeMs).toBe(1000);
  });

  it.each([
    ['another file', async () => writeFile(at('m'), 'other')],
    ['a folder', async () => mkdir(at('m'))],
  ])('refuses to replace %s with a file, unless forced', async (_what, prepare) => {
    await prepare();
    await expect(placeModel(file, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await placeModel(file, at('m'), true);
    expect(await text('m')).toBe('abc');
    expect(await readdir(folder)).toEqual(['m']);
  });

  it.each([
    ['a file', async () => writeFile(at('m'), 'other')],
    ['an empty folder', async () => mkdir(at('m'))],
    [
      'a folder with a file more',
      async () => {
        await placeModel(tree, at('m'));
        await writeFile(at('m', 'more'), '');
      },
    ],
  ])('refuses to replace %s with a folder, unless forced', async (_what, prepare) => {
    await prepare();
    await expect(placeModel(tree, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await placeModel(tree, at('m'), true);
    expect((await readdir(at('m'))).sort()).toEqual(['a', 'c.bin']);
    expect(await readdir(folder)).toEqual(['m']);
  });

  it('a file with the bytes of a model is not the folder around them', async () => {
    const one = folderModel([{ path: 'm.bin', bytes: Buffer.from('abc') }]);
    await placeModel(file, at('m'));
    await expect(placeModel(one, at('m'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  });
});

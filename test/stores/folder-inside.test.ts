import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/stores/folder.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { failure } from '../contract/stores-objects.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
let made = 0;

/** A folder with files in it, and the store of it. */
function folderOf(files: Readonly<Record<string, string>> = {}): { top: string; store: ObjectStore } {
  made += 1;
  const top = join(box.root, `store-${made}`);
  mkdirSync(top);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  return { top, store: openFolder(top, { env: {} }) };
}

const bytesOf = (text: string): Readable => Readable.from([Buffer.from(text)], { objectMode: false });
const read = async (store: ObjectStore, key: string): Promise<string> =>
  String(await buffer(await store.read(key)));
const code = async (promise: Promise<unknown>): Promise<string> => (await failure(promise)).code;

describe('keys of a folder', () => {
  const KEYS = ['..', '../x', 'a/../../x', './x', 'a/./x', '/etc/passwd', 'a//x', 'a/', '', 'x\0y'];
  it.each(KEYS)('%j leads nowhere', async (key) => {
    const { top, store } = folderOf({ 'a/x': 'x' });
    const before = readdirSync(box.root);
    if (key !== '') {
      expect(await code(store.stat(key))).toBe('SOURCE_PATH');
      expect(await code(store.list(key))).toBe('SOURCE_PATH');
    }
    expect(await code(store.read(key))).toBe('SOURCE_PATH');
    expect(await code(store.write(key, bytesOf('new'), 3))).toBe('SOURCE_PATH');
    expect(readdirSync(box.root)).toEqual(before);
    expect(readdirSync(top, { recursive: true }).sort()).toEqual(['a', 'a/x']);
  });
});

describe('symbolic links', () => {
  function linked() {
    const outside = folderOf({ secret: 'secret' });
    const inside = folderOf({ 'real/file': 'file' });
    const link = (to: string, from: string): void => symlinkSync(to, join(inside.top, from));
    return { ...inside, outside: outside.top, link };
  }

  it('may be the folder itself', async () => {
    const { top } = folderOf({ 'a/b': 'b' });
    symlinkSync(top, `${top}-link`);
    const store = openFolder(`${top}-link`, { env: {} });
    await store.write('c/d', bytesOf('d'), 1);
    expect((await store.list('')).map(({ key }) => key)).toEqual(['a/b', 'c/d']);
    expect(await read(store, 'a/b')).toBe('b');
    expect(readFileSync(join(top, 'c/d'), 'utf8')).toBe('d');
  });

  it('that stay inside are followed, but for folders in a listing', async () => {
    const { store, link } = linked();
    link('real/file', 'latest');
    expect(await read(store, 'latest')).toBe('file');
    expect((await store.list('')).map(({ key, size }) => [key, size])).toEqual([
      ['latest', 4],
      ['real/file', 4],
    ]);
    link('real', 'folder');
    expect(await read(store, 'folder/file')).toBe('file');
    expect(await failure(store.list(''))).toMatchObject({
      code: 'SOURCE_PATH',
      message: expect.stringContaining('/folder is a symbolic link to a folder'),
    });
  });

  it('that lead out are refused by name, and nothing is written through them', async () => {
    const { top, store, outside, link } = linked();
    link(outside, 'out');
    link(join(outside, 'secret'), 'file');
    link('../..', 'up');
    for (const key of ['out/secret', 'file', 'out', 'up']) {
      expect(await code(store.stat(key)), key).toBe('SOURCE_PATH');
      expect(await code(store.read(key)), key).toBe('SOURCE_PATH');
    }
    for (const key of ['out/new', 'out/secret', 'out/deep/new', 'up/new'])
      expect(await code(store.write(key, bytesOf('new'), 3)), key).toBe('SOURCE_PATH');
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(readdirSync(join(top, '..'))).not.toContain('new');
    expect(await code(store.list('out'))).toBe('SOURCE_PATH');
  });

  it.each(['file out', 'nothing'])('make a listing fail by name when they lead to a %s', async (what) => {
    const { store, outside, link } = linked();
    link(what === 'nothing' ? 'gone' : join(outside, 'secret'), 'odd');
    const error = await failure(store.list(''));
    expect(error).toMatchObject({ code: 'SOURCE_PATH', message: expect.stringContaining('/odd ') });
  });

  it('are replaced, not followed, when an object is written over them', async () => {
    const { top, store, outside, link } = linked();
    link(join(outside, 'secret'), 'odd');
    await store.write('odd', bytesOf('new'), 3);
    expect(await read(store, 'odd')).toBe('new');
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(readdirSync(top).sort()).toEqual(['odd', 'real']);
  });
});

describe('what is no plain file', () => {
  it('is refused without waiting for it', async () => {
    const { top, store } = folderOf();
    execFileSync('mkfifo', [join(top, 'pipe')]);
    for (const call of [() => store.stat('pipe'), () => store.read('pipe'), () => store.list('')])
      expect(await failure(call())).toMatchObject({
        code: 'SOURCE_PATH',
        message: expect.stringContaining('pipe'),
      });
  });
});

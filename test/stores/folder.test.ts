import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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

describe('reading', () => {
  it('fails when a part is beyond the end', async () => {
    const { store } = folderOf({ x: '0123456789' });
    expect(await code(store.read('x', { start: 5, end: 11 }).then(buffer))).toBe('STORE_FAILED');
    expect(await code(store.read('x', { start: 10, end: 11 }).then(buffer))).toBe('STORE_FAILED');
  });

  it('fails when the file becomes shorter meanwhile, and gives no more than there was', async () => {
    const { top, store } = folderOf({ x: '0123456789' });
    const shorter = await store.read('x');
    truncateSync(join(top, 'x'), 4);
    const told = await buffer(shorter).catch((error) => error.code);
    expect(['STORE_FAILED', Buffer.from('0123456789')]).toContainEqual(told);
    const longer = await store.read('x');
    appendFileSync(join(top, 'x'), '456');
    expect(String(await buffer(longer))).toBe('0123');
  });
});

describe('writing', () => {
  it('makes the folder and the folders in it', async () => {
    const store = openFolder(join(box.root, 'not/there/yet'), { env: {} });
    expect(await store.list('')).toEqual([]);
    expect(await store.stat('a/b')).toBeUndefined();
    await store.write('a/b', bytesOf('b'), 1);
    expect(readFileSync(join(box.root, 'not/there/yet/a/b'), 'utf8')).toBe('b');
  });

  it('gives the file the rights that any new file has', async () => {
    const { top, store } = folderOf();
    await store.write('x', bytesOf('x'), 1);
    writeFileSync(join(top, 'usual'), 'x');
    expect(statSync(join(top, 'x')).mode).toBe(statSync(join(top, 'usual')).mode);
  });

  it('shows it only once it is complete', async () => {
    const { top, store } = folderOf({ x: 'old' });
    const bytes = new Readable({ read: () => undefined });
    bytes.push('ne');
    const writing = store.write('x', bytes, 3);
    while (!readdirSync(top).some((name) => name.endsWith('.part'))) await new Promise(setImmediate);
    expect((await store.list('')).map(({ key, size }) => [key, size])).toEqual([['x', 3]]);
    expect(await read(store, 'x')).toBe('old');
    bytes.push('w');
    bytes.push(null);
    await writing;
    expect(await read(store, 'x')).toBe('new');
    expect(readdirSync(top)).toEqual(['x']);
  });

  it('ends once the signal is given, though its bytes do not', async () => {
    const { top } = folderOf({ x: 'old' });
    const ending = new AbortController();
    const bytes = new Readable({ read: () => undefined });
    bytes.push('ne');
    const writing = openFolder(top, { env: {}, signal: ending.signal }).write('x', bytes, 3);
    setImmediate(() => ending.abort());
    expect(await code(writing)).toBe('INTERRUPTED');
    expect(bytes.destroyed).toBe(true);
    expect(readdirSync(top)).toEqual(['x']);
  });

  it('lists nothing of what a process left that was ended', async () => {
    const { top, store } = folderOf({ x: 'x' });
    const left = '.reg-00000000-0000-4000-8000-000000000000.part';
    writeFileSync(join(top, left), 'half');
    expect((await store.list('')).map(({ key }) => key)).toEqual(['x']);
    expect(await code(store.read(left))).toBe('SOURCE_PATH');
  });

  it('of one key by many at once leaves one of them, whole', async () => {
    const { top, store } = folderOf();
    const contents = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(100_000));
    await Promise.all(contents.map((text) => store.write('a/x', bytesOf(text), text.length)));
    expect(contents).toContain(await read(store, 'a/x'));
    expect(readdirSync(top, { recursive: true }).sort()).toEqual(['a', 'a/x']);
  });

  it('fails in words where a folder is in its place, or a file where a folder would have to be', async () => {
    const { top, store } = folderOf({ 'folder/x': 'x', file: 'x' });
    for (const key of ['folder', 'file/x']) {
      const error = await failure(store.write(key, bytesOf('new'), 3));
      expect(error).toMatchObject({ code: 'STORE_FAILED', hint: expect.any(String) });
      expect(error.message).toContain(join(top, key));
      expect(error.message).not.toContain('.part');
    }
    expect(readdirSync(top, { recursive: true }).sort()).toEqual(['file', 'folder', 'folder/x']);
  });
});

import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/stores/port.js';
import { sandbox } from '../support/repo.js';
import { STORES, type StorePlace } from './stores-bench.js';
import { bytesOf, failure, KEYS, MIB } from './stores-objects.js';

describe.each(STORES)('a store of the kind $name', ({ open, cannot = [] }) => {
  const box = sandbox();
  let place: StorePlace;
  let store: ObjectStore;
  beforeAll(async () => {
    place = await open(box);
    store = await place.store();
  });
  afterAll(() => place?.close());

  const read = async (key: string, start?: number, end?: number): Promise<Buffer> =>
    buffer(await store.read(key, start === undefined || end === undefined ? undefined : { start, end }));

  it.each(KEYS)('finds and reads %s', async (key) => {
    const bytes = randomBytes(1000);
    await place.put(key, bytes);
    expect(await store.stat(key)).toMatchObject({ key, size: 1000, ranges: true });
    expect((await read(key)).equals(bytes)).toBe(true);
  });

  it('tells that nothing is under a key, folder or not', async () => {
    await place.put('folder/file', Buffer.from('x'));
    for (const key of ['none', 'none/at/all', 'folder', 'folder/fil', 'folder/file/below'])
      expect(await store.stat(key), key).toBeUndefined();
    expect((await failure(store.read('none'))).code).toBe('SOURCE_PATH');
  });

  it('reads parts', async () => {
    await place.put('parts', Buffer.from('0123456789'));
    const read3 = await Promise.all([read('parts', 0, 3), read('parts', 3, 10), read('parts', 9, 10)]);
    expect(read3.map(String)).toEqual(['012', '3456789', '9']);
    expect(await read('parts', 4, 4)).toHaveLength(0);
  });

  it('reads an object without bytes', async () => {
    await place.put('empty', new Uint8Array());
    expect(await store.stat('empty')).toMatchObject({ key: 'empty', size: 0, ranges: true });
    expect(await read('empty')).toHaveLength(0);
  });

  it('gives many objects at once', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => `many/${index}`);
    for (const key of keys) await place.put(key, Buffer.from(key));
    expect((await Promise.all(keys.map((key) => read(key)))).map(String)).toEqual(keys);
  });

  it('can be left in the middle of an object', async () => {
    await place.put('left', randomBytes(8 * MIB));
    const bytes = await store.read('left');
    for await (const _chunk of bytes) break;
    expect(bytes.destroyed).toBe(true);
    const unread = await store.read('left');
    unread.destroy();
    expect(await store.stat('left')).toMatchObject({ size: 8 * MIB });
  });

  it('ends a read that is interrupted', async () => {
    await place.put('interrupted', randomBytes(8 * MIB));
    const ending = new AbortController();
    const bytes = await (await place.store(ending.signal)).read('interrupted');
    const all = async (): Promise<void> => {
      for await (const _chunk of bytes) ending.abort();
    };
    expect((await failure(all())).code).toBe('INTERRUPTED');
  });

  it('does nothing once it was interrupted', async () => {
    const interrupted = await place.store(AbortSignal.abort());
    expect((await failure(interrupted.stat('parts'))).code).toBe('INTERRUPTED');
    expect((await failure(interrupted.read('parts'))).code).toBe('INTERRUPTED');
  });

  it('says which kind it is without user-info', () => {
    expect(store.shown).toMatch(/^[a-z][a-z0-9]*:\/\/[^@]+$/);
  });

  it('fails in words, with a hint and no secret, when something is wrong with it', async () => {
    // what is asked again waits in between, so all are asked at once
    const asked = Object.entries(place.broken).map(async ([what, broken]) => {
      const wrong = await broken();
      const calls: Record<string, () => Promise<unknown>> = {
        stat: () => wrong.stat('plain.bin'),
        read: () => wrong.read('plain.bin'),
        ...(cannot.includes('list') ? {} : { list: () => wrong.list('') }),
        ...(cannot.includes('write')
          ? {}
          : { write: () => wrong.write('new', bytesOf(Buffer.from('x')), 1) }),
      };
      return Promise.all(
        Object.entries(calls).map(async ([name, call]) => ({ what, name, error: await failure(call()) })),
      );
    });
    for (const { what, name, error } of (await Promise.all(asked)).flat()) {
      const said = `${what}, ${name}: ${error.message} (${error.hint})`;
      expect(error.code, said).toBe('STORE_FAILED');
      expect(error.message, said).toMatch(/^[^\n]{20,500}$/);
      expect(error.hint, said).toBeTruthy();
      for (const secret of place.secrets) expect(said).not.toContain(secret);
    }
  });

  describe.skipIf(cannot.includes('list'))('that lists', () => {
    it('lists a folder by key, and not what only begins as its name', async () => {
      for (const key of ['list/b', 'list/a/2', 'list/a/1', 'list2/c', 'list', 'list/a.b'])
        await place.put(key, Buffer.from(key));
      expect(await store.list('list')).toMatchObject(
        ['list/a.b', 'list/a/1', 'list/a/2', 'list/b'].map((key) => ({
          key,
          size: key.length,
          ranges: true,
        })),
      );
      expect((await store.list('list/a')).map(({ key }) => key)).toEqual(['list/a/1', 'list/a/2']);
    });

    it('lists everything, and of nothing an empty list', async () => {
      const keys = (await place.keys()).sort();
      expect((await store.list('')).map(({ key }) => key)).toEqual(keys);
      expect(await store.list('nowhere')).toEqual([]);
    });

    it('lists names that a URL would have to write otherwise', async () => {
      for (const key of KEYS) await place.put(`odd #%+/${key}`, Buffer.from('x'));
      const keys = KEYS.map((key) => `odd #%+/${key}`).sort();
      expect((await store.list('odd #%+')).map(({ key }) => key)).toEqual(keys);
    });
  });
});

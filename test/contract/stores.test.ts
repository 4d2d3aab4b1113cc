import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { sandbox } from '../support/repo.js';
import { STORES, type StorePlace } from './stores-bench.js';

/** More than a store sends in one request, and no multiple of anything. */
const LARGE = 40 * 1024 * 1024 + 7;
const MIB = 1024 * 1024;

/** Keys that URLs, shells and file systems have other uses for. */
const KEYS = [
  'plain.bin',
  'deep/er/still.bin',
  'with space.bin',
  'plus+and&amp.bin',
  '100%25 #1.bin',
  "quote'(1)!.bin",
  'naïve/模型-🧠.bin',
  '=~,;@$.bin',
];

/** The error that a promise fails with, which must be one that `reg` throws on purpose. */
async function failure(promise: Promise<unknown>): Promise<RegError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (!(error instanceof RegError)) throw new Error('it did not fail as it has to', { cause: error });
  return error;
}

const bytesOf = (...chunks: readonly Uint8Array[]): Readable =>
  Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );

/** Random bytes in pieces, as a file gives them. */
function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) yield bytes.subarray(at, at + 64 * 1024);
}

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
    expect(await store.stat(key)).toEqual({ key, size: 1000, ranges: true });
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
    expect(await store.stat('empty')).toEqual({ key: 'empty', size: 0, ranges: true });
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
    for (const [what, broken] of Object.entries(place.broken)) {
      const wrong = await broken();
      const calls: Record<string, () => Promise<unknown>> = {
        stat: () => wrong.stat('plain.bin'),
        read: () => wrong.read('plain.bin'),
        ...(cannot.includes('list') ? {} : { list: () => wrong.list('') }),
        ...(cannot.includes('write')
          ? {}
          : { write: () => wrong.write('new', bytesOf(Buffer.from('x')), 1) }),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await failure(call());
        const said = `${what}, ${name}: ${error.message} (${error.hint})`;
        expect(error.code, said).toBe('STORE_FAILED');
        expect(error.message, said).toMatch(/^[^\n]{20,500}$/);
        expect(error.hint, said).toBeTruthy();
        for (const secret of place.secrets) expect(said).not.toContain(secret);
      }
    }
  });

  describe.skipIf(cannot.includes('list'))('that lists', () => {
    it('lists a folder by key, and not what only begins as its name', async () => {
      for (const key of ['list/b', 'list/a/2', 'list/a/1', 'list2/c', 'list', 'list/a.b'])
        await place.put(key, Buffer.from(key));
      expect(await store.list('list')).toEqual(
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

  describe.skipIf(cannot.includes('write'))('that is written to', () => {
    it.each(KEYS)('writes %s', async (key) => {
      const bytes = randomBytes(1000);
      await store.write(`written/${key}`, bytesOf(bytes.subarray(0, 10), bytes.subarray(10)), 1000);
      expect(await place.keys()).toContain(`written/${key}`);
      expect((await read(`written/${key}`)).equals(bytes)).toBe(true);
    });

    it('writes an object without bytes', async () => {
      await store.write('written/empty', bytesOf(), 0);
      expect(await store.stat('written/empty')).toMatchObject({ size: 0 });
    });

    it('writes over what is there', async () => {
      await store.write('written/over', bytesOf(Buffer.from('the first, longer')), 17);
      await store.write('written/over', bytesOf(Buffer.from('the second')), 10);
      expect(String(await read('written/over'))).toBe('the second');
    });

    it('writes and reads a large object', async () => {
      const bytes = randomBytes(LARGE);
      await store.write('written/large', Readable.from(pieces(bytes), { objectMode: false }), LARGE);
      expect(await store.stat('written/large')).toMatchObject({ size: LARGE });
      expect((await read('written/large')).equals(bytes)).toBe(true);
      const middle = await read('written/large', 20 * MIB - 5, 20 * MIB + 5);
      expect(middle.equals(bytes.subarray(20 * MIB - 5, 20 * MIB + 5))).toBe(true);
    });

    const wrongSizes = [
      ['small', 10, 11],
      ['small', 10, 9],
      ['empty', 0, 1],
      ['large', LARGE, LARGE + 1],
      ['large', LARGE, LARGE - 1],
    ] as const;
    it.each(wrongSizes)(
      'leaves nothing of a %s stream of %d bytes that was to have %d',
      async (_, has, said) => {
        const bytes = Readable.from(pieces(Buffer.alloc(has)), { objectMode: false });
        const error = await failure(store.write('wrong/size', bytes, said));
        expect(error.message).toContain('wrong/size');
        expect(error.message).toContain(`${said}`);
        expect(bytes.destroyed).toBe(true);
        expect((await place.keys()).filter((key) => key.includes('wrong'))).toEqual([]);
      },
    );

    it('keeps what was there when a new one cannot be read to its end', async () => {
      await store.write('kept', bytesOf(Buffer.from('kept')), 4);
      const before = (await place.keys()).sort();
      const gone = new Error('the disk is gone');
      const bytes = (function* () {
        yield* pieces(Buffer.alloc(LARGE - MIB));
        throw gone;
      })();
      const writing = store.write('kept', Readable.from(bytes, { objectMode: false }), LARGE);
      await expect(writing).rejects.toBe(gone);
      expect(String(await read('kept'))).toBe('kept');
      expect((await place.keys()).sort()).toEqual(before);
    });

    it.each([10, LARGE])('leaves nothing of a write of %d bytes that is interrupted', async (size) => {
      const before = (await place.keys()).sort();
      const ending = new AbortController();
      const interrupted = await place.store(ending.signal);
      // gives half of its bytes and then nothing, without an end
      const bytes = new Readable({ read: () => bytes.readableLength === 0 && bytes.emit('taken') });
      const taken = once(bytes, 'taken');
      for (const piece of pieces(Buffer.alloc(size / 2))) bytes.push(piece);
      const writing = failure(interrupted.write('interrupted/write', bytes, size));
      await taken;
      ending.abort();
      expect((await writing).code).toBe('INTERRUPTED');
      expect(bytes.destroyed).toBe(true);
      expect((await place.keys()).sort()).toEqual(before);
    });
  });
});

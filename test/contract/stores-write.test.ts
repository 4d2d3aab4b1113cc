import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/stores/port.js';
import { sandbox } from '../support/repo.js';
import { turnsOf } from '../support/soak.js';
import { STORES, type StorePlace } from './stores-bench.js';
import { bytesOf, failure, KEYS, LARGE, MIB, pieces } from './stores-objects.js';

const WRITABLE = STORES.filter(({ cannot }) => !cannot?.includes('write')).map((store, place, all) => ({
  ...store,
  turns: turnsOf(place, all.length),
}));

describe.each(WRITABLE)('a store of the kind $name that is written to', ({ open, turns }) => {
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
  it.each(turns.rows(wrongSizes))(
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

  turns.test('keeps what was there when a new one cannot be read to its end', async () => {
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

  it.each(turns.rows([10, LARGE]))(
    'leaves nothing of a write of %d bytes that is interrupted',
    async (size) => {
      const before = (await place.keys()).sort();
      const ending = new AbortController();
      const interrupted = await place.store(ending.signal);
      // gives half of its bytes and then nothing, without an end
      const half = pieces(Buffer.alloc(size / 2));
      const bytes = new Readable({
        read: () => {
          const piece = half.next().value;
          if (piece) bytes.push(piece);
          else bytes.emit('taken');
        },
      });
      const taken = once(bytes, 'taken');
      const writing = failure(interrupted.write('interrupted-write', bytes, size));
      await taken;
      ending.abort();
      expect((await writing).code).toBe('INTERRUPTED');
      expect(bytes.destroyed).toBe(true);
      expect((await place.keys()).sort()).toEqual(before);
    },
  );
});

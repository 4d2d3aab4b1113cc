import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type SourceFile } from '../../src/models/source.js';
import { type Fault, fileIn } from '../support/models.js';

const MIB = 1024 * 1024;
const LARGE = randomBytes(37 * MIB + 5);

async function read(file: SourceFile, start = 0, isKnown = true): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytesOf(file, { start, isKnown })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('the bytes of a file', () => {
  it('small ones come in one piece', async () => {
    const file = fileIn('m', 'abcdef');
    expect((await read(file)).toString()).toBe('abcdef');
    expect((await read(file, 4)).toString()).toBe('ef');
    expect((await read(file, 6)).toString()).toBe('');
    expect(file.asked).toEqual([
      { start: 0, end: 6 },
      { start: 4, end: 6 },
    ]);
  });

  it('large ones come in parts, in order, each asked for once', async () => {
    const file = fileIn('m', LARGE);
    expect((await read(file)).equals(LARGE)).toBe(true);
    const ranges = file.asked.map((range) => range ?? { start: 0, end: 0 });
    expect(ranges.map(({ start }) => start)).toEqual([0, 8, 16, 24, 32].map((n) => n * MIB));
    expect(ranges.at(-1)?.end).toBe(LARGE.length);
  });

  it('a source that cannot be read from the middle, or does not tell its size, is read through', async () => {
    for (const about of [{ ranges: false }, { size: undefined }]) {
      const file = fileIn('m', LARGE, about);
      expect((await read(file)).equals(LARGE)).toBe(true);
      expect(file.asked).toEqual([undefined]);
    }
  });

  it.each<[string, Fault]>([
    ['broke off', (request) => (request % 2 === 1 ? 'break off' : undefined)],
    ['stopped short', (request) => (request < 4 ? 'stop short' : undefined)],
  ])('what %s goes on from where it ended', async (_what, fault) => {
    const file = fileIn('m', LARGE, {}, fault);
    expect((await read(file, 3)).equals(LARGE.subarray(3))).toBe(true);
    const begun = file.asked.map((range) => (range?.start ?? 0) - 3);
    expect(begun.some((start) => start % (8 * MIB) !== 0)).toBe(true);
  });

  it('what breaks off without a byte is given up', async () => {
    const file = fileIn('m', 'a', {}, () => 'break off');
    await expect(read(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(file.asked.length).toBeLessThan(10);
  });

  it('a refused object is not requested again', async () => {
    const file = fileIn('m', 'abc', {}, () => 'refuse');
    await expect(read(file)).rejects.toMatchObject({ message: 'refused' });
    expect(file.asked).toHaveLength(1);
  });

  it('any faults, any sizes: the bytes or an error, never other bytes', async () => {
    const faults = fc.array(fc.constantFrom('break off', 'stop short', undefined, undefined), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(200), faults, async (bytes, start, plan) => {
        const file = fileIn('m', bytes, {}, (request) => plan[request - 1]);
        const from = Math.min(start, bytes.length);
        const got = await read(file, from).catch(() => undefined);
        if (got) expect(got.equals(Buffer.from(bytes).subarray(from))).toBe(true);
      }),
    );
  });
});

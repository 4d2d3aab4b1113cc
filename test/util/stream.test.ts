import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Expected, exactly, WrongLength } from '../../src/util/stream.js';

const chunks = (...parts: string[]): Readable =>
  Readable.from(
    parts.map((part) => Buffer.from(part)),
    { objectMode: false },
  );
const FAILURE = (error: unknown): unknown => error;
const read = (bytes: Readable, expected: Partial<Expected>): Promise<string> =>
  text(exactly(bytes, { size: undefined, failure: FAILURE, ...expected }));

describe('a stream of a certain length', () => {
  it.each([undefined, 6])('is passed on, of %s bytes', async (size) => {
    expect(await read(chunks('ab', 'cd', 'ef'), { size })).toBe('abcdef');
    expect(await read(chunks(), { size: size && 0 })).toBe('');
  });

  it.each([
    [5, /^has more than the expected 5 bytes/],
    [7, /^ended after 6 of 7 bytes$/],
  ])('fails with another length than %d', async (size, message) => {
    const error = await read(chunks('ab', 'cd', 'ef'), { size }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WrongLength);
    expect(error.message).toMatch(message);
  });

  it('gives the chunk that completes it only when it has ended well', async () => {
    const source = new PassThrough();
    const passed = exactly(source, { size: 4, failure: FAILURE });
    const seen: string[] = [];
    passed.on('data', (chunk) => seen.push(String(chunk)));
    const failed = new Promise((resolve) => passed.on('error', resolve));
    for (const part of ['ab', 'cd', 'e']) {
      source.write(part);
      await new Promise(setImmediate);
    }
    expect(await failed).toBeInstanceOf(WrongLength);
    expect(seen).toEqual(['ab']);
  });

  it('gives all that came of a stream that breaks off', async () => {
    const source = new PassThrough();
    const passed = exactly(source, { size: 6, failure: FAILURE });
    const seen: string[] = [];
    passed.on('data', (chunk) => seen.push(String(chunk)));
    const failed = new Promise((resolve) => passed.on('error', resolve));
    for (const part of ['ab', 'cd']) {
      source.write(part);
      await new Promise(setImmediate);
    }
    source.destroy(new Error('cut'));
    expect(await failed).toMatchObject({ message: 'cut' });
    expect(seen).toEqual(['ab', 'cd']);
  });

  it('leaves out what comes before and after the part', async () => {
    const parts = ['ab', 'cd', 'ef', 'gh'];
    for (const skip of [0, 1, 2, 3])
      for (const size of [1, 2, 3, 5])
        expect(await read(chunks(...parts), { skip, size, mayGoOn: true })).toBe(
          'abcdefgh'.slice(skip, skip + size),
        );
    expect(await read(chunks(...parts), { skip: 3, size: 5 })).toBe('defgh');
    await expect(read(chunks(...parts), { skip: 3, size: 6 })).rejects.toThrow('ended after 5 of 6 bytes');
  });

  it('makes an error of that of the source, of a timeout and of the signal', async () => {
    const failure = (error: unknown): unknown => new Error(`in words: ${(error as Error).message}`);
    const source = new PassThrough();
    const asked = read(source, { failure });
    source.destroy(new Error('cut'));
    await expect(asked).rejects.toThrow('in words: cut');
    const cut = new PassThrough();
    const asking = read(cut, { failure });
    cut.destroy();
    await expect(asking).rejects.toThrow('in words: the connection was closed');
    await expect(read(new PassThrough(), { failure, timeout: 0.05 })).rejects.toThrow(
      'in words: no response for 0.05 seconds',
    );
    const ending = new AbortController();
    const ended = read(new PassThrough(), { failure, signal: ending.signal });
    ending.abort();
    await expect(ended).rejects.toThrow('in words: interrupted');
    await expect(read(new PassThrough(), { failure, signal: ending.signal })).rejects.toThrow('interrupted');
  });

  it('does not take a slow reader for a slow source, and closes the source with the result', async () => {
    const source = new PassThrough();
    const passed = exactly(source, { size: undefined, timeout: 0.05, failure: FAILURE });
    for (let part = 0; part < 20; part += 1) source.write(Buffer.alloc(64 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(passed.errored).toBeNull();
    passed.destroy();
    await new Promise(setImmediate);
    expect(source.destroyed).toBe(true);
  });
});

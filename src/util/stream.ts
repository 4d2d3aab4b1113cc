import { Readable } from 'node:stream';
import { noResponse } from './timeout.js';

/** What is known of a stream before it comes, and how to watch over it. */
export interface Expected {
  /** Bytes that the result must have; undefined where they are not known. */
  size: number | undefined;
  /** Bytes before them that are left out. */
  skip?: number | undefined;
  /** Whether the stream may have more bytes, which are not read. */
  mayGoOn?: boolean | undefined;
  /** Seconds without a byte, while one is waited for, that make it fail. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the number of bytes of every chunk. */
  onBytes?: ((count: number) => void) | undefined;
  /** Makes the error of the result: from what the stream failed with, or from `WrongLength`. */
  failure: (error: unknown) => unknown;
}

/** A stream did not have as many bytes as expected; the message continues the name of the stream. */
export class WrongLength extends Error {}

/**
 * Passes a stream on as it comes, no faster than it is read, and fails where its length is not the expected one. The chunk that
 * completes the size waits for the end of the stream: no reader has all bytes of a stream that fails.
 */
export function exactly(bytes: Readable, expected: Expected): Readable {
  const { size = Number.POSITIVE_INFINITY, skip = 0, mayGoOn = false, timeout, signal, onBytes } = expected;
  let timer: NodeJS.Timeout | undefined;
  let last: Uint8Array | undefined;
  // of the result; negative while bytes are left out
  let count = -skip;
  let isOver = false;
  const passed = new Readable({
    read: () => {
      bytes.resume();
      wait();
    },
    destroy: (error, done) => {
      stop();
      bytes.destroy();
      done(error);
    },
  });
  const stop = (): void => {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    stop();
    passed.destroy(expected.failure(error) as Error);
  };
  const finish = (): void => {
    stop();
    if (last?.length) passed.push(last);
    passed.push(null);
    bytes.destroy();
  };
  const abort = (): void => fail(new Error('interrupted'));
  const wait = (): void => {
    clearTimeout(timer);
    if (timeout !== undefined && !isOver) timer = setTimeout(() => fail(noResponse(timeout)), timeout * 1000);
  };
  signal?.addEventListener('abort', abort, { once: true });
  bytes.on('data', (chunk: Uint8Array) => {
    if (isOver || chunk.length === 0) return;
    const start = count;
    count += chunk.length;
    onBytes?.(chunk.length);
    wait();
    if (count > size && !mayGoOn) return fail(new WrongLength(`has more than the expected ${size} bytes`));
    const wanted = chunk.subarray(Math.max(0, -start), Math.max(0, size - start));
    if (count >= size) {
      last = wanted;
      if (mayGoOn) finish();
    } else if (wanted.length > 0 && !passed.push(wanted)) {
      bytes.pause();
      clearTimeout(timer);
    }
  });
  bytes.on('end', () => {
    if (isOver) return;
    if (expected.size !== undefined && count < size)
      fail(new WrongLength(`ended after ${Math.max(0, count)} of ${size} bytes`));
    else finish();
  });
  bytes.on('error', fail);
  bytes.on('close', () => fail(new Error('the connection was closed')));
  if (signal?.aborted) abort();
  return passed;
}

/**
 * Bytes of a file that are read, hashed and written at a time: a call of the file system takes a thread there and back, and chunks that fit
 * into the cache of a core are hashed faster.
 */
export const CHUNK_BYTES = 512 * 1024;

/** Collects chunks until there are enough for one call of the file system. */
export async function* inGroups(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let group: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of bytes) {
      group.push(chunk);
      length += chunk.length;
      if (length < CHUNK_BYTES) continue;
      yield group;
      group = [];
      length = 0;
    }
  } catch (error) {
    // the next run goes on from what came before it broke off
    if (length > 0) yield group;
    throw error;
  }
  if (length > 0) yield group;
}

/**
 * Reads a stream to its end, into memory.
 * @param tooLong makes the error for more bytes than there may be
 */
export async function readAtMost(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: () => Error,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The first bytes of a stream, so many at most. The rest is not read. */
export async function firstBytes(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // leaving the loop ends the stream
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

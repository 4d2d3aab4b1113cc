import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ByteRange } from '../net/http.js';
import type { Body } from './cloud.js';

/**
 * The bytes of a stream that must have exactly so many. The last chunk is held back until the stream has ended well, so
 * that whoever sends these bytes never has all of them before they are known to be the right number.
 * @param spoiled told of what is thrown, before it goes through a client that may change it
 * @throws RegError HASH_MISMATCH when there are fewer or more; what the stream failed with, when it does
 */
export async function* exactly(
  bytes: Readable,
  size: number,
  name: string,
  spoiled: (error: unknown) => void,
): AsyncGenerator<Buffer> {
  let held: Buffer | undefined;
  let count = 0;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      count += chunk.length;
      if (count > size) throw wrongNumber(name, size, 'more');
      if (held !== undefined) yield held;
      held = chunk;
    }
    if (count < size) throw wrongNumber(name, size, `only ${count}`);
  } catch (error) {
    spoiled(error);
    throw error;
  }
  if (held !== undefined) yield held;
}

const wrongNumber = (name: string, size: number, came: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `${name} was to have ${size} bytes, and ${came} came`,
    'see that nothing changes it meanwhile, and try again',
  );

/** Cuts bytes into blocks of one size; the last one has what is left, and of no bytes there is none. */
export async function* blocksOf(bytes: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of bytes)
    for (let taken = 0; taken < chunk.length; ) {
      const count = chunk.copy(block, filled, taken);
      taken += count;
      filled += count;
      if (filled < size) continue;
      yield block;
      // the one before is being sent still
      block = Buffer.allocUnsafe(size);
      filled = 0;
    }
  if (filled > 0) yield block.subarray(0, filled);
}

/** All bytes in one piece, for what is small. */
export async function gathered(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** How a download is watched. */
export interface Reception {
  /** Seconds without a byte, while one is waited for, after which the server is taken for hung. */
  patience: number;
  signal: AbortSignal | undefined;
  /** What an error of the connection means. */
  meaning(error: unknown): RegError;
}

/**
 * The bytes that a server sends, as a stream that fails when they are not as many as it promised, and that ends the
 * connection when it is closed, read or not.
 */
export function received(body: Body, range: ByteRange | undefined, reception: Reception): Readable {
  const { signal } = reception;
  const connection = body.bytes;
  const cut = (): void => void connection.destroy(new Error('interrupted'));
  signal?.addEventListener('abort', cut, { once: true });
  // a connection may break before its stream is read; the error is met again there
  connection.on('error', () => undefined);
  const bytes = Readable.from(chunksOf(body, range, reception), { objectMode: false });
  return bytes.once('close', () => {
    signal?.removeEventListener('abort', cut);
    connection.destroy();
  });
}

async function* chunksOf(
  { bytes, length }: Body,
  range: ByteRange | undefined,
  { patience, signal, meaning }: Reception,
): AsyncGenerator<Buffer> {
  let count = 0;
  const chunks = (bytes as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const hung = (): void => void bytes.destroy(new Error(`it gave no sign for ${patience} seconds`));
  const wrongNumber = (wanted: number): RegError =>
    meaning(new Error(`it sent ${count} bytes instead of ${wanted}`));
  const most = range === undefined ? Number.POSITIVE_INFINITY : range.end - range.start;
  try {
    for (;;) {
      const timer = setTimeout(hung, patience * 1000);
      const { done, value } = await chunks.next().finally(() => clearTimeout(timer));
      if (signal?.aborted) throw new Error('interrupted');
      if (done) break;
      count += value.length;
      // some servers know no ranges and send everything
      if (count > most) throw wrongNumber(most);
      yield value;
    }
  } catch (error) {
    throw meaning(error);
  }
  if (length !== undefined && count !== length) throw wrongNumber(length);
}

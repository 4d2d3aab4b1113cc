import { Readable } from 'node:stream';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { timeoutOf, withTimeout } from '../util/timeout.js';
import type { CloudPlace } from './cloud-place.js';
import { exactly, received } from './cloud-streams.js';
import { discreetLine } from './cloud-words.js';
import type { ObjectStore, StoredObject } from './port.js';

/** What a provider's client does in one bucket: keys are whole, its errors are its own, undefined means not there. */
export interface Bucket {
  /** The bytes that an object has. */
  size(key: string, end: AbortSignal): Promise<number | undefined>;
  /** Every object whose key begins so, all pages, in any order. */
  list(prefix: string, end: AbortSignal): AsyncIterable<{ key: string; size: number | undefined }>;
  /** What is sent of an object; `length` is what the server promises. */
  read(key: string, range: ByteRange | undefined, end: AbortSignal): Promise<Body | undefined>;
  /** Puts an object there once all bytes came; when they fail, or the signal is given, nothing is left. */
  write(key: string, bytes: Readable, size: number, end: AbortSignal): Promise<void>;
  /** What the provider says with an error: its code and its message. */
  said(error: unknown): string;
}

/** What is sent of an object. */
export interface Body {
  bytes: Readable;
  length: number | undefined;
}

/** What the kinds of clouds differ in, apart from their clients. */
export interface CloudKind {
  place: CloudPlace;
  /** Values that must never be shown, though a server may repeat them. */
  secrets: readonly (string | undefined)[];
  /** Which variables matter when it fails. */
  hint: string;
}

/** Makes a store of a bucket: keys below its prefix, every end watched, and errors in the words of this program. */
export function cloudStore(bucket: Bucket, kind: CloudKind, around: Surroundings): ObjectStore {
  const { prefix, shown } = kind.place;
  const { signal } = around;
  const patience = timeoutOf(around.env);
  const failure = failureOf(bucket, kind, signal);
  const ask = <T>(doing: string, call: (end: AbortSignal, sign: () => void) => Promise<T>): Promise<T> =>
    withTimeout(call, signal, patience).catch((error) => {
      throw failure(doing, error);
    });
  return {
    shown,
    stat: async (key) => {
      const size = await ask(`look for ${key} at ${shown}`, (end) => bucket.size(prefix + key, end));
      return size === undefined ? undefined : { key, size, ranges: true };
    },
    list: (folder) => {
      const begin = folder === '' ? prefix : `${prefix}${folder}/`;
      return ask(`list ${shown}`, (end, sign) => listed(bucket.list(begin, end), prefix.length, sign));
    },
    read: async (key, range) => {
      if (range && range.end <= range.start) return Readable.from([], { objectMode: false });
      const doing = `read ${key} from ${shown}`;
      const body = await ask(doing, (end) => bucket.read(prefix + key, range, end));
      if (body === undefined)
        throw new RegError('SOURCE_PATH', `there is no ${key} at ${shown}`, 'check the path');
      return received(body, range, { patience, signal, meaning: (error) => failure(doing, error) });
    },
    write: async (key, bytes, size) => {
      const doing = `write ${key} to ${shown}`;
      const refuse = (error: unknown): RegError => failure(doing, error);
      await writeWhole(bucket, { key: prefix + key, bytes, size }, refuse, { signal, patience });
    },
  };
}

const failureOf =
  (bucket: Bucket, { secrets, hint }: CloudKind, signal: AbortSignal | undefined) =>
  (doing: string, error: unknown): RegError => {
    if (signal?.aborted) return interrupted();
    if (error instanceof RegError) return error;
    return new RegError(
      'STORE_FAILED',
      `cannot ${doing}: ${discreetLine(bucket.said(error), secrets)}`,
      hint,
    );
  };

async function listed(
  objects: AsyncIterable<{ key: string; size: number | undefined }>,
  prefixLength: number,
  sign: () => void,
): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const { key, size } of objects) {
    sign();
    // what ends with a slash stands for an empty folder, as the consoles of the providers make them
    if (!key.endsWith('/')) found.push({ key: key.slice(prefixLength), size, ranges: true });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function* told(bytes: AsyncIterable<Uint8Array>, onChunk: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    onChunk();
    yield chunk;
  }
}

/** Writes an object; what its bytes fail with is thrown as it is. */
async function writeWhole(
  bucket: Bucket,
  { key, bytes, size }: { key: string; bytes: Readable; size: number },
  refuse: (error: unknown) => RegError,
  { signal, patience }: { signal: AbortSignal | undefined; patience: number },
): Promise<void> {
  let spoiled: unknown;
  let taken = (): void => undefined;
  const source = Readable.from(
    told(
      exactly(bytes, size, key, (error) => {
        spoiled = error;
      }),
      () => taken(),
    ),
    { objectMode: false },
  );
  // both may fail before somebody reads them; the error is met again there
  for (const stream of [bytes, source]) stream.on('error', () => undefined);
  try {
    // bytes that are taken are a sign of the server
    const put = (end: AbortSignal, sign: () => void): Promise<void> => {
      taken = sign;
      // whoever waits for the next bytes must not wait on
      end.addEventListener('abort', () => bytes.destroy(new Error('interrupted')));
      return bucket.write(key, source, size, end);
    };
    await withTimeout(put, signal, patience);
  } catch (error) {
    throw signal?.aborted ? refuse(error) : (spoiled ?? refuse(error));
  } finally {
    bytes.destroy();
    source.destroy();
  }
}

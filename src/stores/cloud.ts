import { Readable } from 'node:stream';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { withoutUserInfo } from '../util/address.js';
import { timeoutOf, withTimeout } from '../util/timeout.js';
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
interface CloudKind {
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

/** The top of a store in the cloud. */
export interface CloudPlace {
  /** The bucket, or at Azure the container. */
  bucket: string;
  /** What every key of the store begins with: empty, or with `/` at its end. */
  prefix: string;
  /** The host that the URL names instead of the provider's usual one; undefined when it names none. */
  host: string | undefined;
  /** The URL as it was given, without a slash at the end. */
  shown: string;
}

/** Buckets, and the containers of Azure, whose names hold no dot; `$web` and `$root` are two of them. */
const BUCKET = /^[a-z0-9$][a-z0-9._-]{0,221}$/i;

/**
 * Reads the URL of a folder in a bucket. What follows the bucket is the key as it is, as the tools of the providers take
 * it: nothing in it is decoded, and `?`, `#` and `%` stand for themselves.
 * @param hosts whether the bucket may come after a host
 * @throws RegError SOURCE_UNSUPPORTED, and then nothing is repeated that could be a secret
 */
export function cloudPlace(url: string, hosts = false): CloudPlace {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9]*):\/\/(.*)$/is.exec(url) ?? [];
  const parts = rest.split('/');
  const host = hosts && parts[0]?.includes('.') ? parts.shift() : undefined;
  const [bucket = '', ...folders] = parts;
  const form = `${scheme}://${hosts ? '[host/]' : ''}bucket/folder`;
  if (!BUCKET.test(bucket) || (host !== undefined && !/^[a-z0-9.-]+(:\d+)?$/i.test(host)))
    throw new RegError('SOURCE_UNSUPPORTED', `a ${scheme}:// URL does not name a bucket`, `write ${form}`);
  const folder = folders.join('/').replace(/\/+$/, '');
  const place = `${scheme}://${[host, bucket, folder].filter(Boolean).join('/')}`;
  return { bucket, host, prefix: folder === '' ? '' : `${folder}/`, shown: place };
}

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
interface Reception {
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
function received(body: Body, range: ByteRange | undefined, reception: Reception): Readable {
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

/** What a provider says, its code before its message when that does not tell it. */
export function codeAndMessage(code: unknown, message: unknown): string {
  const [name, text] = [code, message].map((one) => (one === undefined || one === null ? '' : `${one}`));
  if (!name || text?.includes(name)) return text || 'no reason was given';
  return text ? `${name}: ${text}` : name;
}

/**
 * Makes one line of what was said, without secrets: without these values, as they are and as URLs have them, without any
 * signature of a URL, and without user-info.
 */
function discreetLine(said: string, secrets: readonly (string | undefined)[]): string {
  const hidden = secrets
    .filter((one): one is string => one !== undefined && one.length >= SHORTEST_SECRET)
    .flatMap((one) => [one, encodeURIComponent(one)]);
  const [line = ''] = said.trim().split(/[\r\n]/);
  const shown = hidden.reduce((rest, one) => rest.replaceAll(one, '***'), line);
  return withoutUserInfo(shown)
    .replace(
      /\b(sig|signature|x-amz-signature|x-goog-signature|token|x-amz-security-token)=[^&\s]+/gi,
      '$1=***',
    )
    .slice(0, LONGEST_LINE);
}

/** Anything shorter may be part of an ordinary word. */
const SHORTEST_SECRET = 4;
const LONGEST_LINE = 300;

/**
 * Imports a client that is installed by those who need it alone (`peerDependencies` that are optional).
 *
 * The specifier stays a literal in the caller, `() => import('@aws-sdk/client-s3')`, and the package stays out of the
 * bundle, so that Node.js looks for it from where this program is installed: the `node_modules` folders there and above
 * (Node.js, "Determining module system", ESM resolution). A program that is installed globally finds the packages that are.
 * The working folder is not asked: a cloned repository may bring a `node_modules` folder, and its code must never run.
 * @param major the major version that the adapter was written for
 * @throws RegError PACKAGE_MISSING with the `npm install` that helps
 */
export async function importPeer<T>(name: string, major: number, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    throw new RegError(
      'PACKAGE_MISSING',
      `the package ${name} is needed for this and is not installed`,
      `npm install ${name}@${major} (with --global where git-reg was installed so)`,
    );
  }
}

/** Whether that very package was not found, and not one that it needs itself (Node.js errors, ERR_MODULE_NOT_FOUND). */
const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`package '${name}'`);

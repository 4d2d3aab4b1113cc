import { Readable } from 'node:stream';
import { compareText } from '../domain/order.js';
import { interrupted, RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { redactorFor } from '../util/address.js';
import { exactly } from '../util/stream.js';
import { timeoutOf, withTimeout } from '../util/timeout.js';
import { type Lifetime, type ObjectStore, objectBytes, type StoredObject } from './port.js';
import type { BucketUrl } from './url.js';

/** The client of a provider for one bucket. Keys are whole, errors are the client's own, undefined means that there is no such object. */
export interface Bucket {
  /** The bytes that an object has. */
  size(key: string, signal: AbortSignal, version: string | undefined): Promise<number | undefined>;
  /** Every object whose key begins with a prefix, of all pages, in any order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<{ key: string; size: number | undefined }>;
  /** The body of an object, or a part of it. */
  read(
    key: string,
    range: ByteRange | undefined,
    signal: AbortSignal,
    version: string | undefined,
  ): Promise<Body | undefined>;
  /** Puts an object there after all bytes have come. When they fail, or after the signal, nothing of it stays. */
  write(key: string, bytes: Readable, size: number, signal: AbortSignal): Promise<void>;
  /** An address of an object that needs no login for a while. */
  sign(key: string, lifetime: Lifetime): Promise<string>;
  /** The code and the message of the provider in an error. */
  reason(error: unknown): string;
}

/** The body of a response. */
export interface Body {
  bytes: Readable;
  /** What the server promises; undefined where it does not say. */
  length: number | undefined;
}

/** How the clouds differ, apart from their clients. */
interface Cloud {
  url: BucketUrl;
  /** Values that must never be shown, though a server may repeat them. */
  secrets: readonly (string | undefined)[];
  /** Names the variables that matter after a failure. */
  hint: string;
}

/** Makes a store of a bucket: keys below its prefix, the timeout of every call, and errors in plain words. */
export function cloudStore(
  bucket: Bucket,
  { url: { prefix, shown }, secrets, hint }: Cloud,
  { env, signal }: Surroundings,
): ObjectStore {
  const timeout = timeoutOf(env);
  const redact = redactorFor(secrets.flatMap((one) => (one ? [one, encodeURIComponent(one)] : [])));
  const failure =
    (doing: string) =>
    (error: unknown): RegError => {
      if (signal?.aborted) return interrupted();
      if (error instanceof RegError) return error;
      return new RegError('STORE_FAILED', `cannot ${doing}: ${oneLine(bucket.reason(error), redact)}`, hint);
    };
  const call = <T>(doing: string, run: (end: AbortSignal, progress: () => void) => Promise<T>): Promise<T> =>
    withTimeout(run, signal, timeout).catch((error) => {
      throw failure(doing)(error);
    });
  return {
    shown,
    hasVersions: true,
    stat: async (key, version) => {
      const size = await call(`look for ${key} at ${shown}`, (end) =>
        bucket.size(prefix + key, end, version),
      );
      return size === undefined ? undefined : { key, size, ranges: true };
    },
    list: (folder) => {
      const begin = folder === '' ? prefix : `${prefix}${folder}/`;
      return call(`list ${shown}`, (end, progress) =>
        listed(bucket.list(begin, end), prefix.length, progress),
      );
    },
    read: async (key, range, version) => {
      if (range && range.end <= range.start) return Readable.from([], { objectMode: false });
      const doing = `read ${key} from ${shown}`;
      const body = await call(doing, (end) => bucket.read(prefix + key, range, end, version));
      if (body === undefined)
        throw new RegError('SOURCE_PATH', `there is no ${key} at ${shown}`, 'check the path');
      // some servers ignore ranges and send everything
      const size = range && Math.min(range.end - range.start, body.length ?? Number.POSITIVE_INFINITY);
      return exactly(body.bytes, { size: size ?? body.length, timeout, signal, failure: failure(doing) });
    },
    sign: (key, lifetime) =>
      call(`sign the address of ${key} at ${shown}`, () => bucket.sign(prefix + key, lifetime)),
    write: async (key, bytes, size) => {
      // bytes that are taken are progress of the server
      let onProgress = (): void => undefined;
      const object = objectBytes(key, bytes, size, () => onProgress());
      const write = (end: AbortSignal, progress: () => void): Promise<void> => {
        onProgress = progress;
        return bucket.write(prefix + key, object.stream, size, end);
      };
      try {
        await withTimeout(write, signal, timeout);
      } catch (error) {
        const own = signal?.aborted ? undefined : object.failure();
        throw own ?? failure(`write ${key} to ${shown}`)(error);
      } finally {
        object.stream.destroy();
      }
    },
  };
}

async function listed(
  objects: AsyncIterable<{ key: string; size: number | undefined }>,
  prefixLength: number,
  progress: () => void,
): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const { key, size } of objects) {
    progress();
    // a slash at the end marks an empty folder, as the consoles of the providers make them
    if (!key.endsWith('/')) found.push({ key: key.slice(prefixLength), size, ranges: true });
  }
  return found.sort((a, b) => compareText(a.key, b.key));
}

/** The reason of a provider: its code, where the message does not repeat it, and its message. */
export function codeAndMessage(code: unknown, message: unknown): string {
  const [name, text] = [code, message].map((one) => (one === undefined || one === null ? '' : `${one}`));
  if (!name || text?.includes(name)) return text || 'no reason was given';
  return text ? `${name}: ${text}` : name;
}

/** The first line of a reason, without secrets, user-info and the signature of any URL. */
function oneLine(reason: string, redact: (text: string) => string): string {
  const [line = ''] = reason.trim().split(/[\r\n]/);
  return redact(line)
    .replace(
      /\b(sig|signature|x-amz-signature|x-goog-signature|token|x-amz-security-token)=[^&\s]+/gi,
      '$1=***',
    )
    .slice(0, LONGEST_LINE);
}

const LONGEST_LINE = 300;

/**
 * Imports the client of a provider, an optional peer dependency.
 *
 * The specifier stays a literal in the caller, `() => import('@aws-sdk/client-s3')`, and the package stays out of the
 * bundle, so that Node.js looks for it from where this program is installed: the `node_modules` folders there and above
 * (Node.js, "Determining module system", ESM resolution). A global installation finds the packages that are installed
 * globally. The working folder is not searched: a cloned repository may bring a `node_modules` folder, and its code must never
 * run.
 * @param major the major version that the store was written for
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

/** Whether that very package was not found, and not one of its own dependencies (Node.js errors, ERR_MODULE_NOT_FOUND). */
const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`package '${name}'`);

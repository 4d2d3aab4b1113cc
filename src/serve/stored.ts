import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { interrupted, RegError } from '../errors.js';
import type { ModelCache } from '../models/cache.js';
import { type FileDigest, hasherOf, verifyPromises } from '../models/digest.js';
import type { Part } from '../models/part.js';
import { bytesOf, type SourceFile } from '../models/source.js';
import type { ByteRange } from '../net/http.js';
import { limiter } from '../util/async.js';
import { openPlain, openToAppend } from '../util/safe-files.js';
import type { Manifest, Manifests } from './manifests.js';
import type { ServedVersion } from './versions.js';

/** The bytes of served files. */
export interface StoredFiles {
  /**
   * The bytes of a file. All of them may come while they are fetched and hashed: then the last ones come when the digest is right, and the
   * iteration fails where it is not. A part of them comes from a copy that was verified before.
   * @throws RegError what following the link and reading the source throws, HASH_MISMATCH, FILE_SYSTEM
   */
  open(version: ServedVersion, manifest: Manifest, file: FileDigest, range?: ByteRange): Promise<Bytes>;
}

/** Bytes that come when they are asked for. `return` ends that, also before the first ones. */
export interface Bytes extends AsyncIterableIterator<Uint8Array, void, undefined> {
  return(): Promise<IteratorResult<Uint8Array, void>>;
}

type Generated = AsyncGenerator<Uint8Array, void, undefined>;

/** What is read at a time. */
const CHUNK_BYTES = 512 * 1024;
/** Files that are fetched at a time. */
const MOST_FETCHED = 8;
/** A copy may be removed by another process while it is opened. */
const MOST_ATTEMPTS = 3;
/** So many copies are known to be right. */
const MOST_VERIFIED = 100_000;

/** A copy in the cache that is open. */
interface Copy {
  handle: FileHandle;
  path: string;
  /** What would be different if it was written since. */
  stamp: string;
}

/**
 * Opens the files of a cache. A file that is not there is fetched into it, once for all who ask for it, and stays there for the next.
 * @param signal ends what is being fetched
 */
export function openStored(cache: ModelCache, manifests: Manifests, signal?: AbortSignal): StoredFiles {
  const fetching = new Map<string, Fetching>();
  const verifying = new Map<string, Promise<boolean>>();
  const verified = new Map<string, { path: string; stamp: string }>();
  const limit = limiter(MOST_FETCHED);

  const remember = (sha256: string, { path, stamp }: Pick<Copy, 'path' | 'stamp'>): void => {
    verified.set(sha256, { path, stamp });
    if (verified.size > MOST_VERIFIED) verified.delete(verified.keys().next().value ?? '');
  };
  const isVerified = (sha256: string, { path, stamp }: Copy): boolean => {
    const known = verified.get(sha256);
    return known?.path === path && known.stamp === stamp;
  };
  const copyOf = async (manifest: Manifest, file: FileDigest): Promise<Copy | undefined> => {
    const known = verified.get(file.sha256);
    const again = known && (await openCopy(known.path, file.size));
    if (again !== undefined) return again;
    const alone = await cache.find(file.sha256);
    if (alone?.kind === 'file') {
      const copy = await openCopy(cache.pathOf(file.sha256, alone.name), file.size);
      if (copy !== undefined) return copy;
    }
    const whole = manifest.kind === 'folder' ? await cache.find(manifest.sha256) : undefined;
    if (whole?.kind !== 'folder') return undefined;
    return openCopy(join(cache.pathOf(manifest.sha256, whole.name), file.path), file.size);
  };
  /** Removes a copy whose bytes are others than they were. */
  const evict = async (manifest: Manifest, { sha256 }: FileDigest): Promise<void> => {
    verified.delete(sha256);
    await cache.evict(sha256);
    if (manifest.kind === 'folder') await cache.evict(manifest.sha256);
  };
  const verify = (copy: Copy, file: FileDigest): Promise<boolean> => {
    const one =
      verifying.get(copy.path) ??
      (async () => {
        const hash = createHash('sha256');
        for await (const chunk of readCopy(copy, 0, file.size)) hash.update(chunk);
        return hash.digest('hex') === file.sha256;
      })().finally(() => verifying.delete(copy.path));
    verifying.set(copy.path, one);
    return one;
  };
  const fetched = (version: ServedVersion, manifest: Manifest, file: FileDigest): Fetching => {
    const running = fetching.get(file.sha256);
    if (running !== undefined) return running;
    const one = new Fetching();
    fetching.set(file.sha256, one);
    void limit(() => fetchFile(version, manifest, file, one, { cache, manifests, signal }))
      .then(async (path) => {
        const copy = await openCopy(path, file.size);
        await copy?.handle.close();
        if (copy !== undefined) remember(file.sha256, copy);
        one.end();
      })
      .catch((error: unknown) => one.fail(error))
      .finally(() => fetching.delete(file.sha256));
    return one;
  };
  return {
    open: async (version, manifest, file, range = { start: 0, end: file.size }) => {
      if (file.size === 0) return nothing();
      const { start, end } = range;
      const isWhole = start === 0 && end === file.size;
      for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
        const copy = await copyOf(manifest, file);
        if (copy !== undefined) {
          if (isVerified(file.sha256, copy)) return closing(copy, readCopy(copy, start, end));
          if (isWhole)
            return closing(
              copy,
              hashed(copy, file, (isRight) =>
                isRight ? remember(file.sha256, copy) : evict(manifest, file).catch(() => undefined),
              ),
            );
          const isRight = await verify(copy, file).catch(closeThen(copy));
          if (isRight) {
            remember(file.sha256, copy);
            return closing(copy, readCopy(copy, start, end));
          }
          await copy.handle.close();
          await evict(manifest, file);
        }
        const running = fetched(version, manifest, file);
        if (isWhole) {
          await running.started;
          // it may be in its place by now
          const handle = await openPlain(running.path ?? '').catch(() => undefined);
          if (handle !== undefined) return closing({ handle }, follow(running, handle, file));
        }
        await running.ended;
      }
      throw new RegError(
        'FILE_SYSTEM',
        'the cache does not keep what is put into it',
        'see that it has room',
      );
    },
  };
}

const closeThen =
  ({ handle }: Pick<Copy, 'handle'>) =>
  async (error: unknown): Promise<never> => {
    await handle.close();
    throw error;
  };

async function openCopy(path: string, size: number): Promise<Copy | undefined> {
  const handle = await openPlain(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  const found = await handle.stat({ bigint: true });
  if (Number(found.size) === size)
    return { handle, path, stamp: `${found.dev} ${found.ino} ${found.mtimeNs} ${found.ctimeNs}` };
  await handle.close();
  return undefined;
}

async function* nothing(): Generated {}

async function* readCopy(
  { handle, path }: Pick<Copy, 'handle' | 'path'>,
  start: number,
  end: number,
): Generated {
  for (let at = start; at < end; ) {
    const length = Math.min(CHUNK_BYTES, end - at);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new RegError('HASH_MISMATCH', `${path} became shorter while it was read`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The bytes of a copy; the last of them come when all of them are known to be right. */
async function* hashed(
  copy: Copy,
  file: FileDigest,
  onEnd: (isRight: boolean) => void | Promise<void>,
): Generated {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of readCopy(copy, 0, file.size)) {
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  const isRight = hash.digest('hex') === file.sha256;
  await onEnd(isRight);
  if (!isRight) throw wrongBytes(file);
  if (held !== undefined) yield held;
}

const wrongBytes = ({ path }: FileDigest): RegError =>
  new RegError('HASH_MISMATCH', `the bytes of ${path} are not those that its version promises`);

/** Closes a copy when its bytes were read, or are wanted no more: a generator that was not begun would do nothing at its end. */
function closing({ handle }: Pick<Copy, 'handle'>, bytes: Generated): Bytes {
  const closed = async (step: Promise<IteratorResult<Uint8Array, void>>) => {
    const result = await step.catch(closeThen({ handle }));
    if (result.done) await handle.close();
    return result;
  };
  const all: Bytes = {
    next: () => closed(bytes.next()),
    return: () => closed(bytes.return()),
    [Symbol.asyncIterator]: () => all,
  };
  return all;
}

/** A file that is being fetched into the cache, from its beginning on. */
class Fetching {
  /** Where its bytes are while they come. */
  path: string | undefined;
  written = 0;
  isWhole = false;
  /** Settles when its first bytes are there. */
  readonly started: Promise<void>;
  /** Settles when all of its bytes are in the cache and are right. */
  readonly ended: Promise<void>;
  #start = (): void => undefined;
  #settle: { end: () => void; fail: (error: unknown) => void } = {
    end: () => undefined,
    fail: () => undefined,
  };
  #waiting: (() => void)[] = [];
  #error: unknown;

  constructor() {
    let fail = (_error: unknown): void => undefined;
    this.started = new Promise((resolve, reject) => {
      this.#start = resolve;
      fail = reject;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { end: resolve, fail: reject };
    });
    this.ended.catch(fail);
    this.started.catch(() => undefined);
  }

  /** Says that so many bytes more are at the path. */
  add(count: number): void {
    this.written += count;
    this.#start();
    this.#wake();
  }

  end(): void {
    this.isWhole = true;
    this.#start();
    this.#settle.end();
    this.#wake();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.#settle.fail(error);
    this.#wake();
  }

  /** Waits for more bytes or the end. */
  async more(): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#error !== undefined) throw this.#error;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** The bytes of a file that is being fetched, as fast as they come or are taken; the last byte comes when all are known to be right. */
async function* follow(fetching: Fetching, handle: FileHandle, { size, path }: FileDigest): Generated {
  for (let at = 0; at < size; ) {
    const end = fetching.isWhole ? size : Math.min(fetching.written, size - 1);
    if (end <= at) {
      await fetching.more();
      continue;
    }
    for await (const chunk of readCopy({ handle, path }, at, end)) {
      at += chunk.length;
      yield chunk;
    }
  }
}

interface FetchTools {
  cache: ModelCache;
  manifests: Manifests;
  signal: AbortSignal | undefined;
}

/** Fetches one file of a version into the cache, and gives its place there. */
async function fetchFile(
  version: ServedVersion,
  manifest: Manifest,
  file: FileDigest,
  fetching: Fetching,
  { cache, manifests, signal }: FetchTools,
): Promise<string> {
  const { model, promises } = await manifests.atSource(version);
  const source =
    manifest.kind === 'file' ? model.files[0] : model.files.find(({ path }) => path === file.path);
  if (source === undefined || model.kind !== manifest.kind) throw wrongBytes(file);
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const part = await cache.part(file.sha256, name);
  if (part === undefined)
    throw new RegError('FILE_SYSTEM', 'the cache cannot be written', 'make room, or set XDG_CACHE_HOME');
  try {
    await writePart(part, source, file, fetching, signal);
    if (manifest.kind === 'file') verifyPromises(version.artifact, promises, { ...file, kind: 'file' });
    return await cache.adopt(part.path, file.sha256, name);
  } catch (error) {
    if (error instanceof RegError && error.code !== 'HASH_MISMATCH' && error.code !== 'TOO_LARGE')
      await part.giveBack();
    throw error;
  } finally {
    await part.drop();
  }
}

/** Writes and hashes the bytes of a file. Those that an earlier process left are kept where the source can be read from the middle. */
async function writePart(
  part: Part,
  source: SourceFile,
  file: FileDigest,
  fetching: Fetching,
  signal: AbortSignal | undefined,
): Promise<void> {
  const hasher = hasherOf({ ...source, size: file.size });
  const target = await openToAppend(part.path, part.isFresh);
  try {
    const start = part.isFresh ? 0 : (await target.stat()).size;
    const isKept = source.ranges && source.size !== undefined && start <= file.size;
    if (isKept)
      for await (const chunk of readCopy({ handle: target, path: part.path }, 0, start)) hasher.add(chunk);
    else await target.truncate();
    fetching.path = part.path;
    const from = isKept ? start : 0;
    if (from > 0) fetching.add(from);
    for await (const chunk of bytesOf(source, { start: from, isKnown: true })) {
      if (signal?.aborted) throw interrupted();
      hasher.add(chunk);
      await target.appendFile(chunk);
      fetching.add(chunk.length);
    }
    const { sha256 } = hasher.end();
    if (sha256 !== file.sha256) throw wrongBytes(file);
    await target.sync();
  } finally {
    await target.close();
  }
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline, type Readable, Transform } from 'node:stream';
import { constants, createInflate, inflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { RegError, unreachable } from '../../errors.js';
import { once } from '../../util/async.js';
import { MAX_TAG_BYTES } from '../tag-object.js';
import { treeEntries } from '../tree-object.js';
import { openPack, type Pack } from './pack.js';
import { textOf } from './place.js';

/** The type of an object and the bytes of its content. */
export interface ObjectHead {
  type: 'commit' | 'tree' | 'blob' | 'tag';
  size: number;
}

/** A whole object. */
export interface StoredObject extends ObjectHead {
  bytes: Buffer;
}

/** Objects by id. A missing object and a corrupt one are both undefined. */
export interface ObjectStore {
  /** Whether there is such an object; that it is whole is not checked. */
  has(oid: Oid): Promise<boolean>;
  head(oid: Oid): Promise<ObjectHead | undefined>;
  read(oid: Oid): Promise<StoredObject | undefined>;
  /** The content as it comes; memory stays constant unless it is stored as a delta. */
  stream(oid: Oid): Promise<Readable | undefined>;
  /** All ids that begin with these hexadecimal digits, at least two of them. */
  startingWith(digits: string): Promise<Oid[]>;
}

/**
 * Opens the objects below a folder (gitrepository-layout(5), `objects`) and its alternates. Of a pack only the ranges of an
 * object are read: besides a registry's tags packs hold its models. isomorphic-git first reads a whole pack into memory, up to
 * 2 GiB, and one broken byte in it hides all of its objects.
 */
export function openObjectStore(folder: string): ObjectStore {
  const folders = once(() => withAlternates(folder));
  const packs = once(async () => openPacks((await folders()).map((one) => join(one, 'pack'))));
  /** Asks packs first: in a repository of any size nearly every object is in one. */
  const ask = async <T>(
    oid: Oid,
    fromPack: (pack: Pack, offset: number) => Promise<T>,
    fromFile: (folder: string, oid: Oid) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    const { find, listed, refresh } = await packs();
    const readPacked = async (): Promise<T | undefined> => {
      const found = find(oid);
      return found && fromPack(found.pack, found.offset).catch(undefinedIfBroken);
    };
    const packed = await readPacked();
    if (packed !== undefined) return packed;
    // an object that is broken in a pack may also have a whole file of its own
    for (const one of await folders()) {
      const loose = await fromFile(one, oid);
      if (loose !== undefined) return loose;
    }
    // another process may have packed it meanwhile, or repacked all packs, again and again
    for (let attempt = 1; ; attempt += 1) {
      const before = listed();
      await refresh();
      const found = await readPacked();
      if (found !== undefined || before === listed() || attempt === MAX_REPACKED) return found;
    }
  };
  return {
    has: async (oid) => (await ask(oid, async () => true, isLoose)) ?? false,
    head: (oid) => ask(oid, (pack, offset) => pack.headAt(offset), readLooseHead),
    read: (oid) => ask(oid, (pack, offset) => pack.readAt(offset), readLoose),
    stream: (oid) => ask<Readable>(oid, (pack, offset) => pack.streamAt(offset), streamLoose),
    startingWith: async (digits) => {
      const { startingWith, refresh } = await packs();
      await refresh();
      const loose = await Promise.all((await folders()).map((one) => looseStartingWith(one, digits)));
      return [...new Set([...startingWith(digits), ...loose.flat()])];
    },
  };
}

/** So often packs are listed again for one object. */
const MAX_REPACKED = 20;

/** Git itself follows no more steps than that. */
const MAX_ALTERNATES = 5;

/** A folder of objects and its alternates: `info/alternates` names one a line, absolute or from the folder (gitrepository-layout(5)). */
async function withAlternates(folder: string, steps = MAX_ALTERNATES): Promise<string[]> {
  const text = steps === 0 ? undefined : await textOf(join(folder, 'info', 'alternates'));
  const named = (text?.split('\n') ?? []).filter((line) => line !== '' && !line.startsWith('#'));
  const further = await Promise.all(named.map((line) => withAlternates(resolve(folder, line), steps - 1)));
  return [...new Set([folder, ...further.flat()])];
}

/** An error of the disk is one for the user to see, except for a pack that is gone; any other one is a broken object. */
function undefinedIfBroken(error: NodeJS.ErrnoException): undefined {
  const isGone = error.code === 'ENOENT';
  if (error instanceof RegError || (error.syscall !== undefined && !isGone)) throw error;
}

/** The packs of some folders, as they were at the last refresh. */
interface Packs {
  find(oid: Oid): { pack: Pack; offset: number } | undefined;
  startingWith(digits: string): Oid[];
  /** What the last refresh found in the folders. */
  listed(): string;
  refresh(): Promise<void>;
}

/** Opens the packs of some folders. A pack whose index cannot be read is left out, as git does. */
async function openPacks(folders: readonly string[]): Promise<Packs> {
  let packs = new Map<string, Pack | undefined>();
  const refreshNow = async (): Promise<void> => {
    const before = packs;
    const paths = (await Promise.all(folders.map(indexesIn))).flat();
    const opened = paths.map(
      async (path) => [path, before.get(path) ?? (await openUnlessBroken(path))] as const,
    );
    packs = new Map(await Promise.all(opened));
  };
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  /** One after the other, so that an older listing never replaces a newer one; all that wait share the next. */
  const refresh = (): Promise<void> => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = refreshNow();
        return running;
      });
    return next;
  };
  await refresh();
  return {
    refresh,
    listed: () => [...packs.keys()].join('\n'),
    find: (oid) => {
      for (const pack of packs.values()) {
        const offset = pack?.index.find(oid);
        if (pack && offset !== undefined) return { pack, offset };
      }
      return undefined;
    },
    startingWith: (digits) => [...packs.values()].flatMap((pack) => pack?.index.startingWith(digits) ?? []),
  };
}

async function indexesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.idx')).map((name) => join(folder, name));
}

const openUnlessBroken = (path: string): Promise<Pack | undefined> =>
  openPack(path).catch((error: NodeJS.ErrnoException) => {
    // it was repacked since the listing, or it is not an index
    if (error.code === 'ENOENT' || error instanceof RangeError) return undefined;
    throw error;
  });

/** Bytes that hold any header, deflated or not: a type, a size and a NUL (gitformat-loose(5)). */
const LOOSE_HEADER_BYTES = 64;

const fileOf = (folder: string, oid: Oid): string => join(folder, oid.slice(0, 2), oid.slice(2));

const isLoose = (folder: string, oid: Oid): Promise<true | undefined> =>
  access(fileOf(folder, oid)).then(() => true as const, undefinedIfGone);

/** Reads a loose object; undefined where the file is missing, or holds another object. */
async function readLoose(folder: string, oid: Oid): Promise<StoredObject | undefined> {
  const deflated = await readFile(fileOf(folder, oid)).catch(undefinedIfGone);
  if (deflated === undefined) return undefined;
  const whole = inflated(deflated);
  if (whole === undefined || createHash('sha1').update(whole).digest('hex') !== oid) return undefined;
  const head = parseLooseHead(whole);
  return head && { ...head, bytes: whole.subarray(head.start) };
}

async function readLooseHead(folder: string, oid: Oid): Promise<ObjectHead | undefined> {
  const start = await readStart(fileOf(folder, oid)).catch(undefinedIfGone);
  const head = start && parseLooseHead(inflated(start, constants.Z_SYNC_FLUSH) ?? start);
  return head && { type: head.type, size: head.size };
}

async function streamLoose(folder: string, oid: Oid): Promise<Readable | undefined> {
  if ((await readLooseHead(folder, oid)) === undefined) return undefined;
  // the last stream of a pipeline reports how it ends
  return pipeline(createReadStream(fileOf(folder, oid)), createInflate(), withoutHeader(), () => undefined);
}

async function looseStartingWith(folder: string, digits: string): Promise<Oid[]> {
  const first = digits.slice(0, 2);
  const names = await readdir(join(folder, first)).catch(() => []);
  return names
    .map((name) => first + name)
    .filter((oid) => /^[0-9a-f]{40}$/.test(oid) && oid.startsWith(digits));
}

/** A file that is there and cannot be read is an error for the user to see. */
function undefinedIfGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOSE_HEADER_BYTES), 0, LOOSE_HEADER_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function inflated(bytes: Uint8Array, finishFlush = constants.Z_FINISH): Buffer | undefined {
  try {
    return inflateSync(bytes, { finishFlush });
  } catch {
    return undefined;
  }
}

function parseLooseHead(bytes: Buffer): (ObjectHead & { start: number }) | undefined {
  const end = bytes.indexOf(0);
  const header = bytes.toString('latin1', 0, Math.max(end, 0));
  const [, type, size] = /^(commit|tree|blob|tag) (\d+)$/.exec(header) ?? [];
  return type === undefined
    ? undefined
    : { type: type as ObjectHead['type'], size: Number(size), start: end + 1 };
}

function withoutHeader(): Transform {
  let isBehind = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = isBehind ? -1 : chunk.indexOf(0);
      isBehind ||= end >= 0;
      done(null, isBehind ? chunk.subarray(end + 1) : undefined);
    },
  });
}

/** How many questions run at a time: enough to keep the disk busy, few enough for the limit on open files. */
const CONCURRENCY = 32;

/** Asks once about each key; keys whose answer is undefined are missing in the map. */
export async function askEach<K, T>(
  keys: Iterable<K>,
  ask: (key: K) => Promise<T | undefined>,
): Promise<Map<K, T>> {
  const answers = new Map<K, T>();
  const waiting = new Set(keys).values();
  const askOn = async (): Promise<void> => {
    for (const key of waiting) {
      const answer = await ask(key);
      if (answer !== undefined) answers.set(key, answer);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, askOn));
  return answers;
}

/** An object as another one names it. */
interface Target {
  type: ObjectHead['type'];
  oid: Oid;
}

/**
 * Follows tags of tags to the object at their end; undefined where one of them is missing or corrupt. Like git it reads only
 * the first lines of a tag on the way.
 */
export async function peel(
  { head, read }: Pick<ObjectStore, 'head' | 'read'>,
  { type, oid }: Target,
): Promise<Target | undefined> {
  let at: Target = { type, oid };
  while (at.type === 'tag') {
    const size = (await head(at.oid))?.size ?? 0;
    const found = size > MAX_TAG_BYTES ? undefined : await read(at.oid);
    const [, target, kind] =
      (found?.type === 'tag' &&
        /^object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)\n/.exec(
          found.bytes.toString('latin1', 0, 80),
        )) ||
      [];
    if (target === undefined) return undefined;
    at = { type: kind as Target['type'], oid: target };
  }
  return at;
}

/** The objects that an object leads to; a submodule leads elsewhere. */
export function linksIn({ type, bytes }: StoredObject): { type: ObjectHead['type']; oid: Oid }[] {
  switch (type) {
    case 'blob':
      return [];
    case 'tree':
      return treeEntries(bytes).flatMap((entry) =>
        entry.type === 'commit' ? [] : [{ type: entry.type === 'tree' ? 'tree' : 'blob', oid: entry.oid }],
      );
    case 'commit': {
      const [head = ''] = bytes.toString('latin1').split('\n\n');
      const lines = head.matchAll(/^(tree|parent) ([0-9a-f]{40})$/gm);
      return [...lines].map(([, key, oid = '']) => ({ type: key === 'tree' ? 'tree' : 'commit', oid }));
    }
    case 'tag': {
      const start = bytes.toString('latin1', 0, 80);
      const [, oid, kind] = /^object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)\n/.exec(start) ?? [];
      return oid === undefined ? [] : [{ type: kind as ObjectHead['type'], oid }];
    }
    default:
      return unreachable(type);
  }
}

import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { constants, createInflate, inflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { needsGit } from '../port.js';
import type { ObjectHead, StoredObject } from './objects.js';

/** One pack of objects with its index (gitformat-pack(5)). Offsets are bytes from its start. */
export interface Pack {
  index: PackIndex;
  readAt(offset: number): Promise<StoredObject>;
  headAt(offset: number): Promise<ObjectHead>;
  streamAt(offset: number): Promise<Readable>;
}

/** Git makes no longer chains of deltas (git-pack-objects(1), --depth); a longer one is a cycle. */
const MAX_CHAIN = 4096;
/** The size of the largest buffer, in bytes. */
const MAX_BUFFER = 2 ** 31 - 1;

/** Opens a pack by the path of its index. No file stays open between questions. */
export async function openPack(indexPath: string): Promise<Pack> {
  const index = await readPackIndex(indexPath);
  const path = indexPath.replace(/idx$/, 'pack');
  const withFile = sharedFile(path);
  const read = (at: number, length: number): Promise<Buffer> =>
    withFile(async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    });
  /** The entry at an offset and its delta bases, the whole object last. */
  const chainAt = async (offset: number): Promise<[PackEntry, ...PackEntry[]]> => {
    const entry = async (at: number): Promise<PackEntry> =>
      parseEntry(await read(at, MAX_HEADER), at, index.find);
    const chain: [PackEntry, ...PackEntry[]] = [await entry(offset)];
    for (let last = chain[0]; last.base !== undefined; chain.push(last)) {
      if (chain.length > MAX_CHAIN) throw new Error('a chain of deltas is a cycle');
      last = await entry(last.base);
    }
    return chain;
  };
  const contentOf = async ({ data, size }: PackEntry): Promise<Buffer> => {
    if (size > MAX_BUFFER) throw needsGit(`to hold an object of ${size} bytes in memory`);
    const content = inflateSync(await read(data, maxDeflated(size)), { maxOutputLength: Math.max(size, 1) });
    if (content.length !== size) throw new Error('an object has another size than it states');
    return content;
  };
  const readAt = async (offset: number): Promise<StoredObject> => {
    const chain = await chainAt(offset);
    const whole = chain.pop() as PackEntry;
    let bytes = await contentOf(whole);
    for (const entry of chain.reverse()) bytes = applyDelta(await contentOf(entry), bytes);
    return { type: typeOf(whole), size: bytes.length, bytes };
  };
  return {
    index,
    readAt,
    headAt: async (offset) => {
      const chain = await chainAt(offset);
      const type = typeOf(chain.at(-1));
      if (chain.length === 1) return { type, size: chain[0].size };
      const start = inflateSync(await read(chain[0].data, 256), { finishFlush: constants.Z_SYNC_FLUSH });
      return { type, size: deltaSizes(start).result };
    },
    streamAt: async (offset) => {
      const [{ type, data, size }] = await chainAt(offset);
      if (type === undefined) return Readable.from([(await readAt(offset)).bytes]);
      const deflated = createReadStream(path, { start: data, end: data + maxDeflated(size) });
      // the last stream of a pipeline reports how it ends
      return pipeline(deflated, createInflate(), () => undefined);
    },
  };
}

function typeOf(entry: PackEntry | undefined): ObjectHead['type'] {
  if (entry?.type) return entry.type;
  throw new Error('a pack holds no object where its index has one');
}

/** Opens a file for all that use it at the same time, and closes it after the last of them. */
function sharedFile(path: string): <T>(use: (file: FileHandle) => Promise<T>) => Promise<T> {
  let users = 0;
  let opened: Promise<FileHandle> | undefined;
  return async (use) => {
    users += 1;
    opened ??= open(path);
    const mine = opened;
    try {
      return await use(await mine);
    } finally {
      users -= 1;
      if (users === 0) {
        opened = undefined;
        await mine.then(
          (file) => file.close(),
          () => undefined,
        );
      }
    }
  };
}

/** An entry of a pack: an object, or the delta to the object at another offset. */
export interface PackEntry {
  /** Undefined for a delta. */
  type: ObjectHead['type'] | undefined;
  /** Bytes of the content, or of the delta. */
  size: number;
  /** Where the deflated bytes begin. */
  data: number;
  base: number | undefined;
}

const TYPES: Record<number, ObjectHead['type']> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const OID_DELTA = 7;
/** Bytes of the longest header: ten of type and size, and an offset or an id behind them. */
export const MAX_HEADER = 40;

/**
 * The most bytes that an object of a size takes: content that does not get smaller is stored as it is, in blocks with a few
 * bytes each (RFC 1951, section 3.2.4).
 */
export const maxDeflated = (size: number): number => size + Math.ceil(size / 64) + 1024;

/**
 * Reads the header of the entry at an offset: three bits of type, then the size, four bits in the first byte and seven in each
 * further one, the lowest first.
 * @param find the offset in the pack of the object that a delta names
 * @throws Error when it is a delta to something before the start of the pack
 */
export function parseEntry(bytes: Buffer, offset: number, find: (oid: Oid) => number | undefined): PackEntry {
  let at = 0;
  const next = (): number => bytes.readUInt8(at++);
  let byte = next();
  const code = (byte >> 4) & 7;
  let size = byte & 0x0f;
  for (let factor = 16; byte >= 0x80; factor *= 128) {
    byte = next();
    size += (byte & 0x7f) * factor;
  }
  let base: number | undefined;
  if (code === OFFSET_DELTA) {
    // seven bits a byte, the highest first, and one more for each further byte
    byte = next();
    let back = byte & 0x7f;
    while (byte >= 0x80) {
      byte = next();
      back = (back + 1) * 128 + (byte & 0x7f);
    }
    base = offset - back;
    if (base < 0) throw new Error('a delta to something before the pack');
  } else if (code === OID_DELTA) {
    base = find(bytes.toString('hex', at, at + OID_BYTES));
    at += OID_BYTES;
  }
  return { type: TYPES[code], size, data: offset + at, base };
}

/** The sizes of the base of a delta and of its result; `at` is where its instructions begin. */
export function deltaSizes(delta: Uint8Array): { base: number; result: number; at: number } {
  let at = 0;
  /** Seven bits a byte, the lowest first. */
  const readSize = (): number => {
    let size = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = delta[at++];
      if (byte === undefined) throw new Error('a delta breaks off');
      size += (byte & 0x7f) * factor;
      if (byte < 0x80) return size;
    }
  };
  const base = readSize();
  const result = readSize();
  return { base, result, at };
}

/**
 * Makes an object from its base and the delta between them (gitformat-pack(5), "Deltified representation").
 * @throws Error when the delta does not fit
 */
export function applyDelta(delta: Uint8Array, base: Uint8Array): Buffer {
  const sizes = deltaSizes(delta);
  if (sizes.base !== base.length) throw new Error('a delta has another base');
  const result = Buffer.alloc(sizes.result);
  let filled = 0;
  for (let at = sizes.at; at < delta.length; ) {
    const code = delta[at++] ?? 0;
    let part: Uint8Array;
    if (code & 0x80) {
      // a piece of the base: the bits say which bytes of its offset and length follow
      const pick = (bits: readonly number[]): number =>
        bits.reduce((sum, bit, index) => (code & bit ? sum + (delta[at++] ?? 0) * 256 ** index : sum), 0);
      const offset = pick([0x01, 0x02, 0x04, 0x08]);
      const length = pick([0x10, 0x20, 0x40]) || 0x10000;
      part = base.subarray(offset, offset + length);
      if (part.length !== length) throw new Error('a delta reaches beyond its base');
    } else {
      part = delta.subarray(at, at + code);
      at += code;
      if (code === 0 || part.length !== code) throw new Error('a delta is malformed');
    }
    if (filled + part.length > result.length) throw new Error('a delta makes too many bytes');
    result.set(part, filled);
    filled += part.length;
  }
  if (filled !== result.length) throw new Error('a delta makes too few bytes');
  return result;
}

/** The objects of a pack, and their offsets. */
export interface PackIndex {
  find(oid: Oid): number | undefined;
  /** All ids that begin with these hexadecimal digits, at least two of them. */
  startingWith(digits: string): Oid[];
}

const INDEX_MAGIC = 0xff744f63;
const FANOUT = 8;
const NAMES = FANOUT + 256 * 4;
const OID_BYTES = 20;
const IN_LARGE_TABLE = 0x80000000;

/**
 * Reads the index of a pack: a table of how many ids begin with each byte or a smaller one, the ids in order, their checksums,
 * their offsets, and a table of offsets beyond 2 GiB (gitformat-pack(5), "Version 2 pack-*.idx files").
 * @throws RegError GIT_MISSING for an index of the first version; RangeError when it is broken
 */
async function readPackIndex(path: string): Promise<PackIndex> {
  const bytes = await readFile(path);
  // a file that is too short for an index fails below
  if (bytes.length >= NAMES && (bytes.readUInt32BE(0) !== INDEX_MAGIC || bytes.readUInt32BE(4) !== 2))
    throw needsGit(`the old index ${path}`);
  const upTo = (first: number): number => (first < 0 ? 0 : bytes.readUInt32BE(FANOUT + first * 4));
  const count = upTo(255);
  const offsets = NAMES + count * (OID_BYTES + 4);
  const large = offsets + count * 4;
  const nameAt = (position: number): Buffer =>
    bytes.subarray(NAMES + position * OID_BYTES, NAMES + (position + 1) * OID_BYTES);
  const offsetAt = (position: number): number => {
    const offset = bytes.readUInt32BE(offsets + position * 4);
    if (offset < IN_LARGE_TABLE) return offset;
    return Number(bytes.readBigUInt64BE(large + (offset - IN_LARGE_TABLE) * 8));
  };
  /** The first position whose id is not before a key. */
  const search = (key: Buffer): number => {
    let [low, high] = [upTo((key[0] ?? 0) - 1), upTo(key[0] ?? 0)];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nameAt(middle).compare(key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    find: (oid) => {
      const key = Buffer.from(oid, 'hex');
      const position = search(key);
      return position < count && nameAt(position).equals(key) ? offsetAt(position) : undefined;
    },
    startingWith: (digits) => {
      const found: Oid[] = [];
      const first = search(Buffer.from(digits.padEnd(OID_BYTES * 2, '0'), 'hex'));
      for (let position = first; position < count; position += 1) {
        const oid = nameAt(position).toString('hex');
        if (!oid.startsWith(digits)) break;
        found.push(oid);
      }
      return found;
    },
  };
}

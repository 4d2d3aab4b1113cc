import { closeSync, openSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { applyDelta } from './delta.js';
import type { ObjectType } from './object-type.js';
import { deflatedAtMost, parseEntry } from './pack-entry.js';
import { openPackIndex, readAt } from './pack-index.js';

/** A whole object. */
export interface StoredObject {
  type: ObjectType;
  bytes: Buffer;
}

/** What is larger is a model and no tag. */
export const LARGEST = 1024 * 1024;

/** A pack of objects and its index, of which only what is asked for is read. */
export interface PackFile {
  /** @throws Error when it is broken, or too large */
  read(oid: Oid): StoredObject | undefined;
  close(): void;
}

/** Git makes no longer chains of differences (git-pack-objects(1), --depth). */
const LONGEST_CHAIN = 4096;

/** Bytes that hold most tags whole, header and all. */
const SMALL = 2048;

/** Opens a pack by the path of its index. */
export function openPackFile(indexPath: string): PackFile {
  const index = openPackIndex(indexPath);
  let pack: number | undefined;
  // many objects of one artifact are differences to the same one
  const known = new Map<number, StoredObject>();
  const bytesAt = (at: number, length: number): Buffer => {
    pack ??= openSync(indexPath.replace(/idx$/, 'pack'), 'r');
    return readAt(pack, at, length);
  };
  const objectAt = (offset: number, steps: number): StoredObject => {
    const before = known.get(offset);
    if (before) return before;
    const head = bytesAt(offset, SMALL);
    const { type, size, data, base } = parseEntry(head, offset, index.find);
    if (size > LARGEST || steps > LONGEST_CHAIN) throw new Error('an object that is no tag');
    const length = deflatedAtMost(size);
    const inHead = head.subarray(data - offset);
    const deflated = inHead.length >= length || head.length < SMALL ? inHead : bytesAt(data, length);
    const content = inflateSync(deflated, { chunkSize: Math.max(64, size + 1), maxOutputLength: size + 1 });
    if (content.length !== size) throw new Error('an object has another size than it says');
    const object = base === undefined ? whole(type, content) : differing(objectAt(base, steps + 1), content);
    known.set(offset, object);
    return object;
  };
  return {
    read: (oid) => {
      const offset = index.find(oid);
      return offset === undefined ? undefined : objectAt(offset, 0);
    },
    close: () => {
      index.close();
      if (pack !== undefined) closeSync(pack);
    },
  };
}

const differing = ({ type, bytes }: StoredObject, delta: Buffer): StoredObject => ({
  type,
  bytes: applyDelta(delta, bytes),
});

function whole(type: ObjectType | undefined, bytes: Buffer): StoredObject {
  if (type === undefined) throw new Error('a pack holds no object where its index says so');
  return { type, bytes };
}

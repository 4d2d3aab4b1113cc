import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { constants, createInflate, inflateSync } from 'node:zlib';
import { applyDelta, deltaSizes } from '../../files/delta.js';
import { deflatedAtMost, type Entry, HEADER_BYTES, parseEntry } from '../../files/pack-entry.js';
import { needsGit } from '../../needs-git.js';
import type { FoundObject, ObjectHead } from '../found-object.js';
import { type PackIndex, readPackIndex } from './pack-index.js';
import { sharedFile } from './shared-file.js';

/** One pack of objects and its index. Offsets are bytes from its start. */
export interface Pack {
  index: PackIndex;
  readAt(offset: number): Promise<FoundObject>;
  headAt(offset: number): Promise<ObjectHead>;
  streamAt(offset: number): Promise<Readable>;
}

/** Git makes no longer chains of differences (git-pack-objects(1), --depth); a longer one runs in a circle. */
const LONGEST_CHAIN = 4096;
/** What fits into one buffer, in bytes. */
const LARGEST = 2 ** 31 - 1;

/** Opens a pack by the path of its index. Nothing of it stays open between questions. */
export async function openPack(indexPath: string): Promise<Pack> {
  const index = await readPackIndex(indexPath);
  const path = indexPath.replace(/idx$/, 'pack');
  const withFile = sharedFile(path);
  const read = (at: number, length: number): Promise<Buffer> =>
    withFile(async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    });
  /** What is at an offset, and all that it is a difference to, the whole object last. */
  const chainAt = async (offset: number): Promise<[Entry, ...Entry[]]> => {
    const entry = async (at: number): Promise<Entry> =>
      parseEntry(await read(at, HEADER_BYTES), at, index.find);
    const chain: [Entry, ...Entry[]] = [await entry(offset)];
    for (let last = chain[0]; last.base !== undefined; chain.push(last)) {
      if (chain.length > LONGEST_CHAIN) throw new Error('differences in a circle');
      last = await entry(last.base);
    }
    return chain;
  };
  const contentOf = async ({ data, size }: Entry): Promise<Buffer> => {
    if (size > LARGEST) throw needsGit(`to hold an object of ${size} bytes in memory`);
    const content = inflateSync(await read(data, deflatedAtMost(size)), {
      maxOutputLength: Math.max(size, 1),
    });
    if (content.length !== size) throw new Error('an object has another size than it says');
    return content;
  };
  const readAt = async (offset: number): Promise<FoundObject> => {
    const chain = await chainAt(offset);
    const whole = chain.pop() as Entry;
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
      const deflated = createReadStream(path, { start: data, end: data + deflatedAtMost(size) });
      // how a pipeline ends is told by its last stream
      return pipeline(deflated, createInflate(), () => undefined);
    },
  };
}

function typeOf(entry: Entry | undefined): ObjectHead['type'] {
  if (entry?.type) return entry.type;
  throw new Error('a pack holds no object where its index says so');
}

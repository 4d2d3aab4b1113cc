import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createInflate, inflateSync } from 'node:zlib';
import type { Oid } from '../../../domain/event.js';
import { deflatedAtMost, type Entry, HEADER_BYTES, parseEntry } from '../../files/pack-entry.js';
import { encodePackIndex } from './pack-index.js';

/** Bytes up to which an object is read at once. */
const SMALL = 64 * 1024;

/**
 * Makes the index of a pack that holds whole objects alone, as one of models does; memory stays constant however large they
 * are. Nothing is written when one is a difference to another.
 * @returns the ids of what the pack holds; undefined when it holds a difference
 * @throws Error when the pack is broken
 */
export async function indexWhole(
  path: string,
  count: number,
  checksum: string,
): Promise<Set<Oid> | undefined> {
  const file = await open(path);
  const places = new Map<Oid, number>();
  try {
    let offset = PACK_HEADER_BYTES;
    for (let left = count; left > 0; left -= 1) {
      const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, offset);
      const entry = parseEntry(buffer, offset, () => undefined);
      if (entry.type === undefined) return undefined;
      const { oid, length } = await (entry.size > SMALL ? identifyLarge(path, entry) : identify(file, entry));
      places.set(oid, offset);
      offset = entry.data + length;
    }
  } finally {
    await file.close();
  }
  await writeFile(path.replace(/pack$/, 'idx'), encodePackIndex(places, checksum));
  return new Set(places.keys());
}

const PACK_HEADER_BYTES = 12;

/** What an object is called, and how many bytes of the pack its content takes. */
interface Identified {
  oid: Oid;
  length: number;
}

const hashOf = ({ type, size }: Entry) => createHash('sha1').update(`${type} ${size}\0`);

async function identify(file: FileHandle, entry: Entry): Promise<Identified> {
  const room = deflatedAtMost(entry.size);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, entry.data);
  // with `info` the answer also tells how far it read (node:zlib)
  const { buffer: content, engine } = inflateSync(buffer.subarray(0, bytesRead), {
    info: true,
  }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  return { oid: hashOf(entry).update(content).digest('hex'), length: engine.bytesWritten };
}

async function identifyLarge(path: string, entry: Entry): Promise<Identified> {
  const inflate = createInflate();
  // behind the object comes the next one: the stream of the file is given up where the object ends
  pipeline(createReadStream(path, { start: entry.data }), inflate, () => undefined);
  const hash = hashOf(entry);
  for await (const chunk of inflate) hash.update(chunk);
  return { oid: hash.digest('hex'), length: inflate.bytesWritten };
}

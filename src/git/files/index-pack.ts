import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream, promises } from 'node:fs';
import { type FileHandle, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as pipelineToEnd } from 'node:stream/promises';
import { createInflate, inflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { needsGit } from '../port.js';
import { MAX_HEADER, maxDeflated, type PackEntry, parseEntry } from './pack.js';

/** isomorphic-git indexes a pack in memory, and Node reads no larger file at once (fs.readFile), in bytes. */
const MAX_IN_MEMORY = 2 ** 31 - 1;
const PACK_HEADER_BYTES = 12;
const OID_BYTES = 20;

/**
 * Writes a pack as it comes, indexes it, and moves both to the packs of a repository (git-index-pack(1)).
 * @param own a folder that no other process writes to, on the same disk
 * @param packs the folder of the packs
 * @returns the ids of its objects
 * @throws RegError GIT_MISSING when it is too large; Error when it is broken
 */
export async function indexPack(
  pack: AsyncIterable<Uint8Array>,
  own: string,
  packs: string,
): Promise<ReadonlySet<Oid>> {
  const file = join(own, 'fetched.pack');
  await pipelineToEnd(pack, createWriteStream(file));
  const { size, checksum, count } = await readEnds(file);
  if (count === 0) return new Set();
  const oids = (await indexWholeObjects(file, count, checksum)) ?? (await indexDeltas(own, size));
  await mkdir(packs, { recursive: true });
  // the index comes last: without it no reader sees the pack (gitformat-pack(5))
  for (const kind of ['pack', 'idx'])
    await rename(join(own, `fetched.${kind}`), join(packs, `pack-${checksum}.${kind}`));
  return oids;
}

/** Indexes a pack with deltas, as trees and old files often are. */
async function indexDeltas(folder: string, size: number): Promise<Set<Oid>> {
  if (size > MAX_IN_MEMORY) throw needsGit(`to fetch ${size} bytes of objects that are stored as deltas`);
  const { default: git } = await import('isomorphic-git');
  const { oids } = await git.indexPack({
    fs: { promises },
    dir: folder,
    gitdir: folder,
    filepath: 'fetched.pack',
  });
  return new Set(oids);
}

/** A pack begins with `PACK`, its version and the number of its objects, and ends with a checksum (gitformat-pack(5)). */
async function readEnds(path: string): Promise<{ size: number; count: number; checksum: string }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const [head, end] = await Promise.all([
      file.read(Buffer.alloc(PACK_HEADER_BYTES), 0, PACK_HEADER_BYTES, 0),
      file.read(Buffer.alloc(OID_BYTES), 0, OID_BYTES, Math.max(size - OID_BYTES, 0)),
    ]);
    return { size, count: head.buffer.readUInt32BE(8), checksum: end.buffer.toString('hex') };
  } finally {
    await file.close();
  }
}

/** Bytes up to which an object is read at once. */
const SMALL = 64 * 1024;

/**
 * Indexes a pack without deltas, as a pack of models is. Memory stays constant however large its objects are. Nothing is
 * written when it holds a delta.
 * @returns undefined when it holds a delta
 */
async function indexWholeObjects(
  path: string,
  count: number,
  checksum: string,
): Promise<Set<Oid> | undefined> {
  const file = await open(path);
  const offsets = new Map<Oid, number>();
  try {
    let offset = PACK_HEADER_BYTES;
    for (let left = count; left > 0; left -= 1) {
      const { buffer } = await file.read(Buffer.alloc(MAX_HEADER), 0, MAX_HEADER, offset);
      const entry = parseEntry(buffer, offset, () => undefined);
      if (entry.type === undefined) return undefined;
      const { oid, length } = await (entry.size > SMALL ? hashLarge(path, entry) : hashSmall(file, entry));
      offsets.set(oid, offset);
      offset = entry.data + length;
    }
  } finally {
    await file.close();
  }
  await writeFile(path.replace(/pack$/, 'idx'), encodeIndex(offsets, checksum));
  return new Set(offsets.keys());
}

/** The id of an object, and how many bytes of the pack its content takes. */
interface Hashed {
  oid: Oid;
  length: number;
}

const hashOf = ({ type, size }: PackEntry): Hash => createHash('sha1').update(`${type} ${size}\0`);

async function hashSmall(file: FileHandle, entry: PackEntry): Promise<Hashed> {
  const room = maxDeflated(entry.size);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, entry.data);
  // with `info` the answer also says how far it read (node:zlib)
  const { buffer: content, engine } = inflateSync(buffer.subarray(0, bytesRead), {
    info: true,
  }) as unknown as {
    buffer: Buffer;
    engine: { bytesWritten: number };
  };
  return { oid: hashOf(entry).update(content).digest('hex'), length: engine.bytesWritten };
}

async function hashLarge(path: string, entry: PackEntry): Promise<Hashed> {
  const inflate = createInflate();
  // behind the object comes the next one: the stream of the file is closed where the object ends
  pipeline(createReadStream(path, { start: entry.data }), inflate, () => undefined);
  const hash = hashOf(entry);
  for await (const chunk of inflate) hash.update(chunk);
  return { oid: hash.digest('hex'), length: inflate.bytesWritten };
}

const INDEX_MAGIC = 0xff744f63;
const IN_LARGE_TABLE = 0x80000000;

/**
 * Writes an index of the second version (gitformat-pack(5)). The checksums of the objects, which only repacking reads, are
 * zero: no pack of the cache is repacked.
 * @param offsets where in the pack each object is
 * @param checksum of the pack, in hexadecimal digits
 */
function encodeIndex(offsets: ReadonlyMap<Oid, number>, checksum: string): Buffer {
  const sorted = [...offsets].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(INDEX_MAGIC);
  head.writeUInt32BE(2, 4);
  const fanout = Buffer.alloc(256 * 4);
  const table = Buffer.alloc(sorted.length * 4);
  const large: Buffer[] = [];
  for (const [position, [oid, offset]] of sorted.entries()) {
    fanout.writeUInt32BE(position + 1, Number.parseInt(oid.slice(0, 2), 16) * 4);
    table.writeUInt32BE(offset < IN_LARGE_TABLE ? offset : IN_LARGE_TABLE + large.length, position * 4);
    if (offset < IN_LARGE_TABLE) continue;
    large.push(Buffer.alloc(8));
    large.at(-1)?.writeBigUInt64BE(BigInt(offset));
  }
  // a byte that begins no id has as many before it as the byte before
  for (let at = 4; at < fanout.length; at += 4)
    fanout.writeUInt32BE(Math.max(fanout.readUInt32BE(at), fanout.readUInt32BE(at - 4)), at);
  const names = Buffer.from(sorted.map(([oid]) => oid).join(''), 'hex');
  const checksums = Buffer.alloc(sorted.length * 4);
  const whole = Buffer.concat([
    head,
    fanout,
    names,
    checksums,
    table,
    ...large,
    Buffer.from(checksum, 'hex'),
  ]);
  return Buffer.concat([whole, createHash('sha1').update(whole).digest()]);
}

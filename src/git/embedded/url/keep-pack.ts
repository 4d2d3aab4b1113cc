import { createWriteStream, promises } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Oid } from '../../../domain/event.js';
import { needsGit } from '../../needs-git.js';
import { indexWhole } from '../store/index-whole.js';

/** isomorphic-git indexes a pack in memory, and Node reads no larger file at once (fs.readFile), in bytes. */
const LARGEST = 2 ** 31 - 1;
const OID_BYTES = 20;

/**
 * Writes a pack as it comes, makes the index of it, and puts both among the packs of a repository.
 * @param own a folder that nobody else writes to, on the same disk
 * @returns the ids of what it holds
 * @throws RegError GIT_MISSING when it is too large; Error when it is broken
 */
export async function keepPack(
  pack: AsyncIterable<Uint8Array>,
  own: string,
  packs: string,
): Promise<ReadonlySet<Oid>> {
  const file = join(own, 'fetched.pack');
  await pipeline(pack, createWriteStream(file));
  const { size, checksum, count } = await readEnds(file);
  if (count === 0) return new Set();
  const oids = (await indexWhole(file, count, checksum)) ?? (await indexDifferences(own, size));
  await mkdir(packs, { recursive: true });
  // the index comes last: without it nobody sees the pack (gitformat-pack(5))
  for (const kind of ['pack', 'idx'])
    await rename(join(own, `fetched.${kind}`), join(packs, `pack-${checksum}.${kind}`));
  return oids;
}

/** Makes the index of a pack whose objects are stored as differences to each other, as trees and old files often are. */
async function indexDifferences(folder: string, size: number): Promise<Set<Oid>> {
  if (size > LARGEST) throw needsGit(`to fetch ${size} bytes of objects that are stored as differences`);
  const { default: git } = await import('isomorphic-git');
  const { oids } = await git.indexPack({
    fs: { promises },
    dir: folder,
    gitdir: folder,
    filepath: 'fetched.pack',
  });
  return new Set(oids);
}

/** A pack begins with `PACK`, its version and the number of its objects, and ends in a checksum (gitformat-pack(5)). */
async function readEnds(path: string): Promise<{ size: number; count: number; checksum: string }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const [head, end] = await Promise.all([
      file.read(Buffer.alloc(12), 0, 12, 0),
      file.read(Buffer.alloc(OID_BYTES), 0, OID_BYTES, Math.max(size - OID_BYTES, 0)),
    ]);
    return { size, count: head.buffer.readUInt32BE(8), checksum: end.buffer.toString('hex') };
  } finally {
    await file.close();
  }
}

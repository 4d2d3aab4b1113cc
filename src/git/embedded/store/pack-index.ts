import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Oid } from '../../../domain/event.js';
import { needsGit } from '../../needs-git.js';

/** Which objects a pack holds, and where. */
export interface PackIndex {
  /** The offset of an object in the pack, in bytes. */
  find(oid: Oid): number | undefined;
  /** All ids that begin with these hexadecimal digits, at least two of them. */
  beginning(digits: string): Oid[];
}

const MAGIC = 0xff744f63;
const FANOUT = 8;
const NAMES = FANOUT + 256 * 4;
const OID_BYTES = 20;
const IN_LARGE_TABLE = 0x80000000;

/**
 * Reads the index of a pack: a table of how many ids begin with each byte or a smaller one, the ids in order, their check
 * sums, their offsets, and a table for offsets beyond 2 GiB (gitformat-pack(5), "Version 2 pack-*.idx files").
 * @throws RegError GIT_MISSING for an index of the first version; Error when it is broken
 */
export async function readPackIndex(path: string): Promise<PackIndex> {
  const bytes = await readFile(path);
  if (bytes.length < NAMES || bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== 2)
    throw needsGit(`the old index ${path}`);
  const upTo = (first: number): number => (first < 0 ? 0 : bytes.readUInt32BE(FANOUT + first * 4));
  const count = upTo(255);
  const offsets = NAMES + count * (OID_BYTES + 4);
  const large = offsets + count * 4;
  const nameAt = (place: number): Buffer =>
    bytes.subarray(NAMES + place * OID_BYTES, NAMES + (place + 1) * OID_BYTES);
  const offsetAt = (place: number): number => {
    const offset = bytes.readUInt32BE(offsets + place * 4);
    if (offset < IN_LARGE_TABLE) return offset;
    return Number(bytes.readBigUInt64BE(large + (offset - IN_LARGE_TABLE) * 8));
  };
  /** The first place whose id is not before a key. */
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
      const place = search(key);
      return place < count && nameAt(place).equals(key) ? offsetAt(place) : undefined;
    },
    beginning: (digits) => {
      const found: Oid[] = [];
      for (
        let place = search(Buffer.from(digits.padEnd(OID_BYTES * 2, '0'), 'hex'));
        place < count;
        place += 1
      ) {
        const oid = nameAt(place).toString('hex');
        if (!oid.startsWith(digits)) break;
        found.push(oid);
      }
      return found;
    },
  };
}

/**
 * Writes such an index. The check sums of the objects, which only repacking asks for, are left at zero: what reads a pack
 * here never does.
 * @param places the offset of each object
 * @param checksum that of the pack, in hexadecimal digits
 */
export function encodePackIndex(places: ReadonlyMap<Oid, number>, checksum: string): Buffer {
  const sorted = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
  const fanout = Buffer.alloc(256 * 4);
  const offsets = Buffer.alloc(sorted.length * 4);
  const large: Buffer[] = [];
  for (const [place, [oid, offset]] of sorted.entries()) {
    const first = Number.parseInt(oid.slice(0, 2), 16);
    fanout.writeUInt32BE(place + 1, first * 4);
    offsets.writeUInt32BE(offset < IN_LARGE_TABLE ? offset : IN_LARGE_TABLE + large.length, place * 4);
    if (offset < IN_LARGE_TABLE) continue;
    large.push(Buffer.alloc(8));
    large.at(-1)?.writeBigUInt64BE(BigInt(offset));
  }
  // a byte that begins no id has as many before it as the one before
  for (let first = 1; first < 256; first += 1)
    fanout.writeUInt32BE(
      Math.max(fanout.readUInt32BE(first * 4), fanout.readUInt32BE(first * 4 - 4)),
      first * 4,
    );
  const head = Buffer.alloc(FANOUT);
  head.writeUInt32BE(MAGIC);
  head.writeUInt32BE(2, 4);
  const names = Buffer.from(sorted.map(([oid]) => oid).join(''), 'hex');
  const whole = Buffer.concat([
    head,
    fanout,
    names,
    Buffer.alloc(sorted.length * 4),
    offsets,
    ...large,
    Buffer.from(checksum, 'hex'),
  ]);
  return Buffer.concat([whole, createHash('sha1').update(whole).digest()]);
}

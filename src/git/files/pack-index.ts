import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Oid } from '../../domain/event.js';

/** Where in a pack objects are. */
export interface PackIndex {
  /** Bytes from the start of the pack. */
  find(oid: Oid): number | undefined;
  close(): void;
}

const MAGIC = 0xff744f63;
const FANOUT = 8;
const NAMES = FANOUT + 256 * 4;
const OID_BYTES = 20;
const IN_LARGE_TABLE = 0x80000000;
/** Bytes up to which an index is read at once: that takes less time than ten small pieces. */
const SMALL = 1024 * 1024;
/** So many ids are read at once. */
const FEW = 64;

/**
 * Opens the index of a pack: a table of how many ids begin with each byte or a smaller one, the ids in order, their check
 * sums, their offsets, and a table for offsets beyond 2 GiB (gitformat-pack(5), "Version 2 pack-*.idx files"). Of ids a few
 * pieces are read, so that it costs the same among a thousand objects and a million.
 * @throws Error for an index of another version, or a broken one
 */
export function openPackIndex(path: string): PackIndex {
  const file = openSync(path, 'r');
  const head = readAt(file, 0, NAMES);
  if (head.length < NAMES || head.readUInt32BE(0) !== MAGIC || head.readUInt32BE(4) !== 2) {
    closeSync(file);
    throw new Error(`an index of another version: ${path}`);
  }
  const upTo = (first: number): number => (first < 0 ? 0 : head.readUInt32BE(FANOUT + first * 4));
  const offsets = NAMES + upTo(255) * (OID_BYTES + 4);
  const { size } = fstatSync(file);
  const whole = size <= SMALL ? readAt(file, 0, size) : undefined;
  const bytesAt = (at: number, length: number): Buffer =>
    whole ? whole.subarray(at, at + length) : readAt(file, at, length);
  const offsetAt = (place: number): number => {
    const offset = bytesAt(offsets + place * 4, 4).readUInt32BE();
    if (offset < IN_LARGE_TABLE) return offset;
    const large = offsets + upTo(255) * 4 + (offset - IN_LARGE_TABLE) * 8;
    return Number(bytesAt(large, 8).readBigUInt64BE());
  };
  const ids = (place: number, count: number): Buffer => bytesAt(NAMES + place * OID_BYTES, count * OID_BYTES);
  return {
    find: (oid) => {
      const key = Buffer.from(oid, 'hex');
      let [low, high] = [upTo((key[0] ?? 0) - 1), upTo(key[0] ?? 0)];
      while (high - low > FEW) {
        const middle = (low + high) >>> 1;
        if (ids(middle, 1).compare(key) <= 0) low = middle;
        else high = middle;
      }
      const piece = ids(low, high - low);
      for (let at = 0; at < piece.length; at += OID_BYTES)
        if (piece.compare(key, 0, OID_BYTES, at, at + OID_BYTES) === 0) return offsetAt(low + at / OID_BYTES);
      return undefined;
    },
    close: () => closeSync(file),
  };
}

/** The bytes of a file at a place, as far as there are so many. */
export function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, at));
}

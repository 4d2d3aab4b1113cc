import type { Oid } from '../../domain/event.js';
import type { ObjectType } from './object-type.js';

/** What is at an offset: an object, or the difference to the object at another offset. */
export interface Entry {
  type: ObjectType | undefined;
  /** Bytes of the content, or of the difference. */
  size: number;
  /** Where the deflated bytes begin. */
  data: number;
  base: number | undefined;
}

const TYPES: Record<number, ObjectType> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const OFFSET_DELTA = 6;
const OID_DELTA = 7;
/** Ten bytes of type and size, and an offset or an id behind them. */
export const HEADER_BYTES = 40;

/**
 * Bytes that an object of a size takes at most: what does not get smaller is stored as it is, in blocks with a few bytes each
 * (RFC 1951, section 3.2.4).
 */
export const deflatedAtMost = (size: number): number => size + Math.ceil(size / 64) + 1024;

/**
 * Reads the first bytes of what is at an offset (gitformat-pack(5), "pack-*.pack files"): three bits of type, then the size,
 * four bits in the first byte and seven in each further one, the lowest first.
 * @param find where in the pack the object is that a difference names
 * @throws Error when it is a difference to something before the start of the pack
 */
export function parseEntry(bytes: Buffer, offset: number, find: (oid: Oid) => number | undefined): Entry {
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
    if (base < 0) throw new Error('a difference to something before the pack');
  } else if (code === OID_DELTA) {
    const oid: Oid = bytes.toString('hex', at, at + 20);
    at += 20;
    base = find(oid);
  }
  return { type: TYPES[code], size, data: offset + at, base };
}

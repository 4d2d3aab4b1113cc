/** Text as bytes, one a character. */
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A number of 16, 32 or 64 bits, little-endian. */
export const u16 = (value: number): Buffer => littleEndian(value, 2);
export const u32 = (value: number): Buffer => littleEndian(value, 4);
export const u64 = (value: number | bigint): Buffer => littleEndian(value, 8);

function littleEndian(value: number | bigint, width: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.subarray(0, width);
}

/** The same, big-endian. */
export const u64BE = (value: number): Buffer => u64(value).reverse();

/** A varint of a protocol buffer. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}

/** A field of a protocol buffer: a number, a string, or a message of fields. */
export function field(number: number, content: number | string | readonly Buffer[]): Buffer {
  if (typeof content === 'number') return Buffer.concat([varint(number * 8), varint(content)]);
  const bytes = typeof content === 'string' ? latin1(content) : Buffer.concat(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** CRC-32 of bytes (RFC 1952, 8). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** How a zip file is written otherwise than usual. */
export interface ZipStyle {
  comment?: string;
  /** Writes the numbers of its end where those of large files are (APPNOTE.TXT, 4.3.14). */
  isLarge?: boolean;
}

/** A zip file of these files, not compressed. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>, style: ZipStyle = {}): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    // version 2.0, no flags, stored, 1 January 1980
    const about = Buffer.concat([
      ...[u16(20), u16(0), u16(0), u16(0), u16(0x21)],
      ...[u32(crc32(bytes)), u32(bytes.length), u32(bytes.length), u16(name.length), u16(0)],
    ]);
    const local = Buffer.concat([latin1('PK\x03\x04'), about, latin1(name), bytes]);
    const entry = [
      latin1('PK\x01\x02'),
      u16(20),
      about,
      u16(0),
      u16(0),
      u16(0),
      u32(0),
      u32(at),
      latin1(name),
    ];
    locals.push(local);
    entries.push(Buffer.concat(entry));
    at += local.length;
  }
  return Buffer.concat([...locals, ...entries, endOf(entries, at, style)]);
}

function endOf(
  entries: readonly Buffer[],
  start: number,
  { comment = '', isLarge = false }: ZipStyle,
): Buffer {
  const count = entries.length;
  const length = Buffer.concat(entries).length;
  const record = [u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count), u64(length), u64(start)];
  const locator = [u32(0), u64(start + length), u32(1)];
  const large = [latin1('PK\x06\x06'), ...record, latin1('PK\x06\x07'), ...locator];
  const numbers = isLarge
    ? [u16(0xffff), u16(0xffff), u32(0xffffffff), u32(0xffffffff)]
    : [u16(count), u16(count), u32(length), u32(start)];
  const end = [latin1('PK\x05\x06'), u16(0), u16(0), ...numbers, u16(comment.length), latin1(comment)];
  return Buffer.concat([...(isLarge ? large : []), ...end]);
}

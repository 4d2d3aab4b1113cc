import type { Peek } from './read-at.js';

/** The names in a zip file. */
interface ZipDirectory {
  names: readonly string[];
  /** Whether these are all names. */
  isWhole: boolean;
}

/** The place of the central directory. */
interface Extent {
  count: number;
  start: number;
  length: number;
}

const MOST_BYTES = 1024 * 1024;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;

/**
 * Reads the names in the central directory of a zip file, its first MiB at most (APPNOTE.TXT, 4.3.12 to 4.3.16). Undefined where
 * there is no directory, and for a file that does not begin as a zip.
 */
export async function readZipDirectory(file: Peek): Promise<ZipDirectory | undefined> {
  const start = file.head.toString('latin1', 0, 4);
  if (start !== 'PK\x03\x04' && start !== 'PK\x05\x06') return undefined;
  const extent = await findExtent(file);
  if (extent === undefined || extent.start + extent.length > file.size) return undefined;
  const bytes = await file.at(extent.start, Math.min(extent.length, MOST_BYTES));
  const names = readNames(bytes, extent.count);
  const isWhole = names.length === extent.count;
  // a directory beyond the limit lacks names; any other one that lacks names is broken
  return isWhole || extent.length > MOST_BYTES ? { names, isWhole } : undefined;
}

/** Searches for the end record from the end of the file, because a comment may follow it. */
async function findExtent(file: Peek): Promise<Extent | undefined> {
  const length = Math.min(file.size, END_LENGTH + LONGEST_COMMENT);
  const tail = await file.at(file.size - length, length);
  for (
    let at = tail.length - END_LENGTH;
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf('PK\x05\x06', at - 1)
  ) {
    if (tail.toString('latin1', at, at + 4) !== 'PK\x05\x06') continue;
    if (at + END_LENGTH + tail.readUInt16LE(at + 20) !== tail.length) continue;
    const extent = {
      count: tail.readUInt16LE(at + 10),
      length: tail.readUInt32LE(at + 12),
      start: tail.readUInt32LE(at + 16),
    };
    const isLarge = extent.count === 0xffff || extent.length === 0xffffffff || extent.start === 0xffffffff;
    return isLarge ? findLargeExtent(file, file.size - tail.length + at) : extent;
  }
  return undefined;
}

/** The directory of a Zip64 file, such as any above 4 GiB: a locator leads to another end record (APPNOTE.TXT, 4.3.14, 4.3.15). */
async function findLargeExtent(file: Peek, end: number): Promise<Extent | undefined> {
  const locator = await file.at(Math.max(0, end - 20), 20);
  if (locator.length < 20 || locator.toString('latin1', 0, 4) !== 'PK\x06\x07') return undefined;
  const record = await file.at(Number(locator.readBigUInt64LE(8)), 56);
  if (record.length < 56 || record.toString('latin1', 0, 4) !== 'PK\x06\x06') return undefined;
  return {
    count: Number(record.readBigUInt64LE(32)),
    length: Number(record.readBigUInt64LE(40)),
    start: Number(record.readBigUInt64LE(48)),
  };
}

function readNames(bytes: Buffer, count: number): string[] {
  const names: string[] = [];
  for (let at = 0; names.length < count && at + 46 <= bytes.length; ) {
    if (bytes.toString('latin1', at, at + 4) !== 'PK\x01\x02') break;
    const name = bytes.readUInt16LE(at + 28);
    const end = at + 46 + name + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (end > bytes.length) break;
    names.push(bytes.toString('utf8', at + 46, at + 46 + name));
    at = end;
  }
  return names;
}

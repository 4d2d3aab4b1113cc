// Archives in the format of ustar with extended headers where it has no room (POSIX.1-2024, pax).

/** A file of an archive. */
export interface TarEntry {
  path: string;
  size: number;
}

const BLOCK = 512;
/** What fits into the field of a name, in bytes. */
const MOST_NAME = 100;
/** What fits into eleven octal digits. */
const MOST_SIZE = 8 ** 11 - 1;

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** How many bytes an archive of some files has. */
export function tarSize(entries: readonly TarEntry[]): number {
  let size = 2 * BLOCK;
  for (const entry of entries) size += headersOf(entry, 0).length + padded(entry.size);
  return size;
}

/**
 * The bytes of an archive of files, in their order. It depends on nothing else.
 * @param time of all files, in seconds since the epoch
 * @param read opens the bytes of a file; what it throws ends the archive before its end
 */
export async function* tarOf<T extends TarEntry>(
  entries: readonly T[],
  time: number,
  read: (entry: T) => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const entry of entries) {
    yield headersOf(entry, time);
    yield* await read(entry);
    const rest = padded(entry.size) - entry.size;
    if (rest > 0) yield new Uint8Array(rest);
  }
  yield new Uint8Array(2 * BLOCK);
}

function headersOf({ path, size }: TarEntry, time: number): Uint8Array {
  const name = Buffer.from(path);
  const records = [
    ...(name.length > MOST_NAME || /[^\x20-\x7e]/.test(path) ? [record('path', path)] : []),
    ...(size > MOST_SIZE ? [record('size', String(size))] : []),
  ];
  const plain = header({
    name: name.subarray(0, MOST_NAME),
    size: size > MOST_SIZE ? 0 : size,
    time,
    type: '0',
  });
  if (records.length === 0) return plain;
  const extended = Buffer.concat(records);
  const room = Buffer.alloc(padded(extended.length));
  extended.copy(room);
  const before = header({ name: Buffer.from('pax'), size: extended.length, time, type: 'x' });
  return Buffer.concat([before, room, plain]);
}

/** A record of an extended header, which begins with its own length. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

interface Header {
  name: Uint8Array;
  size: number;
  time: number;
  type: '0' | 'x';
}

function header({ name, size, time, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  block.set(name);
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.max(0, time), 136, 11);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

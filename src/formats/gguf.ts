import type { ModelInterface, Port } from './interface.js';
import { type ByteCursor, byteCursor, EndOfBytes, type ReadAt } from './read-at.js';

/** More than the vocabulary and the list of tensors of any file take. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_ENTRIES = 1_000_000;
/** Longer values, such as templates, are replaced by their length. */
const MOST_TEXT = 64 * 1024;

/**
 * Reads the metadata and the list of tensors, which come before the weights of a GGUF file (ggml, docs/gguf.md, "File
 * Structure"). Undefined for a version with another layout. Lists, such as a vocabulary, are skipped.
 */
export async function ggufInterface(read: ReadAt): Promise<ModelInterface | undefined> {
  const cursor = byteCursor(read, MOST_BYTES);
  try {
    const version = (await cursor.take(8)).readUInt32LE(4);
    // version 1 has lengths of 32 bits; version 3 may be big-endian, and then its number reads as a large one
    if (version !== 2 && version !== 3) return undefined;
    const [tensors, values] = [await count(cursor), await count(cursor)];
    const metadata: Record<string, string | number | boolean> = Object.create(null);
    for (let index = 0; index < values; index += 1) {
      const key = await text(cursor);
      const value = await valueAt(cursor, (await cursor.take(4)).readUInt32LE());
      if (value !== undefined) metadata[key] = value;
    }
    const ports: Record<string, Port> = Object.create(null);
    for (let index = 0; index < tensors; index += 1) ports[await text(cursor)] = await tensor(cursor);
    return { tensors: ports, metadata };
  } catch (error) {
    if (error instanceof EndOfBytes) return undefined;
    throw error;
  }
}

async function count(cursor: ByteCursor): Promise<number> {
  const value = Number((await cursor.take(8)).readBigUInt64LE());
  if (value > MOST_ENTRIES) throw new EndOfBytes();
  return value;
}

async function text(cursor: ByteCursor): Promise<string> {
  const length = Number((await cursor.take(8)).readBigUInt64LE());
  if (length <= MOST_TEXT) return (await cursor.take(length)).toString();
  if (length > MOST_BYTES) throw new EndOfBytes();
  cursor.skip(length);
  return `(${length} bytes)`;
}

/** How to read a value, by the number of its type. Texts and lists are read elsewhere. */
const SCALARS: Readonly<Record<number, readonly [bytes: number, read: (bytes: Buffer) => number | boolean]>> =
  {
    0: [1, (bytes) => bytes.readUInt8()],
    1: [1, (bytes) => bytes.readInt8()],
    2: [2, (bytes) => bytes.readUInt16LE()],
    3: [2, (bytes) => bytes.readInt16LE()],
    4: [4, (bytes) => bytes.readUInt32LE()],
    5: [4, (bytes) => bytes.readInt32LE()],
    6: [4, (bytes) => bytes.readFloatLE()],
    7: [1, (bytes) => bytes.readUInt8() !== 0],
    10: [8, (bytes) => Number(bytes.readBigUInt64LE())],
    11: [8, (bytes) => Number(bytes.readBigInt64LE())],
    12: [8, (bytes) => bytes.readDoubleLE()],
  };
const [STRING, ARRAY] = [8, 9];

/** A value; undefined for a list, which is skipped. */
async function valueAt(cursor: ByteCursor, type: number): Promise<string | number | boolean | undefined> {
  if (type === STRING) return text(cursor);
  const scalar = SCALARS[type];
  if (scalar !== undefined) return scalar[1](await cursor.take(scalar[0]));
  if (type !== ARRAY) throw new EndOfBytes();
  const of = (await cursor.take(4)).readUInt32LE();
  const length = Number((await cursor.take(8)).readBigUInt64LE());
  const width = SCALARS[of]?.[0];
  if (width !== undefined) cursor.skip(Math.min(length * width, MOST_BYTES));
  else if (length > MOST_ENTRIES) throw new EndOfBytes();
  // the format allows lists of lists, but no file has them
  else if (of !== STRING) throw new EndOfBytes();
  else for (let index = 0; index < length; index += 1) await text(cursor);
  return undefined;
}

async function tensor(cursor: ByteCursor): Promise<Port> {
  const dimensions = (await cursor.take(4)).readUInt32LE();
  // GGML_MAX_DIMS (ggml, include/ggml.h)
  if (dimensions > 4) throw new EndOfBytes();
  const sizes: number[] = [];
  for (let index = 0; index < dimensions; index += 1)
    sizes.push(Number((await cursor.take(8)).readBigUInt64LE()));
  const type = (await cursor.take(4)).readUInt32LE();
  cursor.skip(8);
  // the dimension that varies fastest comes first here, and last in other formats
  return { dtype: TYPES[type] ?? `type ${type}`, shape: sizes.reverse() };
}

/** ggml_type (ggml, include/ggml.h). */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 0: 'float32', 1: 'float16', 2: 'q4_0', 3: 'q4_1', 6: 'q5_0', 7: 'q5_1', 8: 'q8_0', 9: 'q8_1' },
  ...{ 10: 'q2_k', 11: 'q3_k', 12: 'q4_k', 13: 'q5_k', 14: 'q6_k', 15: 'q8_k', 16: 'iq2_xxs' },
  ...{ 17: 'iq2_xs', 18: 'iq3_xxs', 19: 'iq1_s', 20: 'iq4_nl', 21: 'iq3_s', 22: 'iq2_s', 23: 'iq4_xs' },
  ...{ 24: 'int8', 25: 'int16', 26: 'int32', 27: 'int64', 28: 'float64', 29: 'iq1_m', 30: 'bfloat16' },
};

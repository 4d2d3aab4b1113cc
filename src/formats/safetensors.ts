import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import { utf8Text } from '../util/text.js';
import type { Dtype } from './dtype.js';
import { shownName } from './json-cursor.js';
import type { ReadAt } from './peek.js';
import { readWhole } from './read-whole.js';
import { parseHeader, refuse, type TensorHeader, type TensorInfo } from './safetensors-header.js';
import { type TensorData, typedData } from './typed-data.js';

export type { Dtype } from './dtype.js';
export type { TensorData } from './typed-data.js';

/** One tensor of a file. */
export interface Tensor {
  name: string;
  dtype: Dtype;
  /** How many values each dimension has, the outermost first; empty for a single value. */
  shape: readonly number[];
  /** Its values as they are in the file: little-endian, in the order of C. */
  bytes: Uint8Array;
  /**
   * Its values as an array. It shares its memory with `bytes`, but for F16 and BF16, which become 32 bits when it is first
   * asked for; undefined where JavaScript has no such array: C64, and floats of 8 bits or less.
   */
  readonly data: TensorData | undefined;
}

/** The tensors of a file; their values are read when they are asked for, and not kept. */
export interface Tensors {
  /** What the file says of itself, as it says it; without a prototype. */
  metadata: Readonly<Record<string, string>>;
  /** The names of the tensors, in the order of their bytes. */
  names: readonly string[];
  /** @throws RegError INVALID_MODEL when there is none of that name, or the file ends too early; TOO_LARGE */
  get(name: string): Promise<Tensor>;
}

/** The length of the header, before the header (safetensors, README, "Format"). */
const PREFIX = 8;
/** The limit of the reference (safetensors, safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
const MOST_HEADER = 100_000_000;

/**
 * Opens a safetensors file: reads its header, and checks that what it says is possible and fits the size of the file
 * (safetensors, README, "Format").
 * @param size of the file, in bytes
 * @throws RegError INVALID_MODEL for a file that breaks any rule of the format
 */
export async function readSafetensors(read: ReadAt, size: number): Promise<Tensors> {
  const { data, metadata, tensors } = await readTensorHeader(read, size);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const names = tensors.map(({ name }) => name);
  return {
    metadata,
    names,
    get: async (name) => {
      const info = byName.get(name) ?? refuseName(name, names);
      return tensorOf(info, await readWhole(read, data + info.start, data + info.end));
    },
  };
}

/**
 * Reads the header of a safetensors file alone, and where the values begin.
 * @throws RegError INVALID_MODEL
 */
export async function readTensorHeader(read: ReadAt, size: number): Promise<TensorHeader & { data: number }> {
  const data = PREFIX + (await headerLength(read, size));
  return { data, ...parseHeader(await headerText(read, data), size - data) };
}

async function headerLength(read: ReadAt, size: number): Promise<number> {
  if (size < PREFIX) return refuse(`it has ${size} bytes, fewer than the length of a header takes`);
  const prefix = Buffer.from(await readWhole(read, 0, PREFIX));
  const length = prefix.readBigUInt64LE(0);
  if (length > BigInt(MOST_HEADER))
    return refuse(`its header would have ${length} bytes, where ${MOST_HEADER} are the most`);
  if (length > BigInt(size - PREFIX))
    return refuse(`its header would have ${length} bytes, but only ${size - PREFIX} follow`);
  return Number(length);
}

async function headerText(read: ReadAt, end: number): Promise<string> {
  const bytes = await readWhole(read, PREFIX, end);
  if (bytes[0] !== 0x7b) return refuse("its header does not begin with '{'");
  return utf8Text(bytes) ?? refuse('its header is not UTF-8');
}

function tensorOf({ name, dtype, shape }: TensorInfo, bytes: Uint8Array): Tensor {
  let data: TensorData | undefined;
  return {
    name,
    dtype,
    shape,
    bytes,
    get data() {
      data ??= typedData(dtype, bytes);
      return data;
    },
  };
}

function refuseName(name: string, names: readonly string[]): never {
  const hint = didYouMean(name, names, 'the file holds none');
  throw new RegError('INVALID_MODEL', `there is no tensor ${shownName(name)} in the file`, hint);
}

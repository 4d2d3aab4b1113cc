import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import { parseJson, utf8Text } from '../util/text.js';
import { type ReadAt, readWhole } from './read-at.js';
import { bitsOf, type Dtype, isDtype, type TensorData, typedData } from './tensors.js';

/** One tensor of a file. */
export interface Tensor {
  name: string;
  dtype: Dtype;
  /** The size of each dimension, the outermost first; empty for a single value. */
  shape: readonly number[];
  /** The values as in the file: little-endian, in the order of C. */
  bytes: Uint8Array;
  /**
   * The values as an array, which shares its memory with `bytes`. F16 and BF16 are converted to 32 bits at the first use.
   * Undefined for types without an array in JavaScript: C64, and floats of 8 bits or less.
   */
  readonly data: TensorData | undefined;
}

/** The tensors of a file. Values are read on demand and not kept. */
export interface Tensors {
  /** The metadata of the file; an object without a prototype. */
  metadata: Readonly<Record<string, string>>;
  /** The names of the tensors, in the order of their bytes. */
  names: readonly string[];
  /** @throws RegError INVALID_MODEL for an unknown name, or a file that ends too early; TOO_LARGE */
  get(name: string): Promise<Tensor>;
}

/** The bytes before the header, which hold its length (safetensors, README, "Format"). */
const PREFIX = 8;
/** The limit of the reference (safetensors, safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
const MOST_HEADER = 100_000_000;

/**
 * Opens a safetensors file: reads its header, and checks it against the format and the size of the file (safetensors, README,
 * "Format").
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
 * Reads the header of a safetensors file, and the offset of its values.
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

/** A tensor, and the place of its values. */
interface TensorInfo {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** The first byte, counted from the end of the header. */
  start: number;
  /** The byte after the last one. */
  end: number;
}

/** The header of a safetensors file. */
interface TensorHeader {
  metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  tensors: readonly TensorInfo[];
}

/**
 * Reads the header of a safetensors file and checks every rule of the format (safetensors, README, "Format"; where that is silent,
 * safetensors/src/tensor.rs). An unknown member of a tensor is refused too: it could change the meaning of the bytes.
 * @param size bytes after the header
 * @throws RegError INVALID_MODEL
 */
function parseHeader(text: string, size: number): TensorHeader {
  const json = jsonCursor(text, refuse);
  let metadata: Record<string, string> = Object.create(null);
  const tensors: TensorInfo[] = [];
  json.object((name) => {
    if (name === '__metadata__') metadata = readMetadata(json);
    else tensors.push(readTensor(json, name));
  });
  json.end();
  // their order in the header is free
  tensors.sort((one, other) => one.start - other.start || one.end - other.end);
  refuseGaps(tensors, size);
  return { metadata, tensors };
}

/**
 * Refuses a file that breaks a rule of the format.
 * @throws RegError INVALID_MODEL, always
 */
function refuse(reason: string): never {
  throw new RegError(
    'INVALID_MODEL',
    `this is no valid safetensors file: ${reason}`,
    'it is damaged, was cut off, or has another format',
  );
}

/** The metadata, in an object without a prototype, so that any name can be a key. */
function readMetadata(json: JsonCursor): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  json.object((name) => {
    metadata[name] = json.string();
  });
  return metadata;
}

function readTensor(json: JsonCursor, name: string): TensorInfo {
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  json.object((member) => {
    switch (member) {
      case 'dtype':
        dtype = readDtype(json, name);
        break;
      case 'shape':
        shape = readNaturals(json);
        break;
      case 'data_offsets':
        offsets = readNaturals(json);
        break;
      default:
        refuse(`the tensor ${shownName(name)} has a member ${shownName(member)} that is not known`);
    }
  });
  if (dtype === undefined || shape === undefined || offsets === undefined)
    return refuse(`the tensor ${shownName(name)} lacks its dtype, shape or data_offsets`);
  const [start, end, ...more] = offsets;
  if (start === undefined || end === undefined || more.length > 0 || start > end)
    return refuse(`the data_offsets of the tensor ${shownName(name)} are not a beginning and an end`);
  const length = lengthOf(dtype, shape);
  if (length === undefined)
    return refuse(`the shape of the tensor ${shownName(name)} is too large, or ends within a byte`);
  if (length !== end - start)
    return refuse(`the tensor ${shownName(name)} has ${end - start} bytes, but its shape asks for ${length}`);
  return { name, dtype, shape, start, end };
}

function readDtype(json: JsonCursor, name: string): Dtype {
  const text = json.string();
  return isDtype(text)
    ? text
    : refuse(`the tensor ${shownName(name)} has an unknown dtype ${shownName(text)}`);
}

function readNaturals(json: JsonCursor): number[] {
  const numbers: number[] = [];
  json.array(() => {
    numbers.push(json.natural());
  });
  return numbers;
}

/** The bytes of a tensor; undefined where its bits are beyond 2^53, or end within a byte. */
function lengthOf(dtype: Dtype, shape: readonly number[]): number | undefined {
  // a product that is too large stays so, even where an empty dimension follows
  const bits = shape.reduce((product, count) => exact(product * count), bitsOf(dtype));
  return Number.isSafeInteger(bits / 8) ? bits / 8 : undefined;
}

const exact = (value: number): number => (Number.isSafeInteger(value) ? value : Number.NaN);

/** Refuses bytes that belong to no tensor: anything could hide in them. */
function refuseGaps(tensors: readonly TensorInfo[], size: number): void {
  let at = 0;
  for (const { name, start, end } of tensors) {
    if (start !== at)
      refuse(
        `the tensor ${shownName(name)} begins at byte ${start} of the data, where byte ${at} is expected`,
      );
    at = end;
  }
  if (at !== size) refuse(`its tensors have ${at} bytes, but the file has ${size} for them`);
}

/** Reads a JSON text forward, value by value, without building values that are not needed. */
interface JsonCursor {
  /** Reads an object: calls `member` for each member, which has to read the value. Refuses a repeated name. */
  object(member: (name: string) => void): void;
  /** Reads an array: calls `item` for each item, which has to read it. */
  array(item: () => void): void;
  string(): string;
  /** Reads a natural number written as digits. Refuses numbers above 2^53 - 1. */
  natural(): number;
  /** Refuses anything that follows, except white space. */
  end(): void;
}

/**
 * A cursor at the beginning of a JSON text (RFC 8259).
 * @param refuse throws an error with a reason
 */
function jsonCursor(text: string, refuse: (reason: string) => never): JsonCursor {
  let at = 0;
  /** The next character after white space. */
  const peek = (): string => {
    while (isSpace(text.charCodeAt(at))) at += 1;
    return text.charAt(at);
  };
  const take = (wanted: string): boolean => {
    const isNext = peek() === wanted;
    if (isNext) at += 1;
    return isNext;
  };
  const expect = (wanted: string): void => {
    if (!take(wanted)) refuse(`'${wanted}' is expected at character ${at} of its header`);
  };
  const several = (open: string, close: string, one: () => void): void => {
    expect(open);
    if (take(close)) return;
    do one();
    while (take(','));
    expect(close);
  };
  const string = (): string => {
    expect('"');
    const start = at - 1;
    at = endOfString(text, at);
    const value = parseString(text.slice(start, at));
    return value ?? refuse(`there is a malformed string at character ${start} of its header`);
  };
  return {
    object: (member) => {
      const names = new Set<string>();
      several('{', '}', () => {
        const name = string();
        if (names.has(name)) refuse(`${shownName(name)} is in its header twice`);
        names.add(name);
        expect(':');
        member(name);
      });
    },
    array: (item) => several('[', ']', item),
    string,
    natural: () => {
      peek();
      const digits = /^(?:0|[1-9]\d*)(?![\d.eE])/.exec(text.slice(at, at + 17))?.[0];
      const value = Number(digits);
      if (digits === undefined || !Number.isSafeInteger(value))
        return refuse(`a natural number is expected at character ${at} of its header`);
      at += digits.length;
      return value;
    },
    end: () => {
      if (peek() !== '') refuse(`there is more than an object in its header, at character ${at}`);
    },
  };
}

/** A name from a file, cut to fit a message. */
const shownName = (name: string): string => `'${name.length > 80 ? `${name.slice(0, 80)}…` : name}'`;

/** Space, tab, line feed and carriage return. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

/** The place after the quotation mark that ends a string. */
function endOfString(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
  }
  return text.length;
}

/** The value of a string literal; undefined where it is malformed or holds half of a character (RFC 8259, 8.2). */
function parseString(literal: string): string | undefined {
  // this copies; a slice would keep the whole text in memory
  const value = parseJson(literal);
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined;
}

import { RegError } from '../errors.js';
import { bitsOf, type Dtype, isDtype } from './dtype.js';
import { type JsonCursor, jsonCursor, shownName } from './json-cursor.js';

/** Where a tensor is, and what it is. */
export interface TensorInfo {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** Bytes from the end of the header. */
  start: number;
  /** The first byte that does not belong to it. */
  end: number;
}

/** What the header of a safetensors file says. */
export interface TensorHeader {
  metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  tensors: readonly TensorInfo[];
}

/**
 * Reads the header of a safetensors file and checks all that its format asks for (safetensors, README, "Format"; what that
 * leaves open is as in safetensors/src/tensor.rs). A member of a tensor that is not known is refused too: it could change
 * what the bytes mean.
 * @param size of what follows the header, in bytes
 * @throws RegError INVALID_MODEL
 */
export function parseHeader(text: string, size: number): TensorHeader {
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
 * Says that a file is no valid safetensors file.
 * @throws RegError INVALID_MODEL, always
 */
export function refuse(reason: string): never {
  throw new RegError(
    'INVALID_MODEL',
    `this is no valid safetensors file: ${reason}`,
    'it is damaged, was cut off, or has another format',
  );
}

/** An object without a prototype, so that every name is a name and nothing else. */
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

/** Bytes; undefined where their bits are beyond 2^53, or end within a byte. */
function lengthOf(dtype: Dtype, shape: readonly number[]): number | undefined {
  // what once was too large stays so, also where an empty dimension follows
  const bits = shape.reduce((product, count) => exact(product * count), bitsOf(dtype));
  return Number.isSafeInteger(bits / 8) ? bits / 8 : undefined;
}

const exact = (value: number): number => (Number.isSafeInteger(value) ? value : Number.NaN);

/** Every byte belongs to one tensor, so that nothing else can hide in the file. */
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

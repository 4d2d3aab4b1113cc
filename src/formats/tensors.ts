import { endianness } from 'node:os';

/** Bits of one value, by the name of its type (safetensors, safetensors/src/tensor.rs, Dtype). */
const BITS = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64 },
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
} as const;

/** The type of the values of a tensor. */
export type Dtype = keyof typeof BITS;

/** Whether a text names a type. */
export const isDtype = (text: string): text is Dtype => Object.hasOwn(BITS, text);

/** Bits of one value. Values of less than a byte are packed. */
export const bitsOf = (dtype: Dtype): number => BITS[dtype];

/** The values of a tensor in JavaScript. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Makes an array of all bytes of a buffer, which are in the byte order of this machine. */
type Make = (bytes: ArrayBufferLike) => TensorData;

/** The bytes of a value and the array, by type. Other types have no array. */
const ARRAYS: Partial<Record<Dtype, readonly [width: 1 | 2 | 4 | 8, make: Make]>> = {
  BOOL: [1, (bytes) => new Uint8Array(bytes)],
  U8: [1, (bytes) => new Uint8Array(bytes)],
  I8: [1, (bytes) => new Int8Array(bytes)],
  U16: [2, (bytes) => new Uint16Array(bytes)],
  I16: [2, (bytes) => new Int16Array(bytes)],
  U32: [4, (bytes) => new Uint32Array(bytes)],
  I32: [4, (bytes) => new Int32Array(bytes)],
  U64: [8, (bytes) => new BigUint64Array(bytes)],
  I64: [8, (bytes) => new BigInt64Array(bytes)],
  F16: [2, (bytes) => widened(new Uint16Array(bytes), bitsOfHalf)],
  BF16: [2, (bytes) => widened(new Uint16Array(bytes), (half) => half << 16)],
  F32: [4, (bytes) => new Float32Array(bytes)],
  F64: [8, (bytes) => new Float64Array(bytes)],
};

/**
 * The values of a tensor as an array; undefined for a type without one. The array shares its memory with the bytes, unless they
 * are converted.
 * @param bytes a whole buffer, little-endian
 * @param order the byte order of this machine
 */
export function typedData(
  dtype: Dtype,
  bytes: Uint8Array,
  order: 'LE' | 'BE' = endianness(),
): TensorData | undefined {
  const array = ARRAYS[dtype];
  if (array === undefined) return undefined;
  const [width, make] = array;
  return make(order === 'LE' || width === 1 ? bytes.buffer : swapped(bytes, width).buffer);
}

function swapped(bytes: Uint8Array, width: 2 | 4 | 8): Uint8Array {
  const copy = bytes.slice();
  const view = Buffer.from(copy.buffer);
  if (width === 2) view.swap16();
  else if (width === 4) view.swap32();
  else view.swap64();
  return copy;
}

/** Converts numbers of 16 bits to 32 bits, bit by bit, so that the payload of a NaN stays. */
function widened(halves: Uint16Array, bitsOf: (half: number) => number): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index += 1) bits[index] = bitsOf(halves[index] ?? 0);
  return new Float32Array(bits.buffer);
}

/** The bits in binary32 of a number in binary16 (IEEE 754-2008, 3.4): 5 bits of exponent become 8, 10 of fraction become 23. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // a subnormal number becomes a normal one, whose highest bit is implied
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

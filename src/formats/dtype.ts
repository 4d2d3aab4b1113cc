/** Bits of one value, by the name of its type (safetensors, safetensors/src/tensor.rs, Dtype). */
const BITS = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64 },
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
} as const;

/** The type of the values of a tensor. */
export type Dtype = keyof typeof BITS;

/** Whether a text names a type; no name of an object's own methods does. */
export const isDtype = (text: string): text is Dtype => Object.hasOwn(BITS, text);

/** Bits of one value; those of less than a byte are packed. */
export const bitsOf = (dtype: Dtype): number => BITS[dtype];

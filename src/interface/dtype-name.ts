/** One name for the type of a value, whichever format or library it comes from; one that is not known stays as it is, in small letters. */
export function dtypeName(text: string): string {
  const lower = text.toLowerCase();
  return ALIASES.get(lower) ?? lower;
}

/** By the name that is used here: those of NumPy come first, then what safetensors, ONNX and PyTorch say. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  bool: ['boolean', 'bool_'],
  int8: ['i8', 'char'],
  int16: ['i16', 'short'],
  int32: ['i32', 'int'],
  int64: ['i64', 'long'],
  uint8: ['u8', 'byte'],
  uint16: ['u16'],
  uint32: ['u32'],
  uint64: ['u64'],
  float16: ['f16', 'half'],
  bfloat16: ['bf16'],
  float32: ['f32', 'float'],
  float64: ['f64', 'double'],
  complex64: ['c64'],
  complex128: ['c128'],
  string: ['str'],
  float8_e4m3: ['f8_e4m3', 'float8e4m3fn', 'float8_e4m3fn'],
  float8_e5m2: ['f8_e5m2', 'float8e5m2'],
};

const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).flatMap(([name, aliases]) => aliases.map((alias) => [alias, name] as const)),
);

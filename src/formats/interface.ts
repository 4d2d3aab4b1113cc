import { ggufInterface } from './gguf.js';
import { onnxInterface } from './onnx.js';
import type { ReadAt } from './read-at.js';
import { readTensorHeader } from './safetensors.js';

/** Named inputs, outputs or tensors. */
type PortMap = Readonly<Record<string, Port>>;

/** What goes into a model and comes out of it, and what its file says of itself; what is not said is not known. */
export interface ModelInterface {
  inputs?: PortMap | undefined;
  outputs?: PortMap | undefined;
  tensors?: PortMap | undefined;
  metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** One way in which a model does not fit. */
interface Misfit {
  /** The keys below `interface` that it is about. */
  path: readonly string[];
  message: string;
}

/**
 * All the ways in which a model does not fit what a consumer expects (docs/links.md, "Interfaces"). What is sent has to be taken: each
 * input with the same dtype and every shape that the consumer may send, and no other input needed. What is read has to be
 * given: each output and tensor with the same dtype, and no shape that the consumer does not expect.
 */
export function misfits(model: ModelInterface, expected: ModelInterface): Misfit[] {
  return [
    ...eachPort('inputs', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it takes no input '${name}', which is sent as ${shownPort(wanted)}`;
      return difference(`input '${name}'`, port, wanted, 'is sent', sentMisfit(wanted, port));
    }),
    ...neededInputs(model, expected),
    ...eachPort('outputs', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it gives no output '${name}', which is read as ${shownPort(wanted)}`;
      return difference(`output '${name}'`, port, wanted, 'is read', misfit(port.shape, wanted.shape));
    }),
    ...eachPort('tensors', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it has no tensor '${name}', which is read as ${shownPort(wanted)}`;
      return difference(`tensor '${name}'`, port, wanted, 'is read', misfit(port.shape, wanted.shape));
    }),
    ...metadataMisfits(model, expected),
  ];
}

/** What a consumer does not say of the shape that it sends is not compared. */
const sentMisfit = (sent: Port, port: Port): string | undefined =>
  sent.shape === undefined ? undefined : misfit(sent.shape, port.shape);

const difference = (
  what: string,
  port: Port,
  wanted: Port,
  how: string,
  shape: string | undefined,
): string | undefined => {
  const reason = dtypeName(port.dtype) === dtypeName(wanted.dtype) ? shape : 'the dtypes differ';
  return reason && `${what} is ${shownPort(port)}, and ${how} as ${shownPort(wanted)}: ${reason}`;
};

interface Pair {
  name: string;
  /** What the model has. */
  port: Port | undefined;
  wanted: Port;
}

type Group = 'inputs' | 'outputs' | 'tensors';

function eachPort(
  group: Group,
  model: ModelInterface,
  expected: ModelInterface,
  say: (pair: Pair) => string | undefined,
): Misfit[] {
  const wanted = expected[group];
  if (wanted === undefined) return [];
  const ports = model[group];
  if (ports === undefined)
    return [{ path: [], message: `nothing is known of its ${group}: add interface: to the link` }];
  return Object.entries(wanted).flatMap(([name, one]) => {
    const message = say({ name, port: own(ports, name), wanted: one });
    return message === undefined ? [] : [{ path: [group, name], message }];
  });
}

/** Names come from files: none of them may be found in the prototype of an object. */
const own = <T>(values: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

function neededInputs({ inputs = {} }: ModelInterface, expected: ModelInterface): Misfit[] {
  const sent = expected.inputs;
  if (sent === undefined) return [];
  return Object.entries(inputs).flatMap(([name, port]) =>
    port.optional || own(sent, name) !== undefined
      ? []
      : [
          {
            path: ['inputs', name],
            message: `it needs input '${name}', ${shownPort(port)}, which is not sent`,
          },
        ],
  );
}

function metadataMisfits({ metadata }: ModelInterface, expected: ModelInterface): Misfit[] {
  if (expected.metadata === undefined) return [];
  if (metadata === undefined)
    return [{ path: [], message: 'nothing is known of its metadata: add interface: to the link' }];
  return Object.entries(expected.metadata).flatMap(([name, wanted]) => {
    const value = own(metadata, name);
    if (String(value) === String(wanted)) return [];
    const is = value === undefined ? 'says nothing of' : `says '${value}' for`;
    return [
      { path: ['metadata', name], message: `it ${is} metadata '${name}', where '${wanted}' is expected` },
    ];
  });
}

/** One dimension: how many values it has; a name or null where that may vary. */
export type Dimension = number | string | null;

/** How many values each dimension has, the outermost first; undefined where nothing is said. */
export type Shape = readonly Dimension[] | undefined;

/** An input, an output or a tensor. */
export interface Port {
  dtype: string;
  shape?: Shape;
  /** Whether a model does without it. */
  optional?: boolean | undefined;
}

/** A dtype and a shape as people read them: `float32[batch, 3]`. */
const shownPort = ({ dtype, shape }: Port): string =>
  shape === undefined ? dtype : `${dtype}[${shape.map((size) => size ?? '?').join(', ')}]`;

/** Whether a dimension may have any number of values. */
const varies = (size: Dimension): boolean => typeof size !== 'number';

/**
 * Why not every value of one shape is of another one, as the end of a sentence; undefined when it is. A dimension that varies
 * holds every number; one that does not, that number alone.
 */
function misfit(given: Shape, wanted: Shape): string | undefined {
  if (wanted === undefined) return undefined;
  if (given === undefined) return 'its shape is not known';
  if (given.length !== wanted.length) return `it has ${count(given.length)}, not ${wanted.length}`;
  const at = wanted.findIndex((size, index) => !varies(size) && given[index] !== size);
  if (at < 0) return undefined;
  const [size, other] = [given[at] ?? null, wanted[at] ?? null];
  return `dimension ${at + 1} ${varies(size) ? 'may vary' : `is ${size}`}, and has to be ${other}`;
}

const count = (dimensions: number): string =>
  `${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'}`;

/** Why two shapes are not the same, as the end of a sentence; undefined when they are. Names of dimensions do not count. */
function unlike(one: Shape, other: Shape): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.length !== other.length) return `it has ${count(one.length)}, not ${other.length}`;
  const isSame = (size: Dimension, index: number): boolean =>
    varies(size) ? varies(other[index] ?? null) : size === other[index];
  const at = one.findIndex((size, index) => !isSame(size, index));
  return at < 0 ? undefined : `dimension ${at + 1} is ${one[at] ?? 'free'}, not ${other[at] ?? 'free'}`;
}

/**
 * All the ways in which what is declared of a model is not what its file says. Inputs and outputs are declared all or not at all;
 * of tensors and metadata, which are many, any.
 */
export function contradictions(declared: ModelInterface, file: ModelInterface): Misfit[] {
  return [
    ...portContradictions('inputs', declared.inputs, file.inputs, true),
    ...portContradictions('outputs', declared.outputs, file.outputs, true),
    ...portContradictions('tensors', declared.tensors, file.tensors, false),
    ...metadataContradictions(declared.metadata, file.metadata),
  ];
}

function portContradictions(
  group: string,
  declared: PortMap | undefined,
  file: PortMap | undefined,
  isWhole: boolean,
): Misfit[] {
  // formats that do not carry the group say nothing of it
  if (declared === undefined || file === undefined) return [];
  const what = group.slice(0, -1);
  const wrong = Object.entries(declared).flatMap(([name, port]) => {
    const found = Object.hasOwn(file, name) ? file[name] : undefined;
    const path = [group, name];
    if (found === undefined) return [{ path, message: `the file has no ${what} '${name}'` }];
    const reason =
      dtypeName(port.dtype) === dtypeName(found.dtype)
        ? unlike(port.shape, found.shape)
        : 'the dtypes differ';
    if (reason === undefined) return [];
    return [
      {
        path,
        message: `${what} '${name}' is declared as ${shownPort(port)}, and is ${shownPort(found)}: ${reason}`,
      },
    ];
  });
  const missing = Object.entries(file)
    .filter(([name, { optional }]) => isWhole && !optional && !Object.hasOwn(declared, name))
    .map(([name, port]) => ({
      path: [group],
      message: `${what} '${name}' of the file, ${shownPort(port)}, is not declared`,
    }));
  return [...wrong, ...missing];
}

function metadataContradictions(
  declared: ModelInterface['metadata'],
  file: ModelInterface['metadata'],
): Misfit[] {
  if (declared === undefined || file === undefined) return [];
  return Object.entries(declared).flatMap(([name, value]) => {
    const found = Object.hasOwn(file, name) ? file[name] : undefined;
    if (String(found) === String(value)) return [];
    const says = found === undefined ? 'does not say it' : `says '${found}'`;
    return [
      {
        path: ['metadata', name],
        message: `metadata '${name}' is declared as '${value}', and the file ${says}`,
      },
    ];
  });
}

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

/**
 * What a model file says of its interface: ONNX of inputs, outputs and metadata, safetensors and GGUF of tensors and metadata;
 * undefined for other formats. The file is read once, from its beginning on, and its weights are passed over.
 * @throws RegError INVALID_MODEL for a file that is none of its format
 */
export async function fileInterface(read: ReadAt, size: number): Promise<ModelInterface | undefined> {
  const head = Buffer.from(await read(0, Math.min(size, 16)));
  if (head.toString('latin1', 0, 4) === 'GGUF') return ggufInterface(read);
  if (head[8] === 0x7b && head.readBigUInt64LE() <= BigInt(size - 8)) return tensorsOf(read, size);
  // the version comes first: field 1, a number
  if (head[0] !== 0x08) return undefined;
  const at = async (start: number, length: number): Promise<Buffer> =>
    Buffer.from(await read(start, Math.min(size, start + length)));
  return onnxInterface({ at }, size);
}

async function tensorsOf(read: ReadAt, size: number): Promise<ModelInterface> {
  const { tensors, metadata } = await readTensorHeader(read, size);
  return {
    tensors: Object.fromEntries(tensors.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
    metadata,
  };
}

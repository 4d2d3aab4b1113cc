import { counted } from '../util/text.js';
import { ggufInterface } from './gguf.js';
import { onnxInterface } from './onnx.js';
import type { ReadAt } from './read-at.js';
import { readTensorHeader } from './safetensors.js';

/** Named inputs, outputs or tensors. */
type PortMap = Readonly<Record<string, Port>>;

/** Inputs and outputs of a model, and the tensors and metadata of its file. Undefined means unknown. */
export interface ModelInterface {
  inputs?: PortMap | undefined;
  outputs?: PortMap | undefined;
  tensors?: PortMap | undefined;
  metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** One way in which a model does not fit. */
interface Misfit {
  /** The keys below `interface` of the place that does not fit. */
  path: readonly string[];
  message: string;
}

/**
 * All the ways in which a model does not fit what a consumer expects (docs/links.md, "Interfaces"). The model accepts each input
 * that the consumer sends, with its dtype and every shape that it may send, and needs no other input. It has each output and
 * tensor that the consumer reads, with its dtype, and only shapes that the consumer expects.
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

/** A consumer that does not say the shape of what it sends fits every shape. */
const sentMisfit = (sent: Port, port: Port): string | undefined =>
  sent.shape === undefined ? undefined : misfit(sent.shape, port.shape);

const difference = (
  what: string,
  port: Port,
  wanted: Port,
  how: string,
  shape: string | undefined,
): string | undefined => {
  const reason = reasonOf(port, wanted, shape);
  return reason && `${what} is ${shownPort(port)}, and ${how} as ${shownPort(wanted)}: ${reason}`;
};

/** Why two ports differ: their dtypes, or else their shapes. */
const reasonOf = (one: Port, other: Port, shape: string | undefined): string | undefined =>
  dtypeName(one.dtype) === dtypeName(other.dtype) ? shape : 'the dtypes differ';

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

/** The value of a name. Names come from files, so the prototype of an object is not searched. */
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

/** The size of a dimension; a name or null for one that may vary. */
export type Dimension = number | string | null;

/** The dimensions, the outermost first; undefined where they are not known. */
export type Shape = readonly Dimension[] | undefined;

/** An input, an output or a tensor. */
export interface Port {
  dtype: string;
  shape?: Shape;
  /** Whether a model works without this input. */
  optional?: boolean | undefined;
}

/** A dtype and a shape as text: `float32[batch, 3]`. */
const shownPort = ({ dtype, shape }: Port): string =>
  shape === undefined ? dtype : `${dtype}[${shape.map((size) => size ?? '?').join(', ')}]`;

/** Whether a dimension may have any size. */
const varies = (size: Dimension): boolean => typeof size !== 'number';

/**
 * Why not every value of one shape also has the other shape, as the end of a sentence; undefined where every value has. A
 * dimension that varies takes every size, any other dimension its own size only.
 */
function misfit(given: Shape, wanted: Shape): string | undefined {
  if (wanted === undefined) return undefined;
  if (given === undefined) return 'its shape is not known';
  if (given.length !== wanted.length)
    return `it has ${counted(given.length, 'dimension')}, not ${wanted.length}`;
  const at = wanted.findIndex((size, index) => !varies(size) && given[index] !== size);
  if (at < 0) return undefined;
  const [size, other] = [given[at] ?? null, wanted[at] ?? null];
  return `dimension ${at + 1} ${varies(size) ? 'may vary' : `is ${size}`}, and has to be ${other}`;
}

/** How two shapes differ, as the end of a sentence; undefined where they do not. Names of dimensions are not compared. */
function unlike(one: Shape, other: Shape): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.length !== other.length) return `it has ${counted(one.length, 'dimension')}, not ${other.length}`;
  const isSame = (size: Dimension, index: number): boolean =>
    varies(size) ? varies(other[index] ?? null) : size === other[index];
  const at = one.findIndex((size, index) => !isSame(size, index));
  return at < 0 ? undefined : `dimension ${at + 1} is ${one[at] ?? 'free'}, not ${other[at] ?? 'free'}`;
}

/**
 * All the ways in which the declared interface of a model differs from the one in its file. A declaration has all inputs or
 * none, and all outputs or none. Of tensors and metadata, which are many, it may have some.
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
  // not every format has this group
  if (declared === undefined || file === undefined) return [];
  const what = group.slice(0, -1);
  const wrong = Object.entries(declared).flatMap(([name, port]) => {
    const found = own(file, name);
    const path = [group, name];
    if (found === undefined) return [{ path, message: `the file has no ${what} '${name}'` }];
    const reason = reasonOf(port, found, unlike(port.shape, found.shape));
    if (reason === undefined) return [];
    const message = `${what} '${name}' is declared as ${shownPort(port)}, and is ${shownPort(found)}: ${reason}`;
    return [{ path, message }];
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
    const found = own(file, name);
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

/** One name for a dtype of any format or library. An unknown one becomes lower case. */
export function dtypeName(text: string): string {
  const lower = text.toLowerCase();
  return ALIASES.get(lower) ?? lower;
}

/** The names of safetensors, ONNX and PyTorch, by the name in use here, which is that of NumPy. */
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
 * Reads the interface that a model file states: inputs, outputs and metadata of ONNX, tensors and metadata of safetensors and
 * GGUF. Undefined for other formats. The file is read once, forward, and its weights are skipped.
 * @throws RegError INVALID_MODEL for a file that breaks the rules of its format
 */
export async function readInterface(read: ReadAt, size: number): Promise<ModelInterface | undefined> {
  const head = Buffer.from(await read(0, Math.min(size, 16)));
  if (head.toString('latin1', 0, 4) === 'GGUF') return ggufInterface(read);
  if (head[8] === 0x7b && head.readBigUInt64LE() <= BigInt(size - 8)) return tensorsOf(read, size);
  // the version of an ONNX model comes first: field 1, a number
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

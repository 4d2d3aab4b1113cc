import type { Dimension, ModelInterface, Port } from './interface.js';
import { type Field, fieldsOf } from './protobuf.js';
import type { Peek } from './read-at.js';

type File = Pick<Peek, 'at'>;
type Span = Pick<Field, 'start' | 'end'>;

/** More nodes, weights or inputs than a graph has. */
const MOST_FIELDS = 1_000_000;
/** Names of types and dimensions are short. */
const MOST_TEXT = 64 * 1024;

/**
 * Reads the inputs, outputs and metadata of an ONNX model (ONNX, onnx/onnx.proto); undefined for another message. The weights are
 * skipped. An input is optional where a weight has its name: the weight is its default (onnx/docs/IR.md, "Graphs").
 */
export async function onnxInterface(file: File, size: number): Promise<ModelInterface | undefined> {
  let hasGraph = false;
  const inputs: Record<string, Port> = Object.create(null);
  const outputs: Record<string, Port> = Object.create(null);
  const metadata: Record<string, string> = Object.create(null);
  const defaults = new Set<string>();
  for await (const field of fieldsOf(file, { start: 0, end: size }, MOST_FIELDS)) {
    if (field.number === GRAPH) {
      await readGraph(file, field, { inputs, outputs, defaults });
      hasGraph = true;
    } else if (field.number === METADATA) {
      const { 1: key = '', 2: value = '' } = await textsOf(file, field);
      metadata[key] = value;
    }
  }
  for (const name of defaults) if (inputs[name]) inputs[name] = { ...inputs[name], optional: true };
  return hasGraph ? { inputs, outputs, metadata } : undefined;
}

/** Fields of ModelProto. */
const [GRAPH, METADATA] = [7, 14];
/** Fields of GraphProto. */
const [INITIALIZER, INPUT, OUTPUT] = [5, 11, 12];
/** The field of TensorProto with its name. */
const TENSOR_NAME = 8;

interface Found {
  inputs: Record<string, Port>;
  outputs: Record<string, Port>;
  defaults: Set<string>;
}

async function readGraph(file: File, graph: Span, { inputs, outputs, defaults }: Found): Promise<void> {
  for await (const field of fieldsOf(file, graph, MOST_FIELDS)) {
    if (field.number === INITIALIZER)
      defaults.add((await textsOf(file, field, TENSOR_NAME))[TENSOR_NAME] ?? '');
    else if (field.number === INPUT || field.number === OUTPUT) {
      const [name, port] = await readValue(file, field);
      (field.number === INPUT ? inputs : outputs)[name] = port;
    }
  }
}

/** ValueInfoProto: a name and a type. */
async function readValue(file: File, value: Span): Promise<[name: string, port: Port]> {
  let name = '';
  let port: Port = { dtype: 'unknown' };
  for await (const field of fieldsOf(file, value, 100)) {
    if (field.number === 1) name = await textOf(file, field);
    else if (field.number === 2) port = await readType(file, field);
  }
  return [name, port];
}

/** TypeProto: a tensor with an element type and a shape, or something else. */
async function readType(file: File, type: Span): Promise<Port> {
  for await (const field of fieldsOf(file, type, 100)) {
    if (field.number !== 1 && field.number !== 8) {
      const kind = KINDS[field.number];
      if (kind !== undefined) return { dtype: kind };
      continue;
    }
    let dtype = 'unknown';
    let shape: Dimension[] | undefined;
    for await (const part of fieldsOf(file, field, 100)) {
      if (part.number === 1) dtype = ELEMENTS[part.value] ?? `unknown (${part.value})`;
      else if (part.number === 2) shape = await readShape(file, part);
    }
    return shape === undefined ? { dtype } : { dtype, shape };
  }
  return { dtype: 'unknown' };
}

/** Types other than tensors, by their field of TypeProto. */
const KINDS: Readonly<Record<number, string>> = { 4: 'sequence', 5: 'map', 7: 'opaque', 9: 'optional' };

/** TensorShapeProto: each dimension has a number, a name, or neither. */
async function readShape(file: File, shape: Span): Promise<Dimension[]> {
  const sizes: Dimension[] = [];
  for await (const dimension of fieldsOf(file, shape, 1000)) {
    if (dimension.number !== 1) continue;
    let size: Dimension = null;
    for await (const field of fieldsOf(file, dimension, 10)) {
      // some write a number below zero for a dimension that may vary
      if (field.number === 1 && Number.isSafeInteger(field.value)) size = field.value;
      else if (field.number === 2) size = (await textOf(file, field)) || null;
    }
    sizes.push(size);
  }
  return sizes;
}

/** The texts in a message, by field. With `last`, only the text of that field. */
async function textsOf(file: File, message: Span, last?: number): Promise<Record<number, string>> {
  const texts: Record<number, string> = {};
  for await (const field of fieldsOf(file, message, 1000)) {
    if (field.kind !== 'bytes' || (last !== undefined && field.number !== last)) continue;
    texts[field.number] = await textOf(file, field);
    if (field.number === last) break;
  }
  return texts;
}

const textOf = async (file: File, { start, end }: Span): Promise<string> =>
  (await file.at(start, Math.min(end - start, MOST_TEXT))).toString();

/** TensorProto.DataType. */
const ELEMENTS: Readonly<Record<number, string>> = {
  ...{ 1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string' },
  ...{ 9: 'bool', 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64', 14: 'complex64' },
  ...{ 15: 'complex128', 16: 'bfloat16', 17: 'float8_e4m3', 18: 'float8_e4m3fnuz', 19: 'float8_e5m2' },
  ...{ 20: 'float8_e5m2fnuz', 21: 'uint4', 22: 'int4', 23: 'float4_e2m1' },
};

import type { Format } from './format.js';
import type { Peek } from './peek.js';
import { type Field, type Message, readMessage } from './protobuf.js';

/** More than any of these models has outside its graph; only functions of ONNX can be more. */
const MOST_FIELDS = 256;

/** The fields that a message may have, by number. */
type Schema = Readonly<Record<number, Field['kind']>>;

/** ModelProto (ONNX, onnx/onnx.proto): the graph is 7. */
const ONNX_MODEL: Schema = {
  ...{ 1: 'varint', 2: 'bytes', 3: 'bytes', 4: 'bytes', 5: 'varint', 6: 'bytes', 7: 'bytes', 8: 'bytes' },
  ...{ 14: 'bytes', 20: 'bytes', 25: 'bytes', 26: 'bytes' },
};
/** GraphProto (ONNX, onnx/onnx.proto). */
const ONNX_GRAPH: Schema = {
  ...{ 1: 'bytes', 2: 'bytes', 5: 'bytes', 10: 'bytes', 11: 'bytes', 12: 'bytes', 13: 'bytes' },
  ...{ 14: 'bytes', 15: 'bytes', 16: 'bytes' },
};
/** SavedModel (TensorFlow, core/protobuf/saved_model.proto). */
const SAVED_MODEL: Schema = { 1: 'varint', 2: 'bytes' };
/** MetaGraphDef (TensorFlow, core/protobuf/meta_graph.proto): the graph is 2. */
const META_GRAPH: Schema = {
  1: 'bytes',
  2: 'bytes',
  3: 'bytes',
  4: 'bytes',
  5: 'bytes',
  6: 'bytes',
  7: 'bytes',
};
/** What a Model has beside the one field that tells its kind (Core ML, mlmodel/format/Model.proto). */
const CORE_ML: Schema = { 1: 'varint', 2: 'bytes', 10: 'varint' };

/**
 * Recognises models that are protocol buffers. These have no signature, so every field has to be one that the format has, the
 * first of them its version, and the last has to end with the file.
 */
export async function protobufFormat(file: Peek): Promise<Format | undefined> {
  const model = await readMessage(file, 0, file.size, MOST_FIELDS);
  if (model === undefined || !hasVersion(model)) return undefined;
  if (await isOnnx(file, model)) return 'onnx';
  if (!model.isWhole) return undefined;
  if (await isSavedModel(file, model)) return 'tensorflow';
  return isCoreMl(model) ? 'coreml' : undefined;
}

const hasVersion = ({ fields }: Message): boolean =>
  fields.some(({ number, kind, value }) => number === 1 && kind === 'varint' && value >= 1 && value < 1000);

async function isOnnx(file: Peek, model: Message): Promise<boolean> {
  const graph = model.fields.find(({ number }) => number === 7);
  return graph !== undefined && fits(model, ONNX_MODEL) && (await hasFields(file, graph, ONNX_GRAPH));
}

async function isSavedModel(file: Peek, model: Message): Promise<boolean> {
  const graph = model.fields.find(({ number }) => number === 2);
  return graph !== undefined && fits(model, SAVED_MODEL) && (await hasFields(file, graph, META_GRAPH));
}

/** Of the kinds, which are numbered from 200 to 2999, a model has exactly one. */
function isCoreMl({ fields, isWhole }: Message): boolean {
  const isKind = ({ number, kind }: Field): boolean => number >= 200 && number < 3000 && kind === 'bytes';
  const others = fields.filter((field) => !isKind(field));
  const hasDescription = others.some(({ number }) => number === 2);
  return fields.length - others.length === 1 && hasDescription && fits({ fields: others, isWhole }, CORE_ML);
}

const fits = ({ fields }: Message, schema: Schema): boolean =>
  fields.every(({ number, kind }) => schema[number] === kind);

/** Whether a field holds a message of that kind that is not empty, by its first few fields. */
async function hasFields(file: Peek, { start, end }: Field, schema: Schema): Promise<boolean> {
  const message = await readMessage(file, start, end, 8);
  return message !== undefined && message.fields.length > 0 && fits(message, schema);
}

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

function hasVersion(model: Message): boolean {
  const version = find(model, 1);
  return version?.kind === 'varint' && version.value >= 1 && version.value < 1000;
}

async function isOnnx(file: Peek, model: Message): Promise<boolean> {
  const graph = find(model, 7);
  if (graph === undefined || !fits(model, ONNX_MODEL)) return false;
  // since version 3 the operators have to be named, behind the graph; a file without them was cut off
  if ((find(model, 1)?.value ?? 0) >= 3 && find(model, 8) === undefined) return false;
  const content = await readStart(file, graph);
  return content !== undefined && content.fields.length > 0 && fits(content, ONNX_GRAPH);
}

async function isSavedModel(file: Peek, model: Message): Promise<boolean> {
  const meta = find(model, 2);
  const content = meta && fits(model, SAVED_MODEL) ? await readStart(file, meta) : undefined;
  return content !== undefined && fits(content, META_GRAPH) && find(content, 2) !== undefined;
}

/** Of the kinds, which are numbered from 200 to 2999, a model has exactly one. */
function isCoreMl({ fields, isWhole }: Message): boolean {
  const isKind = ({ number, kind }: Field): boolean => number >= 200 && number < 3000 && kind === 'bytes';
  const others = fields.filter((field) => !isKind(field));
  const hasDescription = find({ fields: others, isWhole }, 2) !== undefined;
  return fields.length - others.length === 1 && hasDescription && fits({ fields: others, isWhole }, CORE_ML);
}

const fits = ({ fields }: Message, schema: Schema): boolean =>
  fields.every(({ number, kind }) => schema[number] === kind);

const find = ({ fields }: Message, wanted: number): Field | undefined =>
  fields.find(({ number }) => number === wanted);

/** The first few fields of the message that a field holds. */
const readStart = (file: Peek, { start, end }: Field): Promise<Message | undefined> =>
  readMessage(file, start, end, 8);

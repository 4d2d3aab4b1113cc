import { pickleFormat } from './pickle.js';
import { type Field, type Message, readMessage } from './protobuf.js';
import { type Peek, peekAt, type ReadAt } from './read-at.js';
import { readZipDirectory } from './zip.js';

/** The surest first: a signature decides without a look at the rest. */
const LOOKS: readonly ((file: Peek) => Promise<Format | undefined>)[] = [
  signatureFormat,
  zipFormat,
  textFormat,
  pickleFormat,
  protobufFormat,
  hdf5Format,
];

/**
 * Recognises the format of a model file by its bytes, never by its name. Undefined where they do not decide: for an empty file,
 * for text, and for a truncated file. Reads at most a few hundred KiB of a file, and 1 MiB more of the directory of a large zip.
 * @param size of the file, in bytes
 */
export async function recogniseFormat(read: ReadAt, size: number): Promise<Format | undefined> {
  const file = await peekAt(read, size);
  for (const look of LOOKS) {
    const format = await look(file);
    if (format !== undefined) return format;
  }
  return undefined;
}

/**
 * The formats that bytes tell apart. A container has the format of its content, as far as its directory shows it; `zip` and
 * `gzip` are containers with any other content.
 */
export type Format =
  | 'safetensors'
  | 'onnx'
  | 'gguf'
  | 'ggml'
  | 'torch'
  | 'keras'
  | 'tensorflow'
  | 'tflite'
  | 'coreml'
  | 'hdf5'
  | 'lightgbm'
  | 'xgboost-json'
  | 'xgboost-ubj'
  | 'catboost'
  | 'pickle'
  | 'joblib'
  | 'npy'
  | 'npz'
  | 'parquet'
  | 'zip'
  | 'gzip';

/** The formats whose tools can run code from the file, and why. */
const RUNS_CODE: ReadonlySet<Format> = new Set([
  // REDUCE calls any function by its name (Python documentation, pickle: "Never unpickle data that could have come from an
  // untrusted source")
  'pickle',
  // a pickle with arrays in between (joblib documentation, joblib.load: "can therefore execute arbitrary Python code")
  'joblib',
  // holds data.pkl, another pickle; weights_only restricts it and is the default since 2.6, but could be bypassed before
  // (PyTorch documentation, torch.load; CVE-2025-32434)
  'torch',
  // config.json may hold a Lambda layer, which is bytecode of Python. safe_mode refuses it since 2.13, but users of such a layer
  // switch that off, and before 3.9 a config could call any function in spite of it (CVE-2025-1550)
  'keras',
  // the container runs nothing, but it may hold a whole Keras model with Lambda layers in an attribute that a bounded read does
  // not find; safe_mode did nothing for them before 3.11.3 (CVE-2025-9905)
  'hdf5',
  // "using untrusted models or graphs is equivalent to running untrusted code" (SECURITY.md of TensorFlow)
  'tensorflow',
]);

/**
 * Whether the tools of a format can run code from a model file. Such a model is given out as bytes, with a warning, and is
 * never opened here.
 *
 * False for `npy` and `npz`: their arrays of objects are pickles, which `numpy.load` refuses by default. False for `zip` and
 * `gzip`, because their content is not known.
 */
export const canRunCode = (format: Format): boolean => RUNS_CODE.has(format);

/** The bytes at the beginning of a format, and a check of what follows them. */
interface Signature {
  format: Format;
  /** The offset of the bytes. */
  offset: number;
  bytes: Buffer;
  /** The size of the shortest file of this format; `isRight` may read so much of the head. */
  least: number;
  isRight(file: Peek): boolean | Promise<boolean>;
}

const signature = (
  format: Format,
  bytes: string,
  least: number,
  isRight: Signature['isRight'],
  offset = 0,
): Signature => ({ format, offset, bytes: Buffer.from(bytes, 'latin1'), least, isRight });

const SIGNATURES: readonly Signature[] = [
  // a version and two counts, little-endian or since version 3 big-endian too (ggml, docs/gguf.md, "File Structure")
  signature(
    'gguf',
    'GGUF',
    16,
    ({ head }) => isVersion(head.readUInt32LE(4)) || isVersion(head.readUInt32BE(4)),
  ),
  // what whisper.cpp reads: 0x67676d6c, then the sizes of vocabulary and context (whisper.cpp, whisper_model_load)
  signature('ggml', 'lmgg', 48, ({ head }) => isCount(head.readUInt32LE(4)) && isCount(head.readUInt32LE(8))),
  // 0x67676d66 and 0x67676a74 with a version, before GGUF (ggml, docs/gguf.md, "Historical State of Affairs")
  signature('ggml', 'fmgg', 36, ({ head }) => isVersion(head.readUInt32LE(4))),
  signature('ggml', 'tjgg', 36, ({ head }) => isVersion(head.readUInt32LE(4))),
  // the dictionary that describes the array (NumPy, numpy.lib.format, "Format Version 1.0")
  signature('npy', '\x93NUMPY', 16, hasArrayHeader),
  // the length of the footer and the signature again (Apache Parquet, README, "File format")
  signature('parquet', 'PAR1', 12, hasFooter),
  // file_identifier of a flatbuffer, which begins with where its root is (TensorFlow Lite, schema.fbs)
  signature('tflite', 'TFL3', 16, ({ head, size }) => isWithin(head.readUInt32LE(0), 8, size - 4), 4),
  // MODEL_FILE_DESCRIPTOR_CHARS, then the size of the core (CatBoost, catboost/libs/model/model.cpp)
  signature('catboost', 'CBM1', 16, ({ head, size }) => isWithin(head.readUInt32LE(4), 8, size - 8)),
  // deflate is the only method, three flags are reserved (RFC 1952, 2.3.1)
  signature('gzip', '\x1f\x8b\x08', 18, ({ head }) => (head.readUInt8(3) & 0xe0) === 0),
  signature('hdf5', '\x89HDF\r\n\x1a\n', 48, ({ head }) => head.readUInt8(8) <= 3),
  // the signature is only a brace, so the lengths have to fit too (safetensors, README, "Format")
  signature('safetensors', '{', 10, hasTensorHeader, 8),
];

/** Recognises formats with a signature. */
async function signatureFormat(file: Peek): Promise<Format | undefined> {
  for (const { format, offset, bytes, least, isRight } of SIGNATURES) {
    if (file.head.length < least || !file.head.subarray(offset).subarray(0, bytes.length).equals(bytes))
      continue;
    if (await isRight(file)) return format;
  }
  return undefined;
}

/**
 * Recognises HDF5 after a user block, as MATLAB writes it: the signature is at 512 or at a higher power of two (HDF5 File Format
 * Specification, II.A "Superblock"). It is searched for up to 2048.
 */
async function hdf5Format({ head }: Peek): Promise<Format | undefined> {
  const isThere = [512, 1024, 2048].some(
    (at) => head.toString('latin1', at, at + 8) === '\x89HDF\r\n\x1a\n' && (head[at + 8] ?? 4) <= 3,
  );
  return isThere ? 'hdf5' : undefined;
}

/** A version is a small number; the same bytes of a text are a large one. */
const isVersion = (value: number): boolean => value >= 1 && value <= 16;
const isCount = (value: number): boolean => isWithin(value, 1, 1 << 24);
const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

function hasArrayHeader({ head, size }: Peek): boolean {
  const [major = 0, minor] = head.subarray(6, 8);
  if (!isWithin(major, 1, 3) || minor !== 0) return false;
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  return start + length <= size && /^\{.*'descr'\s*:/.test(head.toString('latin1', start, start + length));
}

async function hasFooter(file: Peek): Promise<boolean> {
  const end = await file.at(file.size - 8, 8);
  return (
    end.length === 8 &&
    end.toString('latin1', 4) === 'PAR1' &&
    isWithin(end.readUInt32LE(0), 1, file.size - 12)
  );
}

async function hasTensorHeader(file: Peek): Promise<boolean> {
  const length = file.head.readBigUInt64LE(0);
  if (length < 2n || length > BigInt(Math.min(file.size - 8, 100_000_000))) return false;
  const last = await file.at(7 + Number(length), 1);
  // the header is an object, empty or with a name first, and ends at its length, padded with spaces
  return /^\{\s*["}]/.test(file.head.toString('latin1', 8)) && /[} ]/.test(last.toString('latin1'));
}

/** The members of a learner, by name, as XGBoost writes them: the first one present comes first in the file. */
const MEMBERS = 'attributes|cats|feature_names|feature_types|gradient_booster|learner_model_param|objective';

/** The first lines of a model (LightGBM, src/boosting/gbdt_model_text.cpp, GBDT::SaveModelToString). */
const LIGHTGBM = /^tree\r?\nversion=v\d+\r?\nnum_class=\d+\r?\n/;
/** The beginning and the end of a model (XGBoost, doc/model.schema, and src/learner.cc, LearnerIO::SaveModel). */
const XGBOOST_START = new RegExp(`^\\{\\s*"learner"\\s*:\\s*\\{\\s*"(?:${MEMBERS})"\\s*:`);
const XGBOOST_END = /"version"\s*:\s*\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]\s*\}\s*$/;
/** The beginning in UBJSON, where a length of 64 bits precedes a name (XGBoost, src/common/json.cc, UBJWriter). */
const XGBOOST_UBJ = new RegExp(`^\\{L\\0{7}\\x07learner\\{L\\0{7}[\\x01-\\x20](?:${MEMBERS})`);

/** Recognises models in text, and one in binary JSON. */
async function textFormat(file: Peek): Promise<Format | undefined> {
  const start = file.head.toString('latin1', 0, 512);
  if (LIGHTGBM.test(start)) return 'lightgbm';
  if (XGBOOST_UBJ.test(start)) return 'xgboost-ubj';
  if (!XGBOOST_START.test(start)) return undefined;
  const end = await file.at(Math.max(0, file.size - 128), 128);
  return XGBOOST_END.test(end.toString('latin1')) ? 'xgboost-json' : undefined;
}

/**
 * Recognises formats in zip files by the names in the file:
 * - torch: `data.pkl` in a folder of any name at the top (PyTorch, torch/serialization.py and caffe2/serialize/inline_container.h)
 * - keras: `config.json` beside `model.weights.h5`, or `.npz` (Keras, keras/src/saving/saving_lib.py)
 * - npz: only arrays (NumPy, numpy.savez)
 */
async function zipFormat(file: Peek): Promise<Format | undefined> {
  const directory = await readZipDirectory(file);
  if (directory === undefined) return undefined;
  const { names, isWhole } = directory;
  // the format that can run code comes first, because a file may be made to look like two formats
  if (names.some((name) => /^[^/]+\/data\.pkl$/.test(name))) return 'torch';
  if (names.includes('config.json') && names.some((name) => /^model\.weights\.(h5|npz)$/.test(name)))
    return 'keras';
  if (isWhole && names.length > 0 && names.every((name) => name.endsWith('.npy'))) return 'npz';
  return 'zip';
}

/** More fields than these models have outside their graphs; only an ONNX model with many functions may have more. */
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
/** The fields of a Model beside the one of its kind (Core ML, mlmodel/format/Model.proto). */
const CORE_ML: Schema = { 1: 'varint', 2: 'bytes', 10: 'varint' };

/**
 * Recognises models in protocol buffers, which have no signature: the format has every field, the version comes first, and the
 * last field ends with the file.
 */
async function protobufFormat(file: Peek): Promise<Format | undefined> {
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
  // since version 3 the operators are named after the graph; a file without them was cut off
  if ((find(model, 1)?.value ?? 0) >= 3 && find(model, 8) === undefined) return false;
  const content = await readStart(file, graph);
  return content !== undefined && content.fields.length > 0 && fits(content, ONNX_GRAPH);
}

async function isSavedModel(file: Peek, model: Message): Promise<boolean> {
  const meta = find(model, 2);
  const content = meta && fits(model, SAVED_MODEL) ? await readStart(file, meta) : undefined;
  return content !== undefined && fits(content, META_GRAPH) && find(content, 2) !== undefined;
}

/** A model has exactly one field for its kind; kinds are numbered from 200 to 2999. */
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

/** The first fields of the message in a field. */
const readStart = (file: Peek, { start, end }: Field): Promise<Message | undefined> =>
  readMessage(file, start, end, 8);

import { crc32, field, latin1, u16, u32, u64, u64BE } from './format-bytes.js';

/** An identity of one tensor `x` to `y` (ONNX, onnx/onnx.proto). */
export const ONNX = Buffer.concat([
  field(1, 8),
  field(2, 'reg'),
  field(7, [
    field(1, [field(1, 'x'), field(2, 'y'), field(4, 'Identity')]),
    field(2, 'graph'),
    ...[field(11, [field(1, 'x'), floats()]), field(12, [field(1, 'y'), floats()])],
  ]),
  field(8, [field(1, ''), field(2, 13)]),
]);

/** The type of a tensor of one float. */
function floats(): Buffer {
  return field(2, [field(1, [field(1, 1), field(2, [field(1, [field(1, 1)])])])]);
}

/** A graph without nodes, tagged `serve` (TensorFlow, core/protobuf/saved_model.proto). */
export const SAVED_MODEL = Buffer.concat([
  field(1, 1),
  field(2, [field(1, [field(4, 'serve'), field(5, '2.16.1')]), field(2, [field(4, [field(1, 1882)])])]),
]);

/** An identity (Core ML, mlmodel/format/Model.proto). */
export const CORE_ML = Buffer.concat([field(1, 1), field(2, [field(1, [field(1, 'x')])]), field(900, [])]);

/** No tensors, one value (ggml, docs/gguf.md). */
export const GGUF = Buffer.concat([
  ...[latin1('GGUF'), u32(3), u64(0), u64(1)],
  ...[u64(20), latin1('general.architecture'), u32(8), u64(4), latin1('none')],
]);

/** The header of a whisper model and no weights: the sizes of vocabulary, context and layers (whisper.cpp). */
export const GGML = Buffer.concat([
  latin1('lmgg'),
  ...[51864, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1].map(u32),
]);

/** Two numbers (NumPy, numpy.lib.format). */
export function npyOf(values: readonly number[]): Buffer {
  const about = `{'descr': '<f8', 'fortran_order': False, 'shape': (${values.length},), }`;
  // the array begins at a multiple of 64
  const header = `${about.padEnd(128 - 10 - 1)}\n`;
  const array = Buffer.from(new Float64Array(values).buffer);
  return Buffer.concat([latin1('\x93NUMPY\x01\x00'), u16(header.length), latin1(header), array]);
}

/** A table without columns: only a footer, in Thrift's compact protocol (Apache Parquet, parquet.thrift, FileMetaData). */
const PARQUET_FOOTER = latin1('\x15\x02\x19\x1c\x48\x06schema\x15\x00\x00\x16\x00\x19\x0c\x00');
export const PARQUET = Buffer.concat([
  latin1('PAR1'),
  PARQUET_FOOTER,
  u32(PARQUET_FOOTER.length),
  latin1('PAR1'),
]);

/** A flatbuffer of a table with one field, the version of the schema (TensorFlow Lite, schema.fbs). */
export const TFLITE = Buffer.concat([
  ...[u32(16), latin1('TFL3')],
  ...[u16(6), u16(8), u16(4), u16(0)],
  ...[u32(8), u32(3)],
]);

/** A flatbuffer of a table with one field, the version of the format (CatBoost, catboost/libs/model/flatbuffers/model.fbs). */
const CATBOOST_CORE = Buffer.concat([
  u32(12),
  ...[u16(6), u16(8), u16(4), u16(0)],
  ...[u32(8), u32(4)],
  ...[u32(18), latin1('FlabuffersModel_v1\0\0')],
]);
export const CATBOOST = Buffer.concat([latin1('CBM1'), u32(CATBOOST_CORE.length), CATBOOST_CORE]);

/** An empty group, as the HDF5 library writes it in its earliest version (HDF5 File Format Specification 3.0). */
export const HDF5 = Buffer.concat([
  ...[latin1('\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0'), u16(4), u16(16), u32(0)],
  ...[u64(0), undefinedAddress(), u64(800), undefinedAddress()],
  ...[u64(0), u64(96), u32(1), u32(0), u64(136), u64(680)],
  ...[latin1('\x01\0'), u16(1), u32(1), u32(24), u32(0), u16(0x11), u16(16), u32(0), u64(136), u64(680)],
  ...[latin1('TREE\0\0\0\0'), undefinedAddress(), undefinedAddress(), Buffer.alloc(520)],
  ...[latin1('HEAP\0\0\0\0'), u64(88), u64(8), u64(712), u64(0), u64(1), u64(80), Buffer.alloc(64)],
]);

function undefinedAddress(): Buffer {
  return Buffer.alloc(8, 0xff);
}

/** One tree of one leaf (LightGBM, src/boosting/gbdt_model_text.cpp). */
export const LIGHTGBM = latin1(
  [
    ...[
      'tree',
      'version=v4',
      'num_class=1',
      'num_tree_per_iteration=1',
      'label_index=0',
      'max_feature_idx=0',
    ],
    ...['objective=regression', 'feature_names=x', 'feature_infos=[0:1]', 'tree_sizes=90', ''],
    ...['Tree=0', 'num_leaves=1', 'num_cat=0', 'leaf_value=0.5', 'is_linear=0', 'shrinkage=1', '', ''],
    ...['end of trees', ''],
  ].join('\n'),
);

/** No trees (XGBoost, doc/model.schema). */
const XGBOOST = {
  learner: {
    attributes: {},
    feature_names: [],
    feature_types: [],
    gradient_booster: { model: { trees: [] }, name: 'gbtree' },
    learner_model_param: { base_score: '5E-1', num_class: '0', num_feature: '1' },
    objective: { name: 'reg:squarederror', reg_loss_param: { scale_pos_weight: '1' } },
  },
  version: [2, 1, 0],
};
export const XGBOOST_JSON = latin1(JSON.stringify(XGBOOST));
export const XGBOOST_UBJ = ubjson(XGBOOST);

/** As XGBoost writes UBJSON: every length in 64 bits, every number in 8 (XGBoost, src/common/json.cc, UBJWriter). */
function ubjson(value: unknown): Buffer {
  const text = (name: string): Buffer => Buffer.concat([latin1('L'), u64BE(name.length), latin1(name)]);
  if (typeof value === 'number') return latin1(`i${String.fromCharCode(value)}`);
  if (typeof value === 'string') return Buffer.concat([latin1('S'), text(value)]);
  if (Array.isArray(value)) return Buffer.concat([latin1('[#L'), u64BE(value.length), ...value.map(ubjson)]);
  const members = Object.entries(value as object).flatMap(([name, one]) => [text(name), ubjson(one)]);
  return Buffer.concat([latin1('{'), ...members, latin1('}')]);
}

/** A gzip file of these bytes, not compressed (RFC 1952, and RFC 1951, 3.2.4). */
export function gzipOf(bytes: Uint8Array): Buffer {
  const length = u16(bytes.length);
  const complement = u16(bytes.length ^ 0xffff);
  const header = latin1('\x1f\x8b\x08\0\0\0\0\0\0\xff\x01');
  return Buffer.concat([header, length, complement, bytes, u32(crc32(bytes)), u32(bytes.length)]);
}

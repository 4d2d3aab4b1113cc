import type { Format } from '../../src/formats/recognise.js';
import { latin1, u64, zipOf } from './format-bytes.js';
import {
  CATBOOST,
  CORE_ML,
  GGML,
  GGUF,
  gzipOf,
  HDF5,
  LIGHTGBM,
  npyOf,
  ONNX,
  PARQUET,
  SAVED_MODEL,
  TFLITE,
  XGBOOST_JSON,
  XGBOOST_UBJ,
} from './format-models.js';
import { JOBLIB, OLD_TORCH, PICKLES } from './format-pickles.js';

/** A safetensors file of a header, as it is, and bytes. */
export function safetensorsOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.from(header);
  return Buffer.concat([u64(bytes.length), bytes, data]);
}

const SAFETENSORS = safetensorsOf(
  JSON.stringify({
    __metadata__: { format: 'np' },
    weight: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    bias: { dtype: 'F16', shape: [2], data_offsets: [16, 20] },
  }).padEnd(176),
  Buffer.concat([
    Buffer.from(new Float32Array([1, -2, 0.5, 0]).buffer),
    Buffer.from(new Uint16Array([0x3c00, 0xc000]).buffer),
  ]),
);

/** The smallest real files of every format, by their names in fixtures/formats. */
export const FORMAT_FILES: Readonly<Record<string, readonly [Format, Buffer]>> = {
  'model.safetensors': ['safetensors', SAFETENSORS],
  'model.onnx': ['onnx', ONNX],
  'model.gguf': ['gguf', GGUF],
  'model-ggml.bin': ['ggml', GGML],
  'model.pt': [
    'torch',
    zipOf({
      'model/data.pkl': PICKLES[2],
      'model/byteorder': latin1('little'),
      'model/version': latin1('3\n'),
    }),
  ],
  'model-old.pt': ['torch', OLD_TORCH],
  'model.keras': [
    'keras',
    zipOf({
      'metadata.json': latin1('{"keras_version": "3.9.0", "date_saved": "2026-01-01@00:00:00"}'),
      'config.json': latin1('{"module": "keras", "class_name": "Sequential", "config": {"layers": []}}'),
      'model.weights.h5': HDF5,
    }),
  ],
  'saved_model.pb': ['tensorflow', SAVED_MODEL],
  'model.tflite': ['tflite', TFLITE],
  'model.mlmodel': ['coreml', CORE_ML],
  'model.h5': ['hdf5', HDF5],
  'lightgbm.txt': ['lightgbm', LIGHTGBM],
  'xgboost.json': ['xgboost-json', XGBOOST_JSON],
  'xgboost.ubj': ['xgboost-ubj', XGBOOST_UBJ],
  'model.cbm': ['catboost', CATBOOST],
  'protocol0.pkl': ['pickle', PICKLES[0]],
  'protocol1.pkl': ['pickle', PICKLES[1]],
  'protocol2.pkl': ['pickle', PICKLES[2]],
  'protocol3.pkl': ['pickle', PICKLES[3]],
  'protocol4.pkl': ['pickle', PICKLES[4]],
  'protocol5.pkl': ['pickle', PICKLES[5]],
  'model.joblib': ['joblib', JOBLIB],
  'array.npy': ['npy', npyOf([1.5, -2])],
  'arrays.npz': ['npz', zipOf({ 'weight.npy': npyOf([1.5, -2]), 'bias.npy': npyOf([0]) })],
  'table.parquet': ['parquet', PARQUET],
  'other.zip': ['zip', zipOf({ 'read.me': latin1('hello\n') })],
  'other.gz': ['gzip', gzipOf(latin1('hello\n'))],
};

/**
 * The formats that are told apart by bytes. Of a container it is what is in it that counts, as far as its table of contents
 * tells; `zip` and `gzip` are those that hold something else.
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

/** Why opening a file with the tools of its format can run code that came with it. */
const RUNS_CODE: ReadonlySet<Format> = new Set([
  // REDUCE calls whatever the pickle names (Python documentation, pickle: "Never unpickle data that could have come from an
  // untrusted source")
  'pickle',
  // a pickle with arrays in between (joblib documentation, joblib.load: "can therefore execute arbitrary Python code")
  'joblib',
  // holds data.pkl, another pickle; weights_only restricts it and is the default since 2.6, but could be passed by before
  // (PyTorch documentation, torch.load; CVE-2025-32434)
  'torch',
  // config.json may hold a Lambda layer, which is bytecode of Python: safe_mode refuses it since 2.13, but whoever needs such
  // a layer switches that off, and before 3.9 a config could call any function in spite of it (CVE-2025-1550)
  'keras',
  // a container that runs nothing by itself, but whole Keras models are kept in it too, with Lambda layers in an attribute
  // that no bounded look finds; safe_mode did nothing for them before 3.11.3 (CVE-2025-9905)
  'hdf5',
  // "using untrusted models or graphs is equivalent to running untrusted code" (SECURITY.md of TensorFlow)
  'tensorflow',
]);

/**
 * Whether opening a model of this format with its own tools can run code that came with it. Such a model is handed out as
 * bytes, with a warning, and never opened here.
 *
 * False for `npy` and `npz`, whose arrays of objects are pickles that `numpy.load` refuses unless it is told otherwise; and for
 * `zip` and `gzip`, for it is not known what is in them.
 */
export const canRunCode = (format: Format): boolean => RUNS_CODE.has(format);

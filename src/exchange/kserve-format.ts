import type { ReadAt } from '../formats/read-at.js';
import { type Format, recogniseFormat } from '../formats/recognise.js';
import type { SourceFile, SourceModel } from '../models/source.js';

/** The formats by their bytes, in the words of KServe's runtimes (kserve/kserve, config/runtimes). A pickle is looked into. */
const BY_BYTES: Partial<Record<Format, string>> = {
  onnx: 'onnx',
  'xgboost-json': 'xgboost',
  'xgboost-ubj': 'xgboost',
  lightgbm: 'lightgbm',
  torch: 'pytorch',
  tensorflow: 'tensorflow',
};

/** The layouts of folders, by the paths of their files. */
const LAYOUTS: readonly (readonly [format: string, paths: readonly RegExp[]])[] = [
  // MLflow documentation, "MLflow Models", "Storage Format"
  ['mlflow', [/^MLmodel$/]],
  // Triton documentation, "Model Repository"
  ['triton', [/^[^/]+\/config\.pbtxt$/]],
  ['onnx', [/^[^/]+\/\d+\/model\.onnx$/]],
  // TensorFlow documentation, "Using the SavedModel format"; a server wants it in a folder with a number
  ['tensorflow', [/^(\d+\/)?saved_model\.pb$/]],
  // TorchServe documentation, "Torch Model archiver"
  ['pytorch', [/^model-store\/[^/]+\.mar$/]],
  // transformers, `from_pretrained`
  ['huggingface', [/^config\.json$/, /^[^/]+\.safetensors$|^pytorch_model[^/]*\.bin$/]],
];

/** The formats whose servers speak the second protocol alone; KServe takes the first by default (kserve/kserve, config/runtimes). */
const OF_V2: ReadonlySet<string> = new Set(['onnx', 'mlflow', 'triton', 'tensorrt']);

/** The protocol of a format; undefined where it is the one that KServe takes by default. */
export const protocolOf = (format: string): 'v2' | undefined => (OF_V2.has(format) ? 'v2' : undefined);

/** Files of a folder that are looked into, at most. */
const MOST_FILES = 16;

/**
 * KServe's name of the format of a model: by the files of a folder, else by the bytes of what lies at its top. Undefined where that does not
 * say it: a guess would be a server that cannot start.
 * @throws RegError what reading a source throws
 */
export async function servedFormat({ kind, files }: SourceModel): Promise<string | undefined> {
  const layout = LAYOUTS.find(
    ([, paths]) => kind === 'folder' && paths.every((path) => files.some((file) => path.test(file.path))),
  );
  if (layout !== undefined) return layout[0];
  const top = files.filter(({ path }) => !path.includes('/'));
  if (top.length > MOST_FILES) return undefined;
  const found = new Set<string>();
  for (const file of top) {
    const format = await formatOf(file);
    if (format !== undefined) found.add(format);
  }
  const [only, other] = found;
  return other === undefined ? only : undefined;
}

async function formatOf(file: SourceFile): Promise<string | undefined> {
  const { size } = file;
  const read = size === undefined ? undefined : readerOf(file, size);
  if (size === undefined || read === undefined) return undefined;
  const format = await recogniseFormat(read, size);
  if (format === undefined) return undefined;
  if (format !== 'pickle' && format !== 'joblib') return BY_BYTES[format];
  const head = Buffer.from(await read(0, Math.min(size, PICKLE_HEAD))).toString('latin1');
  const [, module] = /\b(sklearn|xgboost|lightgbm|catboost|torch)\./.exec(head) ?? [];
  return module === 'sklearn' ? module : undefined;
}

/** The module of the first object of a pickle stands at its beginning. */
const PICKLE_HEAD = 4096;
/** A file that cannot be read from the middle is held as a whole, up to this size. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Reads parts of a file; undefined for a large one of a source that gives only the whole. */
function readerOf(file: SourceFile, size: number): ReadAt | undefined {
  if (file.ranges) return async (start, end) => bytesOf(file, { start, end });
  if (size > MOST_BYTES) return undefined;
  let whole: Promise<Buffer> | undefined;
  return async (start, end) => {
    whole ??= bytesOf(file);
    return (await whole).subarray(start, end);
  };
}

async function bytesOf(file: SourceFile, range?: { start: number; end: number }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await file.open(range)) as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What the server of a format loads (kserve/kserve, python/*server; the documentation of Triton, TensorFlow Serving and TorchServe). */
const LOADS: Readonly<Record<string, readonly [path: RegExp, what: string]>> = {
  sklearn: [/^[^/]+\.(joblib|pkl|pickle)$/, 'a .joblib, .pkl or .pickle file'],
  xgboost: [/^[^/]+\.(bst|json|ubj)$/, 'a .bst, .json or .ubj file'],
  lightgbm: [/^[^/]+\.bst$/, 'a .bst file'],
  onnx: [/^[^/]+\/\d+\/model\.onnx$/, 'a folder with NAME/1/model.onnx in it'],
  tensorflow: [/^\d+\/saved_model\.pb$/, 'a folder with 1/saved_model.pb in it'],
  pytorch: [/^model-store\/[^/]+\.mar$/, 'a folder with model-store/NAME.mar in it'],
};

/** What KServe's own server of a format loads, where a model has nothing of that; undefined where it has, and for other formats. */
export function notLoaded(format: string, { files }: Pick<SourceModel, 'files'>): string | undefined {
  const [path, what] = LOADS[format] ?? [];
  return path === undefined || files.some((file) => path.test(file.path)) ? undefined : what;
}

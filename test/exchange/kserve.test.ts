import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { kserveAddress } from '../../src/exchange/kserve.js';
import { notLoaded, servedFormat } from '../../src/exchange/kserve-format.js';
import type { SourceModel } from '../../src/models/source.js';
import { FORMAT_FILES } from '../support/format-files.js';

type Files = Readonly<Record<string, Buffer>>;

/** A model of these files; every byte is read through `open`. */
function modelOf(
  files: Files,
  { kind = 'folder', ranges = true }: { kind?: SourceModel['kind']; ranges?: boolean } = {},
): SourceModel {
  const all = Object.entries(files).map(([path, bytes]) => ({
    path,
    size: bytes.length,
    ranges,
    open: async (range?: { start: number; end: number }) => {
      if (range !== undefined && !ranges) throw new Error('it cannot be read from the middle');
      return Readable.from([bytes.subarray(range?.start, range?.end)]);
    },
  }));
  return { kind, name: Object.keys(files)[0] ?? '', files: all };
}
const BYTES: Buffer = Buffer.from('bytes');
const folder = (...paths: string[]): SourceModel =>
  modelOf(Object.fromEntries(paths.map((path) => [path, BYTES])));
const fileOf = (path: string, bytes = BYTES, ranges = true): SourceModel =>
  modelOf({ [path]: bytes }, { kind: 'file', ranges });

// as pickle.dumps of scikit-learn 1.5 and xgboost 2.1 begin, to the first class
const pickleOf = (module: string, name: string): Buffer =>
  Buffer.concat([
    Buffer.from('8004', 'hex'),
    Buffer.from(
      `\x8c${String.fromCharCode(module.length)}${module}\x94\x8c${String.fromCharCode(name.length)}${name}\x94\x93\x94)\x81\x94.`,
      'latin1',
    ),
  ]);

describe('how KServe serves a model', () => {
  const SERVED: Readonly<Record<string, string>> = {
    'model.onnx': 'onnx',
    'xgboost.json': 'xgboost',
    'xgboost.ubj': 'xgboost',
    'lightgbm.txt': 'lightgbm',
    'model.pt': 'pytorch',
    'model-old.pt': 'pytorch',
    'saved_model.pb': 'tensorflow',
  };
  test.each(Object.entries(FORMAT_FILES))('%s is known by its bytes', async (name, [, bytes]) => {
    for (const ranges of [true, false]) {
      const format = await servedFormat(fileOf('model', bytes, ranges));
      expect(format).toBe(SERVED[name]);
    }
  });

  test.each([
    ['sklearn.linear_model._base', 'LinearRegression', 'sklearn'],
    ['sklearn.pipeline', 'Pipeline', 'sklearn'],
    ['xgboost.sklearn', 'XGBClassifier', undefined],
    ['mycompany.models', 'Churn', undefined],
  ])('a pickle of %s', async (module, name, expected) => {
    expect(await servedFormat(fileOf('model.pkl', pickleOf(module, name)))).toBe(expected);
  });

  test.each([
    ['mlflow', ['MLmodel', 'model.pkl', 'conda.yaml']],
    ['tensorflow', ['saved_model.pb', 'variables/variables.index']],
    ['tensorflow', ['1/saved_model.pb', '1/variables/variables.index']],
    ['huggingface', ['config.json', 'model-00001-of-00002.safetensors', 'tokenizer.json']],
    ['huggingface', ['config.json', 'pytorch_model.bin']],
    ['triton', ['churn/config.pbtxt', 'churn/1/model.pt']],
    ['onnx', ['churn/1/model.onnx']],
    ['pytorch', ['config/config.properties', 'model-store/churn.mar']],
    [undefined, ['config.json', 'weights.bin']],
    [undefined, ['a/b/c.bin']],
    [undefined, ['MLmodel.md']],
  ])('a folder is served as %s: %j', async (expected, paths) => {
    expect(await servedFormat(folder(...paths))).toBe(expected);
  });

  test('a folder without a known layout is known by the files at its top', async () => {
    const [, lightgbm] = FORMAT_FILES['lightgbm.txt'] ?? [];
    const [, xgboost] = FORMAT_FILES['xgboost.json'] ?? [];
    const with_ = (files: Files) => servedFormat(modelOf({ 'README.md': BYTES, ...files }));
    expect(await with_({ 'model.bst': lightgbm ?? BYTES })).toBe('lightgbm');
    expect(await with_({ 'a.bst': lightgbm ?? BYTES, 'b.json': xgboost ?? BYTES })).toBeUndefined();
    expect(await with_({ 'below/model.bst': lightgbm ?? BYTES })).toBeUndefined();
  });

  test.each([
    ['sklearn', 'model.joblib', 'model.bin'],
    ['xgboost', 'model.ubj', 'model.xgb'],
    ['lightgbm', 'model.bst', 'model.txt'],
    ['onnx', 'churn/1/model.onnx', 'model.onnx'],
    ['tensorflow', '1/saved_model.pb', 'saved_model.pb'],
    ['pytorch', 'model-store/churn.mar', 'model.pt'],
  ])('the server of %s loads %s and not %s', (format, right, wrong) => {
    expect(notLoaded(format, folder(right))).toBeUndefined();
    expect(notLoaded(format, folder(wrong))).toBeDefined();
  });

  test('other formats are not judged', () => {
    expect(notLoaded('paddle', folder('model.bin'))).toBeUndefined();
  });
});

describe('the addresses that KServe reads by itself', () => {
  const FILE = fileOf('model.bst');
  const FOLDER = folder('a.bin', 'b/c.bin');
  test.each<[url: string, model: SourceModel, expected: string | undefined]>([
    ['s3://models/churn/model.bst', FILE, 's3://models/churn/model.bst'],
    // without the slash, KServe would load prod-eu/ too
    ['s3://models/prod', FOLDER, 's3://models/prod/'],
    ['s3://models/prod/', FOLDER, 's3://models/prod/'],
    ['s3://models', FOLDER, 's3://models/'],
    ['S3://models/a.bin', FILE, 's3://models/a.bin'],
    ['gs://models/churn/model.bst', FILE, 'gs://models/churn/model.bst'],
    ['gcs://models/churn', FOLDER, 'gs://models/churn/'],
    ['az://acme.blob.core.windows.net/models/a.bst', FILE, 'https://acme.blob.core.windows.net/models/a.bst'],
    ['https://models.example/churn/model.bst', FILE, 'https://models.example/churn/model.bst'],
    // KServe cannot read it, or would load something else
    ['az://models/a.bst', FILE, undefined],
    ['az://acme.blob.core.windows.net/models/prod', FOLDER, undefined],
    ['az://127.0.0.1:10000/models/a.bst', FILE, undefined],
    ['https://models.example/churn/', FOLDER, undefined],
    ['https://models.example/m.bst?sig=secret', FILE, undefined],
    ['https://me:secret@models.example/m.bst', FILE, undefined],
    ['s3://models/odd#name.bst', FILE, undefined],
    ['s3://models/model.zip', fileOf('model.zip'), undefined],
    ['https://models.example/model.tar.gz', fileOf('model.tar.gz'), undefined],
    ['s3://models/churn', modelOf({ 'a.bin': BYTES, 'empty.txt': Buffer.alloc(0) }), undefined],
    ['file:///srv/models/m.bst', FILE, undefined],
    ['/srv/models/m.bst', FILE, undefined],
  ])('%s', (url, model, expected) => {
    expect(kserveAddress(url, model)).toBe(expected);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canRunCode, type Format, recogniseFormat } from '../../src/formats/recognise.js';
import { field, latin1 } from '../support/format-bytes.js';
import { FORMAT_FILES } from '../support/format-files.js';
import { endless, readerOf } from './reading.js';

const ROOT = new URL('../../', import.meta.url);
const FILES = Object.entries(FORMAT_FILES).map(([name, [format, bytes]]) => ({ name, format, bytes }));

const formatOf = (bytes: Uint8Array): Promise<Format | undefined> =>
  recogniseFormat(readerOf(bytes), bytes.length);

describe('recognising a format', () => {
  it.each(FILES)('knows $name for $format', async ({ name, format }) => {
    expect(await formatOf(readFileSync(new URL(`fixtures/formats/${name}`, ROOT)))).toBe(format);
  });

  it('has a file of every format, small and as it is computed', () => {
    const names = readdirSync(new URL('fixtures/formats/', ROOT)).filter(
      (name) => !/^(README|\.)/.test(name),
    );
    expect(names.sort()).toEqual(FILES.map(({ name }) => name).sort());
    for (const { name, bytes } of FILES) {
      const file = readFileSync(new URL(`fixtures/formats/${name}`, ROOT));
      expect(file.equals(bytes), `${name} is as it is computed`).toBe(true);
      expect(file.length).toBeLessThan(20 * 1024);
    }
  });

  it.each(FILES)('gives the same for $name where a reader gives a few bytes at a time', async (file) => {
    const read = async (start: number, end: number) => file.bytes.subarray(start, Math.min(end, start + 7));
    expect(await recogniseFormat(read, file.bytes.length)).toBe(file.format);
  });

  it.each(FILES)('never takes a part of $name for another format', async ({ format, bytes }) => {
    const seen = new Set<Format | undefined>();
    for (let length = 0; length < bytes.length; length += 1)
      seen.add(await formatOf(bytes.subarray(0, length)));
    expect([...seen].filter((one) => one !== undefined && one !== format)).toEqual([]);
    // its beginning alone is never enough
    expect(await formatOf(bytes.subarray(0, 9))).toBeUndefined();
  });

  it.each([
    'model.onnx',
    'saved_model.pb',
    'model.mlmodel',
    'model.pt',
    'model.keras',
    'arrays.npz',
    'xgboost.json',
  ])('does not recognise %s where a byte of its end is missing', async (name) => {
    const [, bytes] = FORMAT_FILES[name] ?? [];
    expect(await formatOf(bytes?.subarray(0, -1) ?? latin1('GGUF'))).toBeUndefined();
  });

  it('recognises nothing in no bytes, random bytes and random text', async () => {
    expect(await formatOf(new Uint8Array())).toBeUndefined();
    const arrays = fc.oneof(
      fc.uint8Array({ maxLength: 4096 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(arrays, async (bytes) => {
        expect(await formatOf(bytes)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('recognises nothing in JSON that is anything else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        expect(await formatOf(Buffer.from(text))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('recognises nothing in source code, prose and configuration', async () => {
    const texts = ['src', 'docs', 'test'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(ts|md|json)$/.test(path))
        .map((path) => new URL(`${folder}/${path}`, ROOT)),
    );
    expect(texts.length).toBeGreaterThan(100);
    for (const url of [...texts, new URL('package-lock.json', ROOT)])
      expect(await formatOf(readFileSync(url)), url.pathname).toBeUndefined();
  });

  it('survives whatever follows the beginning of a format', async () => {
    const starts = fc.tuple(fc.constantFrom(...FILES), fc.nat(128), fc.uint8Array({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(starts, async ([{ bytes }, length, rest]) => {
        const file = Buffer.concat([bytes.subarray(0, length), rest]);
        expect([undefined, ...FILES.map(({ format }) => format)]).toContain(await formatOf(file));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads little, however large the file', async () => {
    for (const { name, bytes } of FILES) {
      const { read, asked } = endless(bytes);
      await recogniseFormat(read, 2 ** 50);
      expect(asked.all, name).toBeLessThan(512 * 1024);
      expect(asked.all, name).toBeGreaterThan(0);
    }
  });
});

describe('formats that can run code', () => {
  it('are those that hold programs, and no others', () => {
    const running = new Set(FILES.map(({ format }) => format).filter(canRunCode));
    expect([...running].sort()).toEqual(['hdf5', 'joblib', 'keras', 'pickle', 'tensorflow', 'torch']);
  });
});

describe('protocol buffers', () => {
  const model = (name: string): Buffer => FORMAT_FILES[name]?.[1] ?? Buffer.alloc(0);
  const many = (one: Buffer): Buffer[] => Array.from({ length: 300 }, () => one);

  it.each([
    ['a model of ONNX with many functions', [model('model.onnx'), ...many(field(25, 'f'))], 'onnx'],
    ['a model of TensorFlow with a field of its own', [model('saved_model.pb'), field(3, 'x')], undefined],
    ['one with more graphs than are read', [model('saved_model.pb'), ...many(field(2, 'x'))], undefined],
    ['a model of ONNX with a field of its own', [model('model.onnx'), field(9, 'x')], undefined],
    ['one with a field of another kind', [model('model.onnx'), field(14, 1)], undefined],
    ['a graph that is empty', [field(1, 8), field(7, []), field(8, [])], undefined],
    ['a graph of something else', [field(1, 8), field(7, [field(9, 'x')]), field(8, [])], undefined],
    ['a graph before there were sets of operators', [field(1, 2), field(7, [field(2, 'g')])], 'onnx'],
    ['a graph of a version beyond any', [field(1, 1000), field(7, [field(2, 'g')]), field(8, [])], undefined],
    ['a graph without a version', [field(7, [field(2, 'g')]), field(8, [])], undefined],
    ['a model of Core ML of two kinds', [model('model.mlmodel'), field(500, [])], undefined],
    ['a model of Core ML of a kind that is unknown', [field(1, 1), field(2, 'x'), field(150, [])], undefined],
    ['one without a description', [field(1, 1), field(900, [])], undefined],
  ] as const)('takes %s for what it is', async (_, fields, format) => {
    expect(await formatOf(Buffer.concat(fields))).toBe(format);
  });
});

describe('signatures', () => {
  it.each([
    ['a GGUF file that is big-endian', `GGUF\0\0\0\x03${'\0'.repeat(16)}`, 'gguf'],
    ['a text that begins with GGUF', 'GGUF is a format for models', undefined],
    ['a text that begins with lmgg', `lmgg${' and what follows'.repeat(4)}`, undefined],
    ['a model of the GGJT format', `tjgg\x03${'\0'.repeat(40)}`, 'ggml'],
    ['a text that begins with PAR1 and ends so', 'PAR1 is how this begins and PAR1', undefined],
    ['a text with TFL3 in it', 'see TFL3 in the schema of it', undefined],
    ['a text that begins with CBM1', 'CBM1 is the descriptor of CatBoost', undefined],
    ['a gzip file with reserved flags', `\x1f\x8b\x08\xe0${'\0'.repeat(20)}`, undefined],
    ['an array of an unknown version', `\x93NUMPY\x09\0\x10\0{'descr': '<f8'}`, undefined],
    ['a header of safetensors that is longer than the file', `\xff\0\0\0\0\0\0\0{"a":{}}`, undefined],
    ['a header of safetensors that is no object', `\x08\0\0\0\0\0\0\0["a","b"]`, undefined],
    ['an empty file of safetensors', `\x02\0\0\0\0\0\0\0{}`, 'safetensors'],
    ['HDF5 of an unknown version', `\x89HDF\r\n\x1a\n\x04${'\0'.repeat(40)}`, undefined],
    ['HDF5 behind a user block', `${'\0'.repeat(512)}\x89HDF\r\n\x1a\n${'\0'.repeat(40)}`, 'hdf5'],
    ['a model of LightGBM with line ends of Windows', 'tree\r\nversion=v3\r\nnum_class=1\r\n', 'lightgbm'],
    ['a text about a tree', 'tree\nversion=v4\nof a file', undefined],
    [
      'a model of XGBoost with white space',
      '{ "learner": { "objective": {} }, "version": [1, 7, 0] }\n',
      'xgboost-json',
    ],
    ['another JSON with a learner', '{"learner":{"objective":"mse"},"version":"1.7"}', undefined],
  ] as const)('takes %s for what it is', async (_, text, format) => {
    expect(await formatOf(latin1(text))).toBe(format);
  });
});

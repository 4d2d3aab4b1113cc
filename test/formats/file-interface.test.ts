import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import { readInterface } from '../../src/formats/interface.js';
import { readForward } from '../../src/models/interface.js';
import type { SourceFile } from '../../src/models/source.js';
import { field, latin1, u32, u64 } from '../support/format-bytes.js';
import { FORMAT_FILES } from '../support/format-files.js';

const readOf = (bytes: Buffer) => async (start: number, end: number) => bytes.subarray(start, end);
const interfaceIn = (bytes: Buffer) => readInterface(readOf(bytes), bytes.length);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('what a small file of each format says', () => {
  const says: Record<string, unknown> = {
    'model.onnx': {
      inputs: { x: { dtype: 'float32', shape: [1] } },
      outputs: { y: { dtype: 'float32', shape: [1] } },
      metadata: {},
    },
    'model.gguf': { tensors: {}, metadata: { 'general.architecture': 'none' } },
    'model.safetensors': {
      tensors: { a: { dtype: 'F32', shape: [2, 2] }, b: { dtype: 'F16', shape: [3] } },
      metadata: {},
    },
  };
  it.each(Object.entries(FORMAT_FILES).map(([name, [, bytes]]) => [name, bytes] as const))(
    '%s',
    async (name, bytes) => {
      const found = await interfaceIn(Buffer.from(bytes));
      if (name in says) expect(Object.keys(plain(found))).toEqual(Object.keys(says[name] as object));
      else expect(found).toBeUndefined();
      if (name === 'model.onnx' || name === 'model.gguf') expect(plain(found)).toEqual(says[name]);
    },
  );
});

/** ValueInfoProto of a tensor; dimensions are numbers, names, or nothing. */
const value = (name: string, element: number, sizes: readonly (number | string | null)[] | undefined) =>
  Buffer.concat([
    field(1, name),
    field(2, [
      field(1, [
        field(1, element),
        ...(sizes === undefined
          ? []
          : [
              field(
                2,
                sizes.map((size) =>
                  field(1, size === null ? [] : [field(typeof size === 'number' ? 1 : 2, size)]),
                ),
              ),
            ]),
      ]),
    ]),
  ]);

describe('ONNX', () => {
  const model = (...graph: Buffer[]) =>
    Buffer.concat([
      field(1, 8),
      field(7, graph),
      field(8, [field(2, 13)]),
      field(14, [field(1, 'author'), field(2, 'Ann')]),
    ]);
  const weights = Buffer.alloc(300_000, 1).toString('latin1');

  it('names, dtypes and shapes, past the weights', async () => {
    const bytes = model(
      field(1, [field(4, 'Gemm')]),
      field(2, 'graph'),
      field(5, [field(1, 4), field(2, 1), field(8, 'w'), field(9, weights)]),
      field(11, [value('x', 1, ['batch', null, 4])]),
      field(11, [value('w', 11, [4])]),
      field(11, [value('free', 16, undefined)]),
      field(12, [value('y', 7, [])]),
      field(12, [field(1, 'many'), field(2, [field(4, [])])]),
    );
    expect(plain(await interfaceIn(bytes))).toEqual({
      inputs: {
        x: { dtype: 'float32', shape: ['batch', null, 4] },
        w: { dtype: 'float64', shape: [4], optional: true },
        free: { dtype: 'bfloat16' },
      },
      outputs: { y: { dtype: 'int64', shape: [] }, many: { dtype: 'sequence' } },
      metadata: { author: 'Ann' },
    });
  });

  it('a name that objects have is a name', async () => {
    const found = await interfaceIn(
      model(field(11, [value('__proto__', 1, [1])]), field(12, [value('y', 1, [1])])),
    );
    expect(Object.keys(found?.inputs ?? {})).toEqual(['__proto__']);
  });

  it('another message has none', async () => {
    expect(await interfaceIn(Buffer.concat([field(1, 8), field(2, 'x')]))).toBeUndefined();
  });
});

describe('GGUF', () => {
  const text = (content: string) => Buffer.concat([u64(content.length), latin1(content)]);
  const entry = (key: string, type: number, ...content: Buffer[]) =>
    Buffer.concat([text(key), u32(type), ...content]);

  it('values of every type, past lists, and tensors with the outermost dimension first', async () => {
    const values = [
      entry('small', 0, Buffer.from([7])),
      entry('name', 8, text('llama')),
      entry('tokens', 9, u32(8), u64(3), text('a'), text('bc'), text('')),
      entry('scores', 9, u32(6), u64(2), u32(0), u32(0)),
      entry('long', 10, u64(4096)),
      entry('yes', 7, Buffer.from([1])),
    ];
    const tensors = [
      Buffer.concat([text('embd'), u32(2), u64(4), u64(32000), u32(2), u64(0)]),
      Buffer.concat([text('norm'), u32(1), u64(4), u32(0), u64(64)]),
      Buffer.concat([text('new'), u32(0), u32(99), u64(64)]),
    ];
    const bytes = Buffer.concat([
      latin1('GGUF'),
      u32(3),
      u64(tensors.length),
      u64(values.length),
      ...values,
      ...tensors,
    ]);
    expect(plain(await interfaceIn(bytes))).toEqual({
      tensors: {
        embd: { dtype: 'q4_0', shape: [32000, 4] },
        norm: { dtype: 'float32', shape: [4] },
        new: { dtype: 'type 99', shape: [] },
      },
      metadata: { small: 7, name: 'llama', long: 4096, yes: true },
    });
    for (const length of [20, 60, bytes.length - 9])
      expect(await interfaceIn(bytes.subarray(0, length))).toBeUndefined();
  });

  it.each([
    ['an old version', [u32(1), u64(0), u64(0)]],
    ['the other order of bytes', [u32(3).reverse(), u64(0), u64(0)]],
    ['more values than there can be', [u32(3), u64(0), u64(2 ** 40)]],
    ['more tensors than there can be', [u32(3), u64(2 ** 40), u64(0)]],
    ['a text without end', [u32(3), u64(0), u64(1), u64(2 ** 50)]],
    ['a list of lists', [u32(3), u64(0), u64(1), entry('a', 9, u32(9), u64(1))]],
    ['a list without end', [u32(3), u64(0), u64(1), entry('a', 9, u32(8), u64(2 ** 40))]],
    ['a type that is not known', [u32(3), u64(0), u64(1), entry('a', 77)]],
  ])('nothing is known of %s', async (_what, parts) => {
    expect(await interfaceIn(Buffer.concat([latin1('GGUF'), ...parts]))).toBeUndefined();
  });
});

it('a broken safetensors file says so', async () => {
  const bytes = Buffer.concat([u64(20), latin1('{"a":{"dtype":"F32"}'), Buffer.alloc(4)]);
  await expect(interfaceIn(bytes)).rejects.toMatchObject({ code: 'INVALID_MODEL' });
});

describe('whatever the bytes', () => {
  const starts = [latin1('GGUF'), Buffer.concat([u64(40), latin1('{')]), Buffer.from([8, 8, 58])];
  it('only a broken model is reported, and nothing is fetched twice', async () => {
    const bytes = fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }))
      .map((parts) => Buffer.concat(parts));
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const found = await forwardInterface(content, 7, false).catch((error: unknown) => error);
        expect(
          found === undefined ||
            !(found instanceof Error) ||
            (found instanceof RegError && found.code === 'INVALID_MODEL'),
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** Reads a file as a source gives it away: in chunks, from its beginning or from the middle; counts the bytes that it sent. */
async function forwardInterface(bytes: Buffer, chunk: number, ranges: boolean, sent = { bytes: 0 }) {
  const file: SourceFile = {
    path: 'model',
    size: bytes.length,
    ranges,
    isHere: true,
    open: async ({ start, end } = { start: 0, end: bytes.length }) =>
      Readable.from(
        (function* () {
          for (let at = start; at < end; at += chunk) {
            const part = bytes.subarray(at, Math.min(end, at + chunk));
            sent.bytes += part.length;
            yield part;
          }
        })(),
        { highWaterMark: 1 },
      ),
  };
  const { read, close } = readForward(file);
  return readInterface(read, bytes.length).finally(close);
}

describe('reading forward', () => {
  const weights = Buffer.alloc(3_000_000, 1).toString('latin1');
  const bytes = Buffer.concat([
    field(1, 8),
    field(7, [
      ...[1, 2].map((index) => field(5, [field(8, `w${index}`), field(9, weights)])),
      field(11, [value('x', 1, [3])]),
      field(12, [value('y', 1, [3])]),
    ]),
  ]);

  it.each([1000, 65_536, 10_000_000])('chunks of %d bytes', async (chunk) => {
    const found = await forwardInterface(bytes, chunk, false);
    expect(plain(found).inputs).toEqual({ x: { dtype: 'float32', shape: [3] } });
  });

  it('what a source can leave out is not sent', async () => {
    const sent = { bytes: 0 };
    const found = await forwardInterface(bytes, 65_536, true, sent);
    expect(plain(found).outputs).toEqual({ y: { dtype: 'float32', shape: [3] } });
    expect(sent.bytes).toBeLessThan(bytes.length / 5);
  });
});

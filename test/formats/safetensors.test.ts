import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, type Tensors } from '../../src/formats/safetensors.js';
import { bitsOf, type Dtype, typedData } from '../../src/formats/tensors.js';
import { safetensorsOf } from '../support/format-files.js';
import { readerOf } from './reading.js';

const ROOT = new URL('../../', import.meta.url);

const open = (bytes: Uint8Array): Promise<Tensors> => readSafetensors(readerOf(bytes), bytes.length);

/** A tensor that is to be written. */
interface Written {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  bytes: Uint8Array;
}

/** A file of tensors, in their order, with the header padded by so many spaces. */
function write(
  tensors: readonly Written[],
  metadata?: Readonly<Record<string, string>>,
  padding = 0,
): Buffer {
  let at = 0;
  const entries = tensors.map(({ name, dtype, shape, bytes }) => {
    const about = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    return [name, about] as const;
  });
  const all = metadata === undefined ? entries : [['__metadata__', metadata] as const, ...entries];
  const members = all.map(([name, about]) => `${JSON.stringify(name)}:${stringified(about)}`);
  const header = `{${members.join(',')}}${' '.repeat(padding)}`;
  return safetensorsOf(header, Buffer.concat(tensors.map(({ bytes }) => bytes)));
}

/** As JSON, also where a name is `__proto__`. */
const stringified = (value: object): string =>
  `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`)}}`;

const DTYPES: readonly Dtype[] = [
  ...([
    'BOOL',
    'U8',
    'I8',
    'U16',
    'I16',
    'U32',
    'I32',
    'U64',
    'I64',
    'F16',
    'BF16',
    'F32',
    'F64',
    'C64',
  ] as const),
  ...(['F8_E5M2', 'F8_E4M3', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'F4', 'F6_E2M3', 'F6_E3M2'] as const),
];

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const names = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).filter((name) => !/\p{Surrogate}/u.test(name)),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '"', '\\'),
);
const tensor: fc.Arbitrary<Written> = fc
  .tuple(names, fc.constantFrom(...DTYPES), fc.array(fc.nat(5), { maxLength: 3 }))
  .filter(([name]) => name !== '__metadata__')
  // of values smaller than a byte whole bytes are kept
  .map(([name, dtype, shape]) => [name, dtype, bitsOf(dtype) < 8 ? [...shape, 4] : shape] as const)
  .chain(([name, dtype, shape]) =>
    bytesOf((shape.reduce((product, count) => product * count, 1) * bitsOf(dtype)) / 8).map((bytes) => ({
      ...{ name, dtype, shape, bytes },
    })),
  );
const file = fc.tuple(
  fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }),
  fc.option(fc.dictionary(names, names), { nil: undefined }),
  fc.nat(9),
);

describe('reading safetensors', () => {
  it('gives back what was written, whatever its names, shapes and values', async () => {
    await fc.assert(
      fc.asyncProperty(file, async ([tensors, metadata, padding]) => {
        const bytes = write(tensors, metadata, padding);
        const read = await open(bytes);
        expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata ?? {}).sort());
        expect([...read.names].sort()).toEqual(tensors.map(({ name }) => name).sort());
        for (const { name, dtype, shape, bytes } of tensors) {
          const one = await read.get(name);
          expect({ ...one, data: undefined }).toEqual({ name, dtype, shape, bytes, data: undefined });
        }
        const again = await Promise.all(read.names.map((name) => read.get(name)));
        expect(Buffer.concat(again.map(({ bytes }) => bytes))).toEqual(
          bytes.subarray(bytes.length - sizeOf(tensors)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('reads the models of the examples', async () => {
    const read = await open(readFileSync(new URL('fixtures/formats/model.safetensors', ROOT)));
    expect({ ...read.metadata }).toEqual({ format: 'np' });
    expect(read.names).toEqual(['weight', 'bias']);
    expect((await read.get('weight')).data).toEqual(new Float32Array([1, -2, 0.5, 0]));
    expect((await read.get('bias')).data).toEqual(new Float32Array([1, -2]));
    const path = 'fixtures/cost-prediction/models/linear_regression.safetensors';
    const model = await open(readFileSync(new URL(path, ROOT)));
    expect(model.names.length).toBeGreaterThan(0);
    for (const name of model.names) expect((await model.get(name)).data?.length).toBeGreaterThan(0);
  });

  it('reads a tensor wherever it begins, and when it is asked for alone', async () => {
    const asked: [number, number][] = [];
    const bytes = write(
      [
        { name: 'odd', dtype: 'U8', shape: [3], bytes: new Uint8Array([1, 2, 3]) },
        { name: 'wide', dtype: 'F64', shape: [1], bytes: new Uint8Array(new Float64Array([0.1]).buffer) },
      ],
      undefined,
      1,
    );
    const read = await readSafetensors(async (start, end) => {
      asked.push([start, end]);
      // also where a reader gives a part of a larger buffer, at most five bytes of it
      return bytes.subarray(start, Math.min(end, start + 5));
    }, bytes.length);
    expect(Math.max(...asked.map(([, end]) => end))).toBe(bytes.length - 11);
    const wide = await read.get('wide');
    expect(wide.data).toEqual(new Float64Array([0.1]));
    expect(Math.min(...asked.slice(-2).map(([start]) => start))).toBe(bytes.length - 8);
    expect(wide.data?.buffer).toBe(wide.bytes.buffer);
  });

  it('names the tensors in the order of their bytes, whatever the order of the header', async () => {
    const about = (start: number) =>
      JSON.stringify({ dtype: 'U8', shape: [1], data_offsets: [start, start + 1] });
    const header = `{"c":${about(2)},"a":${about(0)},"b":${about(1)}}`;
    const read = await open(safetensorsOf(header, new Uint8Array([7, 8, 9])));
    expect(read.names).toEqual(['a', 'b', 'c']);
    expect((await read.get('c')).bytes).toEqual(new Uint8Array([9]));
  });

  it('knows no tensor that is not in the file', async () => {
    const read = await open(readFileSync(new URL('fixtures/formats/model.safetensors', ROOT)));
    await expect(read.get('wieght')).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: "there is no tensor 'wieght' in the file",
      hint: "did you mean 'weight'?",
    });
    await expect(read.get('toString')).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    await expect(read.get('__proto__')).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    expect(read.metadata.constructor).toBeUndefined();
  });

  it('says so when the file became shorter', async () => {
    const bytes = readFileSync(new URL('fixtures/formats/model.safetensors', ROOT));
    const read = await readSafetensors(readerOf(bytes.subarray(0, -1)), bytes.length);
    await expect(read.get('bias')).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    expect((await read.get('weight')).bytes).toHaveLength(16);
  });
});

const sizeOf = (tensors: readonly Written[]): number =>
  tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);

describe('values', () => {
  it.each([
    ['BOOL', '0100', new Uint8Array([1, 0])],
    ['U8', '00ff', new Uint8Array([0, 255])],
    ['I8', '00ff', new Int8Array([0, -1])],
    ['U16', '0100ffff', new Uint16Array([1, 65535])],
    ['I16', '0100ffff', new Int16Array([1, -1])],
    ['U32', '01000000ffffffff', new Uint32Array([1, 4294967295])],
    ['I32', '01000000ffffffff', new Int32Array([1, -1])],
    ['U64', 'ffffffffffffffff', new BigUint64Array([2n ** 64n - 1n])],
    ['I64', 'feffffffffffffff', new BigInt64Array([-2n])],
    ['F32', '0000c03f', new Float32Array([1.5])],
    ['F64', '000000000000f83f', new Float64Array([1.5])],
    // IEEE 754 binary16: the largest, the smallest normal, the largest and the smallest subnormal, zero, infinity
    [
      'F16',
      'ff7b 0004 ff03 0100 0080 00fc 003e',
      new Float32Array([65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, -0, Number.NEGATIVE_INFINITY, 1.5]),
    ],
    ['BF16', 'c03f 80ff 49c0', new Float32Array([1.5, Number.NEGATIVE_INFINITY, -3.140625])],
  ] as const)('of %s are those of JavaScript, on machines of either order', (dtype, hex, data) => {
    const bytes = new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(typedData(dtype, bytes, 'LE')).toEqual(data);
    const width = bitsOf(dtype) / 8;
    // what a machine of the other order would read of its own bytes
    const other = Uint8Array.from(
      { length: bytes.length },
      (_, at) => bytes[at - (at % width) * 2 + width - 1] ?? 0,
    );
    expect(typedData(dtype, other, 'BE')).toEqual(data);
  });

  it('of F16 are right, all of them', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, index) => index);
    const data = typedData('F16', new Uint8Array(halves.buffer), 'LE');
    for (const half of halves) {
      const exponent = (half >> 10) & 0x1f;
      const fraction = half & 0x3ff;
      const sign = half & 0x8000 ? -1 : 1;
      const finite = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      const wanted = exponent < 0x1f ? finite : fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
      if (!Object.is(data?.[half], sign * wanted)) expect(data?.[half], `of ${half}`).toBe(sign * wanted);
    }
  });

  it.each(['C64', 'F8_E4M3', 'F8_E5M2', 'F4'] as const)('of %s have no array', (dtype) => {
    expect(typedData(dtype, new Uint8Array(8))).toBeUndefined();
  });
});

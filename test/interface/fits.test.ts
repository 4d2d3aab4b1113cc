import { describe, expect, test } from 'vitest';
import {
  contradictions,
  dtypeName,
  type ModelInterface,
  misfits,
  type Port,
  type Shape,
} from '../../src/formats/interface.js';

const f32 = (shape?: Shape): Port =>
  shape === undefined ? { dtype: 'float32' } : { dtype: 'float32', shape };
const takes = (x: Port): ModelInterface => ({ inputs: { x } });
const gives = (y: Port): ModelInterface => ({ outputs: { y } });
const said = (found: readonly { message: string }[]) => found.map(({ message }) => message);

describe('a model fits what a consumer sends', () => {
  test.each<[string, Port, Port, string | undefined]>([
    ['the same', f32([1, 3]), f32([1, 3]), undefined],
    ['any number is taken', f32(['batch', 3]), f32([8, 3]), undefined],
    ['any number is taken, and sent', f32(['batch', 3]), f32([null, 3]), undefined],
    ['names of dimensions do not count', f32(['n', 3]), f32(['batch', 3]), undefined],
    [
      'one number is taken, and any sent',
      f32([1, 3]),
      f32(['n', 3]),
      'dimension 1 may vary, and has to be 1',
    ],
    ['another number', f32(['n', 4]), f32(['n', 3]), 'dimension 2 is 3, and has to be 4'],
    ['fewer dimensions', f32(['n', 4]), f32([4]), 'it has 1 dimension, not 2'],
    ['a single value', f32([]), f32([1]), 'it has 1 dimension, not 0'],
    ['no shape is asked for', f32(), f32([4]), undefined],
    ['no shape is said to be sent', f32([4]), f32(), undefined],
    ['another dtype', f32([4]), { dtype: 'float64', shape: [4] }, 'the dtypes differ'],
    ['another name of the dtype', f32([4]), { dtype: 'F32', shape: [4] }, undefined],
  ])('%s', (_what, model, sent, reason) => {
    const found = said(misfits(takes(model), takes(sent)));
    expect(found.map((one) => one.split(': ').at(-1))).toEqual(reason === undefined ? [] : [reason]);
  });

  test('the message shows both', () => {
    expect(said(misfits(takes(f32(['n', 4])), takes(f32([null, 3]))))).toEqual([
      "input 'x' is float32[n, 4], and is sent as float32[?, 3]: dimension 2 is 3, and has to be 4",
    ]);
  });

  test.each<[string, ModelInterface, ModelInterface, string[]]>([
    [
      'an input that is not taken',
      { inputs: {} },
      takes(f32([3])),
      ["it takes no input 'x', which is sent as float32[3]"],
    ],
    [
      'an input that is needed',
      { inputs: { x: f32(), z: f32([1]) } },
      takes(f32()),
      ["it needs input 'z', float32[1], which is not sent"],
    ],
    [
      'an input that may be left out',
      { inputs: { x: f32(), z: { ...f32(), optional: true } } },
      takes(f32()),
      [],
    ],
    ['a consumer that says nothing of inputs', takes(f32()), {}, []],
    [
      'a model that says nothing',
      {},
      takes(f32()),
      ['nothing is known of its inputs: add interface: to the link'],
    ],
    [
      'a name that objects have',
      { inputs: {} },
      { inputs: JSON.parse('{"constructor":{"dtype":"x"}}') },
      ["it takes no input 'constructor', which is sent as x"],
    ],
  ])('%s', (_what, model, sent, expected) => {
    expect(said(misfits(model, sent))).toEqual(expected);
  });
});

describe('a model fits what a consumer reads', () => {
  test.each<[string, Port, Port, string | undefined]>([
    ['the same', f32([1, 3]), f32([1, 3]), undefined],
    ['any number is read', f32([8, 3]), f32(['n', 3]), undefined],
    [
      'any number is given, and one read',
      f32(['n', 3]),
      f32([1, 3]),
      'dimension 1 may vary, and has to be 1',
    ],
    ['another number', f32([1, 4]), f32([1, 3]), 'dimension 2 is 4, and has to be 3'],
    ['no shape is read', f32([1, 4]), f32(), undefined],
    ['nobody knows which shape is given', f32(), f32([1]), 'its shape is not known'],
  ])('%s', (_what, model, read, reason) => {
    const found = said(misfits(gives(model), gives(read)));
    expect(found.map((one) => one.split(': ').at(-1))).toEqual(reason === undefined ? [] : [reason]);
  });

  test('a missing output, and one that no consumer reads', () => {
    expect(said(misfits({ outputs: { other: f32() } }, gives(f32([3]))))).toEqual([
      "it gives no output 'y', which is read as float32[3]",
    ]);
  });

  test('tensors and metadata', () => {
    const model = { tensors: { w: f32([3]) }, metadata: { 'general.architecture': 'llama', length: 4096 } };
    const expected = {
      tensors: { w: f32([4]), b: f32([1]) },
      metadata: { 'general.architecture': 'bert', length: '4096', license: 'mit' },
    };
    expect(said(misfits(model, expected))).toEqual([
      "tensor 'w' is float32[3], and is read as float32[4]: dimension 1 is 3, and has to be 4",
      "it has no tensor 'b', which is read as float32[1]",
      "it says 'llama' for metadata 'general.architecture', where 'bert' is expected",
      "it says nothing of metadata 'license', where 'mit' is expected",
    ]);
  });
});

describe('the declaration equals the file', () => {
  const file: ModelInterface = {
    inputs: { x: f32(['N', 4]), w: { ...f32([4]), optional: true } },
    outputs: { y: f32(['N']) },
  };
  test.each<[string, ModelInterface, string[]]>([
    ['the same, by other names', { inputs: { x: { dtype: 'FLOAT', shape: [null, 4] } } }, []],
    ['without a shape', { inputs: { x: f32() } }, []],
    ['nothing', {}, []],
    [
      'another dtype',
      { inputs: { x: { dtype: 'int64' } } },
      ["input 'x' is declared as int64, and is float32[N, 4]: the dtypes differ"],
    ],
    [
      'a number where it may vary',
      { inputs: { x: f32([1, 4]) } },
      ["input 'x' is declared as float32[1, 4], and is float32[N, 4]: dimension 1 is 1, not N"],
    ],
    [
      'one that is not there, and one left out',
      { outputs: { z: f32() } },
      ["the file has no output 'z'", "output 'y' of the file, float32[N], is not declared"],
    ],
    ['what the format does not carry', { tensors: { t: f32() }, metadata: { a: 'b' } }, []],
  ])('%s', (_what, declared, expected) => {
    expect(said(contradictions(declared, file))).toEqual(expected);
  });

  test('of tensors and metadata some may be declared', () => {
    const found: ModelInterface = {
      tensors: { a: f32([1]), b: f32([2]) },
      metadata: { version: 1, by: 'x' },
    };
    expect(
      said(contradictions({ tensors: { b: f32([3]) }, metadata: { version: '1', at: 'y' } }, found)),
    ).toEqual([
      "tensor 'b' is declared as float32[3], and is float32[2]: dimension 1 is 3, not 2",
      "metadata 'at' is declared as 'y', and the file does not say it",
    ]);
  });
});

test.each([
  ['FLOAT', 'float32'],
  ['double', 'float64'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['Q4_K', 'q4_k'],
  ['constructor', 'constructor'],
])('%s is %s', (text, name) => {
  expect(dtypeName(text)).toBe(name);
});

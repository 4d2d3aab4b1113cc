import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import { readSafetensors, type Tensors } from '../../src/formats/safetensors.js';
import { latin1, u64 } from '../support/format-bytes.js';
import { FORMAT_FILES, safetensorsOf } from '../support/format-files.js';
import { endless, readerOf } from './reading.js';

const open = (bytes: Uint8Array): Promise<Tensors> => readSafetensors(readerOf(bytes), bytes.length);

/** A file of one tensor of four bytes, with this about it. */
const of = (about: string): Buffer => safetensorsOf(`{"t":{${about}}}`, Buffer.alloc(4));

describe('a file that is no valid safetensors file is refused:', () => {
  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /0 bytes/],
    ['less than a length', Buffer.alloc(7), /7 bytes/],
    ['no header', u64(0), /does not begin with '\{'/],
    ['a header longer than the file', Buffer.concat([u64(3), latin1('{}')]), /3 bytes, but only 2 follow/],
    [
      'a header longer than any',
      Buffer.concat([u64(2n ** 64n - 1n), latin1('{}')]),
      /18446744073709551615 bytes/,
    ],
    ['a list', safetensorsOf('[]'), /does not begin with '\{'/],
    ['white space before the header', safetensorsOf(' {}'), /does not begin with '\{'/],
    ['a mark of the order of bytes', safetensorsOf('\ufeff{}'), /does not begin with '\{'/],
    ['no UTF-8', safetensorsOf(latin1('{"\xff":1}')), /is not UTF-8/],
    ['a header that is cut off', safetensorsOf('{'), /'"' is expected at character 1/],
    ['a string that is cut off', safetensorsOf('{"a'), /malformed string at character 1/],
    ['a string with a line feed', safetensorsOf('{"a\n":{}}'), /malformed string/],
    ['half a character', safetensorsOf('{"\\ud800":{}}'), /malformed string/],
    ['a comma too many', safetensorsOf('{"__metadata__":{},}'), /'"' is expected/],
    ['two objects', safetensorsOf('{}{}'), /more than an object in its header, at character 2/],
    ['zeros behind the header', safetensorsOf('{}\0'), /more than an object/],
    ['metadata that is no object', safetensorsOf('{"__metadata__":null}'), /'\{' is expected/],
    ['metadata that is no text', safetensorsOf('{"__metadata__":{"a":1}}'), /'"' is expected/],
    [
      'metadata twice',
      safetensorsOf('{"__metadata__":{},"__metadata__":{}}'),
      /'__metadata__' is in its header twice/,
    ],
    [
      'a name of metadata twice',
      safetensorsOf('{"__metadata__":{"a":"","\\u0061":""}}'),
      /'a' is in its header twice/,
    ],
    ['a tensor that is nothing', safetensorsOf('{"t":null}'), /'\{' is expected/],
    ['no dtype', of('"shape":[4],"data_offsets":[0,4]'), /'t' lacks/],
    ['no shape', of('"dtype":"U8","data_offsets":[0,4]'), /'t' lacks/],
    ['no offsets', of('"dtype":"U8","shape":[4]'), /'t' lacks/],
    ['an unknown dtype', of('"dtype":"U4","shape":[4],"data_offsets":[0,4]'), /unknown dtype 'U4'/],
    ['a dtype of every object', of('"dtype":"toString","shape":[4],"data_offsets":[0,4]'), /unknown dtype/],
    [
      'a member of its own',
      of('"dtype":"U8","shape":[4],"data_offsets":[0,4],"strides":[1]'),
      /'strides' that is not/,
    ],
    [
      'a member twice',
      of('"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]'),
      /'dtype' is in its header twice/,
    ],
    ['a NaN in a shape', of('"dtype":"U8","shape":[NaN],"data_offsets":[0,4]'), /natural number is expected/],
    ['a null in a shape', of('"dtype":"U8","shape":[null],"data_offsets":[0,4]'), /natural number/],
    ['a negative shape', of('"dtype":"U8","shape":[-1,-4],"data_offsets":[0,4]'), /natural number/],
    ['a fraction', of('"dtype":"U8","shape":[4.0],"data_offsets":[0,4]'), /natural number/],
    ['an exponent', of('"dtype":"U8","shape":[4e0],"data_offsets":[0,4]'), /natural number/],
    ['a leading zero', of('"dtype":"U8","shape":[04],"data_offsets":[0,4]'), /natural number/],
    [
      'a number beyond 2^53',
      of('"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,4]'),
      /natural number/,
    ],
    [
      'a number of 400 digits',
      of(`"dtype":"U8","shape":[${'9'.repeat(400)}],"data_offsets":[0,4]`),
      /natural number/,
    ],
    [
      'a product beyond 2^53',
      of('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]'),
      /too large, or ends within a byte/,
    ],
    [
      'such a product times nothing',
      safetensorsOf('{"t":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}'),
      /too large, or ends within a byte/,
    ],
    ['half a byte', of('"dtype":"F4","shape":[7],"data_offsets":[0,4]'), /too large, or ends within a byte/],
    [
      'a shape that is too small',
      of('"dtype":"U8","shape":[3],"data_offsets":[0,4]'),
      /has 4 bytes, but its shape asks for 3/,
    ],
    ['a shape that is too large', of('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), /asks for 8/],
    ['a negative offset', of('"dtype":"U8","shape":[4],"data_offsets":[-4,0]'), /natural number/],
    [
      'offsets the other way round',
      of('"dtype":"U8","shape":[4],"data_offsets":[4,0]'),
      /not a beginning and an end/,
    ],
    ['one offset', of('"dtype":"U8","shape":[4],"data_offsets":[4]'), /not a beginning and an end/],
    ['three offsets', of('"dtype":"U8","shape":[4],"data_offsets":[0,4,4]'), /not a beginning and an end/],
    [
      'a hole before',
      of('"dtype":"U8","shape":[3],"data_offsets":[1,4]'),
      /begins at byte 1 of the data, where byte 0/,
    ],
    [
      'a hole behind',
      of('"dtype":"U8","shape":[3],"data_offsets":[0,3]'),
      /have 3 bytes, but the file has 4/,
    ],
    [
      'bytes beyond the end',
      of('"dtype":"U8","shape":[5],"data_offsets":[0,5]'),
      /have 5 bytes, but the file has 4/,
    ],
    ['no tensors for the bytes', safetensorsOf('{}', Buffer.alloc(4)), /have 0 bytes, but the file has 4/],
    [
      'an overlap',
      safetensorsOf(
        '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
        Buffer.alloc(4),
      ),
      /'b' begins at byte 2 of the data, where byte 3/,
    ],
    [
      'a tensor twice',
      safetensorsOf(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /'a' is in its header twice/,
    ],
  ])('%s', async (_, bytes, message) => {
    const error = await open(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RegError);
    expect(error).toMatchObject({ code: 'INVALID_MODEL', message: expect.stringMatching(message) });
  });

  it('a name of any length, which is cut off where it is shown', async () => {
    const error = await open(safetensorsOf(`{"${'x'.repeat(100_000)}":{}}`)).catch(
      (thrown: RegError) => thrown,
    );
    expect((error as RegError).message.length).toBeLessThan(200);
  });

  it('any file that ends too early', async () => {
    const [, bytes = Buffer.alloc(0)] = FORMAT_FILES['model.safetensors'] ?? [];
    expect((await open(bytes)).names).toHaveLength(2);
    for (let length = 0; length < bytes.length; length += 1)
      await expect(open(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'INVALID_MODEL' });
  });
});

describe('whatever the bytes', () => {
  /** Reads all that a file holds, or refuses it as it should. */
  async function readAll(bytes: Uint8Array): Promise<void> {
    try {
      const tensors = await open(bytes);
      for (const name of tensors.names) await tensors.get(name);
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_MODEL' });
    }
  }

  it('nothing but a refusal comes of random ones', async () => {
    const json = fc.json({ maxDepth: 6 }).map((text) => safetensorsOf(text));
    const files = fc.oneof(fc.uint8Array({ maxLength: 200 }), json);
    await fc.assert(fc.asyncProperty(files, readAll), { numRuns: 1000 });
  });

  it('nothing but a refusal comes of a changed one', async () => {
    const [, bytes = Buffer.alloc(0)] = FORMAT_FILES['model.safetensors'] ?? [];
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of all) changed[at] = byte;
        await readAll(changed);
      }),
      { numRuns: 1000 },
    );
  });

  it('no more is read than a header may have', async () => {
    const huge = endless(u64(2n ** 40n));
    await expect(readSafetensors(huge.read, 2 ** 50)).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    expect(huge.asked.all).toBe(8);
    const claimed = endless(Buffer.concat([u64(1000), latin1('{"t":{"dtype":"U8"')]));
    await expect(readSafetensors(claimed.read, 2 ** 50)).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    expect(claimed.asked.all).toBe(1008);
  });

  it('deep nesting is refused where it begins', async () => {
    for (const nested of ['[', '{"a":', '{"a":[[']) {
      const header = `{"t":{"shape":${nested.repeat(2_000_000)}`;
      await expect(open(safetensorsOf(header))).rejects.toMatchObject({ code: 'INVALID_MODEL' });
    }
  });

  it('a hundred thousand tensors are read', async () => {
    const about = '{"dtype":"U8","shape":[1],"data_offsets":';
    const members = Array.from(
      { length: 100_000 },
      (_, index) => `"${index}":${about}[${index},${index + 1}]}`,
    );
    const tensors = await open(safetensorsOf(`{${members.join(',')}}`, Buffer.alloc(100_000, 7)));
    expect(tensors.names).toHaveLength(100_000);
    expect((await tensors.get('99999')).bytes).toEqual(new Uint8Array([7]));
  });

  it('a tensor that is larger than memory is too large', async () => {
    const size = 2 ** 48;
    const header = Buffer.from(`{"t":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]}}`);
    const { read } = endless(safetensorsOf(header));
    const tensors = await readSafetensors(read, 8 + header.length + size);
    await expect(tensors.get('t')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

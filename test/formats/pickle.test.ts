import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPCODES } from '../../src/formats/pickle.js';
import { recogniseFormat } from '../../src/formats/recognise.js';
import { latin1, u32 } from '../support/format-bytes.js';
import { PICKLES } from '../support/format-pickles.js';
import { endless, readerOf } from './reading.js';

const formatOf = (bytes: Uint8Array) => recogniseFormat(readerOf(bytes), bytes.length);

describe('pickles', () => {
  it('have 68 opcodes, all but MARK, POP and STOP in the table', () => {
    expect(OPCODES.size).toBe(68 - 3);
  });

  it.each([
    ['None', '\x80\x02N.', 'pickle'],
    ['a list in a dictionary', '\x80\x03}q\x00X\x01\x00\x00\x00aq\x01]q\x02(K\x01K\x02es.', 'pickle'],
    ['one that is followed by another', '\x80\x02N.\x80\x02N.', 'pickle'],
    ['a mark that is popped', '\x80\x02(0N.', 'pickle'],
    ['a protocol that is not known', '\x80\x06N.', undefined],
    ['a value that is not there', '\x80\x02.', undefined],
    ['a tuple of fewer values still', '\x80\x02N\x86N.', undefined],
    ['a name for a value that is not there', '\x80\x02q\x00N.', undefined],
    ['an object of no class', '\x80\x02(o.', undefined],
    ['a tuple of too few values', '\x80\x02N\x86.', undefined],
    ['a list without a mark', '\x80\x02]K\x01e.', undefined],
    ['an opcode that is not known', '\x80\x02N\xff.', undefined],
    ['an argument beyond the end', '\x80\x02X\xff\x00\x00\x00abc.', undefined],
    ['one that was cut off', '\x80\x02]q\x00(K\x01', undefined],
    ['one that breaks off when it has called', '\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R\xff', 'pickle'],
    ['a call in text', "cos\nsystem\n(S'id'\ntR.", 'pickle'],
    ['a call of old classes in text', "(S'id'\nios\nsystem\n.", 'pickle'],
    ['a call in text with something behind it', "cos\nsystem\n(S'id'\ntR.\n", undefined],
    ['a value in text, which is a text as well', 'N.', undefined],
    ['words, a line each', '(its\nmine\n', undefined],
    ['a list of words', 'cat\ndog\n.\n', undefined],
    ['a number', '42\n', undefined],
    ['names that no program has', "c'os'\nsystem\n)R.", undefined],
  ])('%s', async (_, text, format) => {
    expect(await formatOf(latin1(text))).toBe(format);
  });

  it('are followed past what is in them, however large', async () => {
    const large = Buffer.concat([latin1('\x80\x03B'), u32(2 ** 31), Buffer.alloc(100)]);
    const { read, asked } = endless(large);
    // the zeros behind two GiB of bytes are no opcodes
    expect(await recogniseFormat(read, 2 ** 32)).toBeUndefined();
    expect(asked.all).toBeLessThan(32 * 1024);
    const bytes = Buffer.alloc(100_000);
    const whole = Buffer.concat([latin1('\x80\x03B'), u32(bytes.length), bytes, latin1('q\x00.')]);
    expect(await formatOf(whole)).toBe('pickle');
  });

  it('are pickles where they go on for longer than is read', async () => {
    const numbers = Buffer.alloc(400_000, 'K\x01');
    const long = Buffer.concat([latin1('\x80\x02]('), numbers, latin1('e.')]);
    const { read, asked } = endless(long);
    expect(await recogniseFormat(read, long.length)).toBe('pickle');
    expect(asked.all).toBeLessThan(200 * 1024);
    const text = Buffer.from(`ccollections\nOrderedDict\n(tR(S'${'x'.repeat(50_000)}'\nd.`);
    expect(await formatOf(text)).toBe('pickle');
    expect(await formatOf(Buffer.from(`V${'x'.repeat(50_000)}\n.`))).toBeUndefined();
  });

  it('of joblib are recognised where their first array comes early', async () => {
    const later = latin1(`\x80\x04]\x94(${'K\x01'.repeat(100_000)}\x8c\x13joblib.numpy_pickle`);
    expect(await formatOf(later)).toBe('pickle');
    const old = latin1('\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\nq\x00)\x81q\x01');
    expect(await formatOf(old)).toBe('joblib');
    expect(await formatOf(latin1('Vjoblib.numpy_pickle is a module\n'))).toBeUndefined();
  });

  it('are no pickles with a random tail, unless they called something before', async () => {
    const tails = fc.tuple(fc.constantFrom(2, 3, 4, 5), fc.uint8Array({ minLength: 1, maxLength: 64 }));
    await fc.assert(
      fc.asyncProperty(tails, async ([protocol, tail]) => {
        const file = Buffer.concat([latin1('\x80'), Buffer.from([protocol]), Buffer.from([0xff]), tail]);
        expect(await formatOf(file)).toBeUndefined();
        // behind a whole one nothing counts any more
        const whole = PICKLES[protocol as 2 | 3 | 4 | 5];
        expect(await formatOf(Buffer.concat([whole, tail]))).toBe('pickle');
      }),
      { numRuns: 500 },
    );
  });
});

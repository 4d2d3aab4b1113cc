import { describe, expect, test } from 'vitest';
import { RegError } from '../../src/errors.js';
import { decodePktLines, encodePktLines } from '../../src/git/remote/protocol-v2.js';

const failed = (why: string): RegError => new RegError('REMOTE_FAILED', why);

async function decode(...chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  async function* sent(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: string[] = [];
  for await (const line of decodePktLines(sent(), failed))
    lines.push(typeof line === 'string' ? `<${line}>` : line.toString());
  return lines;
}

describe('lines of git’s protocols', () => {
  const TEXT = '0006a\n0000000bfoobar\n000100040002';
  const LINES = ['a\n', '<flush>', 'foobar\n', '<delimiter>', '', '<response-end>'];

  test('are taken apart', async () => {
    expect(await decode(TEXT)).toEqual(LINES);
  });

  test('wherever the network cuts them', async () => {
    for (let at = 0; at <= TEXT.length; at += 1)
      expect(await decode(TEXT.slice(0, at), TEXT.slice(at))).toEqual(LINES);
    expect(await decode(...TEXT)).toEqual(LINES);
  });

  test('are put together as git reads them', () => {
    expect(encodePktLines(['command=ls-refs', 'delimiter', 'peel', 'ü', 'flush']).toString()).toBe(
      '0014command=ls-refs\n00010009peel\n0007ü\n0000',
    );
  });

  test.each(['<html>', '0003', 'zzzz', '-001', '0x10', '00 6'])('%j is no pkt-line', async (text) => {
    await expect(decode(text)).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      message: 'the server did not answer with the git protocol',
    });
  });

  test.each(['0', '000', '0006', '0006a'])('a stream that ends at %j is an error', async (text) => {
    await expect(decode(text)).rejects.toMatchObject({ message: 'the response breaks off' });
  });
});

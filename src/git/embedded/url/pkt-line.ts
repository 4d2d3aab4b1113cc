import type { RegError } from '../../../errors.js';

/** A line of git's protocols, or one of the marks between lines (gitprotocol-common(5), gitprotocol-v2(5)). */
export type PktLine = Buffer | 'flush' | 'delimiter' | 'response-end';

const MARKS: Record<number, Exclude<PktLine, Buffer>> = { 0: 'flush', 1: 'delimiter', 2: 'response-end' };
const LENGTH_BYTES = 4;

/** Writes lines: four hexadecimal digits for the length, these included, and the content. */
export function encodeLines(lines: readonly (string | 'flush' | 'delimiter')[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      if (line === 'flush') return Buffer.from('0000');
      if (line === 'delimiter') return Buffer.from('0001');
      const content = Buffer.from(`${line}\n`);
      const length = (content.length + LENGTH_BYTES).toString(16).padStart(LENGTH_BYTES, '0');
      return Buffer.concat([Buffer.from(length), content]);
    }),
  );
}

/**
 * Takes lines off what a server sends.
 * @param failed makes the error for an answer that is something else, or breaks off inside a line
 */
export async function* decodeLines(
  chunks: AsyncIterable<Uint8Array>,
  failed: (why: string) => RegError,
): AsyncGenerator<PktLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES) {
      const digits = rest.toString('latin1', 0, LENGTH_BYTES);
      const length = Number.parseInt(digits, 16);
      const mark = MARKS[length];
      if (!/^[0-9a-f]{4}$/i.test(digits) || (length < LENGTH_BYTES && mark === undefined))
        throw failed('its answer is none of git');
      if (length > rest.length) break;
      yield mark ?? rest.subarray(LENGTH_BYTES, length);
      rest = rest.subarray(Math.max(length, LENGTH_BYTES));
    }
  }
  if (rest.length > 0) throw failed('its answer breaks off');
}

/** A line as text, without the line end that it may have. */
export const textOf = (line: Buffer): string => line.toString().replace(/\n$/, '');

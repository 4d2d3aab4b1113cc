import type { Peek } from './peek.js';
import type { Argument } from './pickle-opcodes.js';

/** Goes through a file from its beginning, in chunks, past what is not looked at. */
export interface PickleCursor {
  /** The next byte; undefined at the end. */
  byte(): Promise<number | undefined>;
  /**
   * Goes past an argument. Gives its text where it is short or a line, '' otherwise, and undefined where it is none or does
   * not end in the file.
   */
  argument(kind: Argument): Promise<string | undefined>;
  /** Whether as much was read as may be, so that the file goes on unread. */
  isSpent(): boolean;
  isAtEnd(): boolean;
}

const CHUNK = 4096;
const MOST_CHUNKS = 32;
/** Longer than any name that is looked for. */
const SHORT = 256;

/** Begins at the beginning. */
export function pickleCursor(file: Peek): PickleCursor {
  let at = 0;
  let chunk = file.head;
  let chunkStart = 0;
  let read = 0;

  /** Up to `length` bytes from here, undefined when nothing more may be read. */
  const look = async (length: number): Promise<Buffer | undefined> => {
    if (at + length > chunkStart + chunk.length && chunkStart + chunk.length < file.size) {
      if (read === MOST_CHUNKS) return undefined;
      read += 1;
      chunk = await file.at(at, CHUNK);
      chunkStart = at;
    }
    return chunk.subarray(at - chunkStart, at - chunkStart + length);
  };
  const take = async (length: number): Promise<Buffer | undefined> => {
    const bytes = await look(length);
    if (bytes === undefined || bytes.length < length) return undefined;
    at += length;
    return bytes;
  };
  const skip = async (length: number): Promise<string | undefined> => {
    if (at + length > file.size) return undefined;
    const bytes = length > SHORT ? Buffer.alloc(0) : await look(length);
    at += length;
    return bytes?.toString('latin1');
  };
  const line = async (): Promise<string | undefined> => {
    const bytes = await look(CHUNK);
    const end = bytes?.indexOf('\n') ?? -1;
    if (end >= 0) return (await take(end + 1))?.toString('utf8', 0, end);
    // a line that long is an array in text, and nothing behind it tells more
    if (bytes?.length === CHUNK) read = MOST_CHUNKS;
    return undefined;
  };

  return {
    byte: async () => (await take(1))?.[0],
    argument: async (kind) => {
      switch (kind) {
        case 'length1':
        case 'length4':
        case 'length8': {
          const length = await take(Number(kind.slice(-1)));
          return length && skip(lengthOf(length));
        }
        case 'line':
          return line();
        case 'number':
          return matching(await line(), NUMBER);
        case 'names': {
          const module = matching(await line(), NAME);
          const name = module && matching(await line(), NAME);
          return name && `${module}\n${name}`;
        }
        default:
          return kind === 0 ? '' : skip(kind);
      }
    },
    isSpent: () => read === MOST_CHUNKS,
    isAtEnd: () => at >= file.size,
  };
}

const NUMBER = /^[-+\w.]+$/;
/** Dotted, with what Python puts into the names of functions in functions. */
const NAME = /^[^\W\d][\w.<>]*$/u;

const matching = (text: string | undefined, pattern: RegExp): string | undefined =>
  text !== undefined && pattern.test(text) ? text : undefined;

/** Little-endian; one that is not exact is beyond every file. */
const lengthOf = (bytes: Buffer): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);

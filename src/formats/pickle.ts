import type { Peek } from './read-at.js';
import type { Format } from './recognise.js';

/** How far a pickle was followed. */
interface Walk {
  /** `stop`: to its end. `on`: it continues beyond the part that is read. `broken`: to bytes that a pickle cannot hold. */
  end: 'stop' | 'on' | 'broken';
  /** Whether the file ends where the pickle does. */
  isWhole: boolean;
  /** Whether it called something on the way. */
  called: boolean;
  isJoblib: boolean;
}

/** The first pickle of a file of `torch.save` before 1.6: one long integer (PyTorch, torch/serialization.py, MAGIC_NUMBER). */
const OLD_TORCH = Buffer.from('8a0a6cfc9c46f9206aa850192e', 'hex');
const PROTO = 0x80;
const MARK = 0x28;
const POP = 0x30;
const STOP = 0x2e;

/**
 * Recognises pickles by their opcodes and the number of values on the stack. Nothing is run (CPython, Lib/pickletools.py).
 * - Protocols 2 to 5 begin with their number. A truncated one counts if it called something before: loading it runs that call.
 * - Protocols 0 and 1 have no signature, and a text may look like one. They count if they call something by name and end with
 *   the file.
 * - A joblib file is a pickle with the bytes of arrays in between, each after a NumpyArrayWrapper (joblib, numpy_pickle.py). It
 *   counts as a plain pickle where the first array comes late.
 */
export async function pickleFormat(file: Peek): Promise<Format | undefined> {
  const [first = 0, protocol = 0] = file.head;
  const hasProtocol = first === PROTO && protocol >= 2 && protocol <= 5;
  if (hasProtocol && file.head.subarray(2, 2 + OLD_TORCH.length).equals(OLD_TORCH)) return 'torch';
  const { end, isWhole, called, isJoblib } = await walk(file);
  if (hasProtocol && isJoblib) return 'joblib';
  if (hasProtocol) return end !== 'broken' || called ? 'pickle' : undefined;
  return called && (end === 'on' || (end === 'stop' && isWhole)) ? 'pickle' : undefined;
}

async function walk(file: Peek): Promise<Walk> {
  const cursor = pickleCursor(file);
  const stack = pickleStack();
  let called = false;
  const ended = (end: Walk['end'], isJoblib = false): Walk => ({
    end: end === 'broken' && cursor.isSpent() && !cursor.isAtEnd() ? 'on' : end,
    isWhole: cursor.isAtEnd(),
    called,
    isJoblib,
  });
  for (let code = await cursor.byte(); code !== undefined; code = await cursor.byte()) {
    if (code === STOP) return ended(stack.pop() ? 'stop' : 'broken');
    if (code === MARK) stack.mark();
    else if (code === POP) {
      if (!stack.pop()) return ended('broken');
    } else {
      const opcode = OPCODES.get(code);
      const argument = opcode && (await cursor.argument(opcode.argument));
      if (opcode === undefined || argument === undefined || !stack.apply(opcode.effect))
        return ended('broken');
      if (argument.startsWith('joblib.numpy_pickle')) return ended('on', true);
      called ||= opcode.calls;
    }
  }
  return ended('broken');
}

/**
 * The argument of an opcode: a number of bytes; bytes after their length, which has 1, 4 or 8 bytes; or a line: any text, a
 * number, or two lines with names.
 */
type Argument = 0 | 1 | 2 | 4 | 8 | 'length1' | 'length4' | 'length8' | 'line' | 'number' | 'names';

/** The effect of an opcode on the stack. */
interface Effect {
  /** Values that it removes from the top. */
  takes: number;
  /** Whether it then removes the last mark and everything above it. */
  unmarks: boolean;
  /** Values that have to be below, and stay. */
  needs: number;
  /** Values that it pushes. */
  gives: number;
}

/** An opcode of a pickle. */
interface Opcode {
  argument: Argument;
  effect: Effect;
  /** Whether it calls a function that the pickle names. */
  calls: boolean;
}

const effect = (takes: number, gives: number, needs = 0): Effect => ({ takes, unmarks: false, needs, gives });
const unmark = (gives: number, needs = 0, takes = 0): Effect => ({ takes, unmarks: true, needs, gives });

const PUSH = effect(0, 1);
const PEEK = effect(0, 0, 1);

/** The opcodes of protocols 0 to 5 by their effect, except MARK, POP and STOP (CPython, Lib/pickletools.py). */
const GROUPS: readonly (readonly [codes: string, argument: Argument, effect: Effect])[] = [
  ['N\x88\x89)]}\x8f\x97', 0, PUSH],
  ['Kh\x82', 1, PUSH],
  ['M\x83', 2, PUSH],
  ['Jj\x84', 4, PUSH],
  ['G', 8, PUSH],
  ['CU\x8a\x8c', 'length1', PUSH],
  ['BTX\x8b', 'length4', PUSH],
  ['\x8d\x8e\x96', 'length8', PUSH],
  ['FILg', 'number', PUSH],
  ['PSV', 'line', PUSH],
  ['c', 'names', PUSH],
  ['\x94', 0, PEEK],
  ['q', 1, PEEK],
  ['r', 4, PEEK],
  ['p', 'number', PEEK],
  ['\x80', 1, effect(0, 0)],
  ['\x95', 8, effect(0, 0)],
  ['2', 0, effect(0, 1, 1)],
  ['\x85\x98Q', 0, effect(1, 1)],
  ['\x81\x86\x93Rb', 0, effect(2, 1)],
  ['\x87\x92', 0, effect(3, 1)],
  ['a', 0, effect(1, 0, 1)],
  ['s', 0, effect(2, 0, 1)],
  ['1', 0, unmark(0)],
  ['dlt\x91', 0, unmark(1)],
  ['eu\x90', 0, unmark(0, 1)],
  ['o', 0, unmark(1, 0, 1)],
  ['i', 'names', unmark(1)],
];

/** REDUCE, NEWOBJ, NEWOBJ_EX, OBJ and INST. BUILD may call too, but only methods of an object that one of these made. */
const CALLING = new Set('R\x81\x92oi');

/** The opcodes by their byte, except MARK, POP and STOP. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  GROUPS.flatMap(([codes, argument, effect]) =>
    [...codes].map((code) => [code.charCodeAt(0), { argument, effect, calls: CALLING.has(code) }] as const),
  ),
);

/** Reads a file forward in chunks and skips arguments. */
interface PickleCursor {
  /** The next byte; undefined at the end. */
  byte(): Promise<number | undefined>;
  /**
   * Skips an argument. The result is its text where it is short or a line, '' where it is long, and undefined where it is
   * malformed or ends beyond the file.
   */
  argument(kind: Argument): Promise<string | undefined>;
  /** Whether the limit for reading is reached. */
  isSpent(): boolean;
  isAtEnd(): boolean;
}

const CHUNK = 4096;
const MOST_CHUNKS = 32;
/** Longer than the names that are searched for. */
const SHORT = 256;

/** A cursor at the beginning of a file. */
function pickleCursor(file: Peek): PickleCursor {
  let at = 0;
  let chunk = file.head;
  let chunkStart = 0;
  let read = 0;

  /** Up to `length` bytes from here; undefined where the limit is reached. */
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
    // so long a line is an array in text, and what follows does not matter
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
/** A dotted name; Python writes `<locals>` into the names of functions inside functions. */
const NAME = /^[^\W\d][\w.<>]*$/u;

const matching = (text: string | undefined, pattern: RegExp): string | undefined =>
  text !== undefined && pattern.test(text) ? text : undefined;

/** A little-endian number. Above 2^53 it is not exact, and longer than any file. */
const lengthOf = (bytes: Buffer): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);

/** The number of values on the stack of a pickle. */
interface PickleStack {
  /** Applies an opcode; false where the stack does not hold what it needs. */
  apply(effect: Effect): boolean;
  mark(): void;
  /** Removes one value, or a mark where no value is above it (CPython, Lib/pickle.py, load_pop). */
  pop(): boolean;
}

/** An empty stack. */
function pickleStack(): PickleStack {
  /** Values above the last mark. */
  let above = 0;
  /** Values between the marks, the lowest first. */
  const below: number[] = [];
  const unmark = (): boolean => {
    const values = below.pop();
    if (values !== undefined) above = values;
    return values !== undefined;
  };
  return {
    apply: ({ takes, unmarks, needs, gives }) => {
      if (above < takes) return false;
      above -= takes;
      if (unmarks && !unmark()) return false;
      if (above < needs) return false;
      above += gives;
      return true;
    },
    mark: () => {
      below.push(above);
      above = 0;
    },
    pop: () => {
      if (above === 0) return unmark();
      above -= 1;
      return true;
    },
  };
}

/**
 * What follows an opcode: that many bytes; bytes with a length of 1, 4 or 8 bytes before them; or text up to a line feed, of
 * any kind, that is a number, or twice that is a name.
 */
export type Argument = 0 | 1 | 2 | 4 | 8 | 'length1' | 'length4' | 'length8' | 'line' | 'number' | 'names';

/** What an opcode does to the stack. */
export interface Effect {
  /** Values that it takes from the top. */
  takes: number;
  /** Whether it then takes the last mark, with all above it. */
  unmarks: boolean;
  /** Values that it needs to find under what it took, and leaves there. */
  needs: number;
  /** Values that it puts there. */
  gives: number;
}

/** An opcode of a pickle. */
export interface Opcode {
  argument: Argument;
  effect: Effect;
  /** Whether it calls what the pickle names. */
  calls: boolean;
}

const effect = (takes: number, gives: number, needs = 0): Effect => ({ takes, unmarks: false, needs, gives });
const unmark = (gives: number, needs = 0, takes = 0): Effect => ({ takes, unmarks: true, needs, gives });

const PUSH = effect(0, 1);
const PEEK = effect(0, 0, 1);

/** Every opcode of protocols 0 to 5 by what it does, but MARK, POP and STOP (CPython, Lib/pickletools.py). */
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

/** REDUCE, NEWOBJ, NEWOBJ_EX, OBJ and INST; BUILD may call too, but only what one of these has made. */
const CALLING = new Set('R\x81\x92oi');

/** The opcodes by their byte, but MARK, POP and STOP. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(
  GROUPS.flatMap(([codes, argument, effect]) =>
    [...codes].map((code) => [code.charCodeAt(0), { argument, effect, calls: CALLING.has(code) }] as const),
  ),
);

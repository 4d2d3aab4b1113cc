import type { ChalkInstance } from 'chalk';
import { selected } from './json-fields.js';
import { pieces } from './pieces.js';
import { clean, cleanJson, cleanLine } from './render/clean.js';
import { type ColorChoice, colorsFor } from './render/color.js';
import type { World } from './world.js';

/** How a command speaks: answers on standard output, everything else on standard error (SPEC §5). */
export interface Output {
  world: World;
  json: boolean;
  /** Whether nothing but the answer and errors is wanted. */
  isQuiet: boolean;
  color: ChalkInstance;
  /** Prints text that is safe already, such as a rendered table. */
  print(text: string): void;
  /** Prints a line of an answer. */
  line(text: string): void;
  /** Prints an answer as JSON. */
  data(value: unknown): void;
  /** Prints rows as JSON, made and written some at a time: there may be as many as tags. */
  rows<T>(all: readonly T[], row: (one: T) => unknown): void;
  /** Tells something worth knowing, unless `--quiet`. */
  note(text: string): void;
  /** Tells the next step, unless `--quiet` or `--json`. */
  hint(text: string): void;
}

/** The options that every command has. */
export interface GlobalOptions {
  repo?: string;
  json?: boolean;
  /** Which fields of a JSON answer are wanted; all of them without it. */
  fields?: readonly string[] | undefined;
  color?: ColorChoice;
  quiet?: boolean;
  verbose?: boolean;
}

/** Makes the output of one run. */
export function outputTo(
  world: World,
  { json = false, fields, color = 'auto', quiet = false }: GlobalOptions,
): Output {
  const wanted = (value: unknown): unknown => (fields === undefined ? value : selected(value, fields));
  const say = (text: string): void => void (quiet || world.stderr.write(`${clean(text)}\n`));
  return {
    world,
    json,
    isQuiet: quiet,
    color: colorsFor(world, color),
    print: (text) => void world.stdout.write(text),
    line: (text) => void world.stdout.write(`${cleanLine(text)}\n`),
    data: (value) => void world.stdout.write(`${cleanJson(wanted(value))}\n`),
    rows: (all, row) => {
      for (const [index, some] of pieces(all).entries()) {
        // the brackets are around all of them
        const text = cleanJson(wanted(some.map(row))).slice('[\n'.length, -'\n]'.length);
        world.stdout.write(index === 0 ? `[\n${text}` : `,\n${text}`);
      }
      world.stdout.write(all.length === 0 ? '[]\n' : '\n]\n');
    },
    note: (text) => say(text),
    hint: (text) => void (json || say(`hint: ${text}`)),
  };
}

import { Chalk, type ChalkInstance } from 'chalk';
import type { Field } from '../util/row.js';
import { clean, cleanJson, cleanLine } from './render/clean.js';
import { fieldLines, fieldsAlone } from './render/fields.js';
import { renderTable, type Table } from './render/table.js';
import type { World } from './world.js';

/** How a command speaks: answers on standard output, everything else on standard error. */
export interface Output {
  world: World;
  /** Whether the answer goes out as data for a program: in JSON, or as fields. */
  isData: boolean;
  /** Whether nothing but the answer and errors is wanted. */
  isQuiet: boolean;
  color: ChalkInstance;
  /** What was answered last, for the later steps of a job. */
  answered: unknown;
  /** Prints an answer: as data, or else the table or the lines that `shown` makes. */
  answer(value: unknown, shown: () => Shown | Promise<Shown>): Promise<void>;
  /** Prints text that is safe already, such as a rendered table. */
  print(text: string): void;
  /** Prints a line of an answer. */
  line(text: string): void;
  /** Prints an answer as data. */
  data(value: unknown): void;
  /** Prints rows as data, made and written some at a time: there may be as many as tags. */
  rows<T>(all: readonly T[], row: (one: T) => unknown): void;
  /** Prints what is worth knowing, unless `--quiet`. */
  note(text: string): void;
  /** Prints the next step, unless `--quiet` or `--json`. */
  hint(text: string): void;
}

/** An answer for people: a table, or lines. */
type Shown = Table | readonly string[];

/** The options that every command has. */
export interface GlobalOptions {
  repo?: string | undefined;
  /** The remote of a clone, by its name. */
  remote?: string | undefined;
  json?: boolean;
  /** Which fields of an answer are wanted, in JSON or each row in a line; all of them without it. */
  fields?: readonly string[] | undefined;
  /** What the command answers with. */
  answer?: Field | undefined;
  color?: ColorChoice;
  quiet?: boolean;
  verbose?: boolean;
  /** Whether JSON is on one line. */
  compact?: boolean;
  /** Of many commands: asks no remote. */
  offline?: boolean;
  /** Of commands that answer about one version: hands the answer to later steps of a job. */
  outputFormat?: OutputFormat | undefined;
  /** Of questions: fetches tags first. */
  fetch?: boolean;
}

/** How an answer reaches later steps of a job: `github` by the files that its runner names, the others on standard output. */
export type OutputFormat = 'github' | 'dotenv' | 'azure';

/** Whether the lines for a job take the place of the answer on standard output. */
export const takesPlace = (format: OutputFormat | undefined): boolean =>
  format === 'dotenv' || format === 'azure';

/** Makes the output of one run. */
export function outputTo(
  world: World,
  {
    json = false,
    fields,
    answer,
    color = 'auto',
    quiet = false,
    compact = false,
    outputFormat,
  }: GlobalOptions,
): Output {
  const wanted = (value: unknown): unknown => (fields === undefined ? value : fieldsAlone(value, fields));
  const isData = json || fields !== undefined;
  /** How data is written: undefined for JSON. */
  const asLines = !json && fields !== undefined ? fieldLines(fields, answer) : undefined;
  const say = (text: string): void => void (quiet || world.stderr.write(`${clean(text)}\n`));
  const out: Output = {
    world,
    isData,
    isQuiet: quiet,
    answered: undefined,
    color: colorsFor(world, color),
    answer: async (value, shown) => {
      out.answered = value;
      if (takesPlace(outputFormat)) return;
      if (isData) return out.data(value);
      const made = await shown();
      if ('rows' in made) out.print(await renderTable(made, out));
      else for (const line of made) out.line(line);
    },
    print: (text) => void world.stdout.write(text),
    line: (text) => void world.stdout.write(`${cleanLine(text)}\n`),
    data: (value) => void world.stdout.write(asLines?.(value) ?? `${cleanJson(wanted(value), compact)}\n`),
    rows: (all, row) => {
      if (asLines !== undefined) {
        for (const some of pieces(all)) world.stdout.write(asLines(some.map(row)));
        return;
      }
      if (compact) return out.data(all.map(row));
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
  return out;
}

/** So many rows are made and written at a time. */
const PIECE = 2000;

/** Rows in pieces that are small enough to be held as text. */
export const pieces = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / PIECE) }, (_, index) =>
    rows.slice(index * PIECE, (index + 1) * PIECE),
  );

/** How `--color` was given. */
type ColorChoice = 'auto' | 'always' | 'never';

/**
 * Colours for standard output, or none. `--color` decides; else FORCE_COLOR and CLICOLOR_FORCE, NO_COLOR (no-color.org),
 * CLICOLOR (bixense.com/clicolors) and whether it is a terminal.
 */
export function colorsFor(world: Pick<World, 'env' | 'isTTY'>, choice: ColorChoice): ChalkInstance {
  const wanted = choice === 'always' || (choice === 'auto' && isWanted(world));
  return new Chalk({ level: wanted ? 1 : 0 });
}

function isWanted({ env, isTTY }: Pick<World, 'env' | 'isTTY'>): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.CLICOLOR_FORCE && env.CLICOLOR_FORCE !== '0') return true;
  return !env.NO_COLOR && env.CLICOLOR !== '0' && env.TERM !== 'dumb' && isTTY;
}

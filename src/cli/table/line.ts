import { type CommandSpec, isCalled, isValueOptional, type OptionSpec, valueNameOf } from './command.js';
import { commandNamed, optionsOf } from './table.js';

/** A command line as the table reads it, complete or up to a cursor. The one reader of what was typed beside the parser. */
export interface Line {
  /** What was typed, with options by the names that they have now, and without the fields that `--json=<field,…>` names. */
  words: readonly string[];
  /** Those fields, and those that `--fields` names; undefined where none are named. */
  fields: readonly string[] | undefined;
  /** The first word that is neither an option nor its value. */
  name: string | undefined;
  /** The command of that name. */
  command: CommandSpec | undefined;
  /** The words behind it that are neither options nor their values. */
  positionals: readonly string[];
  /** The options that were typed, each with its value where it has one. */
  options: readonly TypedOption[];
  /** Words that look like options, but that the command does not have. */
  unknown: readonly string[];
  /** The option whose value is the next word. */
  open: OptionSpec | undefined;
  /** Whether `--` was typed: what comes behind is no option. */
  isClosed: boolean;
}

/** An option that was typed. */
export interface TypedOption {
  option: OptionSpec;
  value: string | undefined;
}

/** Whether an option was typed, by one of its names. */
export const hasOption = ({ options }: Line, name: string): boolean =>
  options.some(({ option }) => isCalled(option, name));

/** The value of an option, the last one where it was typed more than once. */
export const optionValue = ({ options }: Line, name: string): string | undefined =>
  options.findLast(({ option }) => isCalled(option, name))?.value;

/** Reads what was typed behind `reg`. */
export function readLine(argv: readonly string[]): Line {
  const words: string[] = [];
  const positionals: string[] = [];
  const options: TypedOption[] = [];
  const unknown: string[] = [];
  let fields: string[] | undefined;
  let name: string | undefined;
  let command: CommandSpec | undefined;
  let open: OptionSpec | undefined;
  let isClosed = false;
  for (const word of argv) {
    let kept = word;
    if (open !== undefined && isValueOptional(open.flags) && word.startsWith('-')) {
      options.push({ option: open, value: undefined });
      open = undefined;
    }
    if (open !== undefined) {
      options.push({ option: open, value: word });
      open = undefined;
    } else if (!isClosed && word === '--') isClosed = true;
    else if (!isClosed && word.startsWith('-') && word !== '-') {
      const specs = optionsOf(command);
      kept = byPresentName(word, specs);
      const { known, rest, waiting } = readOption(kept, specs);
      options.push(...known);
      const [{ option: { bare = undefined } = {}, value } = {}] = known;
      if (bare !== undefined && value === bare && !word.includes('=')) kept = `${word}=${bare}`;
      open = waiting;
      if (rest !== undefined) unknown.push(rest);
      if (word.startsWith(FIELDS)) {
        // they stand behind `=` alone: in `--json churn` the second word is an argument
        fields = [...(fields ?? []), ...namesIn(word.slice(FIELDS.length))];
        kept = FIELDS.slice(0, -1);
      }
    } else if (name === undefined) {
      name = word;
      command = commandNamed(word);
    } else positionals.push(word);
    words.push(kept);
  }
  const chosen = options.filter(({ option }) => isCalled(option, '--fields'));
  if (chosen.length > 0) fields = [...(fields ?? []), ...chosen.flatMap(({ value = '' }) => namesIn(value))];
  return { words, fields, name, command, positionals, options, unknown, open, isClosed };
}

const FIELDS = '--json=';

const namesIn = (fields: string): string[] => fields.split(',').map((field) => field.trim());

/** A word that names an option, by the name that the option has now: `--out=public` → `--output=public`. */
function byPresentName(word: string, options: readonly OptionSpec[]): string {
  const [, name = '', rest = ''] = /^([^=]*)(.*)$/s.exec(word) ?? [];
  const spec = options.find(({ earlier }) => Object.hasOwn(earlier ?? {}, name));
  return spec === undefined ? word : `${spec.earlier?.[name]}${rest}`;
}

interface ReadOption {
  known: TypedOption[];
  /** The option whose value is the next word. */
  waiting?: OptionSpec;
  /** What is no option. */
  rest?: string;
}

/** Reads one word of options: `--rev`, `--rev=v1`, `-q`, `-qv`, `-n5`. */
function readOption(word: string, options: readonly OptionSpec[]): ReadOption {
  const find = (name: string) => options.find((option) => isCalled(option, name));
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const option = find(equals < 0 ? word : word.slice(0, equals));
    if (option === undefined) return { known: [], rest: word };
    if (equals >= 0) return { known: [{ option, value: word.slice(equals + 1) }] };
    return isWaiting(option) ? { known: [], waiting: option } : { known: [{ option, value: option.bare }] };
  }
  const option = find(word.slice(0, 2));
  if (option === undefined) return { known: [], rest: word };
  const more = word.slice(2);
  if (isWaiting(option))
    return more === '' ? { known: [], waiting: option } : { known: [{ option, value: more }] };
  const own = { option, value: undefined };
  if (more === '') return { known: [own] };
  const others = readOption(`-${more}`, options);
  return { ...others, known: [own, ...others.known] };
}

const isWaiting = ({ flags, bare }: OptionSpec): boolean =>
  bare === undefined && valueNameOf(flags) !== undefined;

import { GLOBAL_OPTIONS } from '../tree/globals.js';
import { argumentsOf, type CommandSpec, type OptionSpec } from '../tree/spec.js';
import { commandNamed } from '../tree/tree.js';

/** What may stand where the cursor is. */
export type Wanted =
  | { kind: 'command' }
  | { kind: 'option'; command: CommandSpec | undefined; typed: readonly string[] }
  /** A value, such as a `stage`; `artifact` is the one that the line names already. */
  | {
      kind: 'value';
      of: string;
      choices?: readonly string[] | undefined;
      command: CommandSpec | undefined;
      artifact: string | undefined;
    }
  | { kind: 'nothing' };

/** One command line up to the cursor: which word is begun, what was typed of it, and what may stand there. */
export interface Cursor {
  wanted: Wanted;
  /** What the word begins with; behind `--stage=` only what comes after it. */
  prefix: string;
  /** What `--repo` says. */
  repo: string | undefined;
}

/** Finds what is wanted behind the words that were typed; the last one is the one that is begun. */
export function cursorIn(words: readonly string[]): Cursor {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const line = readWords(before);
  const equals = current.startsWith('--') ? current.indexOf('=') : -1;
  const open = equals < 0 ? line.open : optionNamed(line.command, current.slice(0, equals));
  const prefix = equals < 0 ? current : current.slice(equals + 1);
  return { prefix, repo: line.repo, wanted: wantedIn(line, open, equals < 0 ? current : '', before) };
}

interface Line {
  command: CommandSpec | undefined;
  /** The words that are neither options nor their values, without the command. */
  positionals: string[];
  /** The option that the next word is the value of. */
  open: OptionSpec | undefined;
  /** Whether `--` was typed: what comes behind is no option. */
  isClosed: boolean;
  repo: string | undefined;
}

function readWords(words: readonly string[]): Line {
  const line: Line = {
    command: undefined,
    positionals: [],
    open: undefined,
    isClosed: false,
    repo: undefined,
  };
  for (const word of words) {
    if (line.open !== undefined) {
      if (line.open.flags.includes('--repo')) line.repo = word;
      line.open = undefined;
    } else if (word === '--') line.isClosed = true;
    else if (!line.isClosed && word.startsWith('-')) {
      const found = optionNamed(line.command, word);
      line.open = found !== undefined && placeholderOf(found) !== undefined ? found : undefined;
      line.repo = /^--repo=(.*)$/.exec(word)?.[1] ?? line.repo;
    } else if (line.command === undefined) line.command = commandNamed(word);
    else line.positionals.push(word);
  }
  return line;
}

function wantedIn(
  line: Line,
  open: OptionSpec | undefined,
  current: string,
  before: readonly string[],
): Wanted {
  const { command, positionals, isClosed } = line;
  const artifact = artifactOf(line);
  if (open !== undefined) {
    // `--json=<field>` takes a value behind `=` only, which its flags do not say
    const of = placeholderOf({ flags: open.shown ?? open.flags });
    return of === undefined
      ? { kind: 'nothing' }
      : { kind: 'value', of, choices: open.choices, command, artifact };
  }
  if (current.startsWith('-') && !isClosed) return { kind: 'option', command, typed: before };
  if (command === undefined)
    return {
      kind: before.some((word) => !word.startsWith('-') && word !== line.repo) ? 'nothing' : 'command',
    };
  const all = argumentsOf(command);
  const argument = all[positionals.length] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
  if (argument === undefined) return { kind: 'nothing' };
  return { kind: 'value', of: argument.name, choices: command.choices?.[argument.name], command, artifact };
}

/** The artifact that the line names, for the versions and stages of exactly that one. */
function artifactOf({ command, positionals }: Line): string | undefined {
  if (command === undefined) return undefined;
  const index = argumentsOf(command).findIndex(({ name }) => name === 'artifact' || name === 'from');
  return positionals[index]?.split(/[@#]/, 1)[0];
}

/** The options that a command takes, the global ones too. */
export const optionsOf = (command: CommandSpec | undefined): OptionSpec[] => [
  ...(command?.options ?? []),
  ...GLOBAL_OPTIONS,
];

function optionNamed(command: CommandSpec | undefined, word: string): OptionSpec | undefined {
  return optionsOf(command).find(({ flags }) => namesOf(flags).includes(word));
}

/** `-o, --output <path>` → `-o`, `--output`. */
export const namesOf = (flags: string): string[] =>
  flags.split(/[ ,|]+/).filter((word) => word.startsWith('-'));

const placeholderOf = ({ flags }: { flags: string }): string | undefined => /<(.*)>/.exec(flags)?.[1];

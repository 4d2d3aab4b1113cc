import { parseTime } from '../../domain/time.js';
import type { Field } from '../../util/row.js';
import type { Session } from '../session.js';

/** What runs a command. It gives its exit code, 0 when it gives none. */
// biome-ignore lint/suspicious/noConfusingVoidType: most commands end well and return nothing
export type Run = (session: Session, ...rest: never[]) => Promise<number | void>;

/** An option of a command, as plain data. */
export interface OptionSpec {
  /** `-o, --output <path>`; the word in brackets says what the value completes to. */
  flags: string;
  about: string;
  /** The only values that it takes. */
  choices?: readonly string[];
  /** Makes a value of what was typed; `now` is the clock, in milliseconds since the epoch. @throws BadValue, RegError */
  parse?: (text: string, before: never, now: () => number) => unknown;
  /** What its value is called, where that is not its name: a command may read one of the global options otherwise. */
  key?: string;
  /** The value where none is typed. */
  fallback?: unknown;
  /** The value where none stands behind a `=`; the next word is no value of such an option. */
  bare?: string;
  /** How help shows the flags, where a parser would read that wrong. */
  shown?: string;
  /** Names that it had before, and what each is now: they go on working, and nothing shows them. */
  earlier?: Readonly<Record<string, string>>;
  /** Options and first arguments: without one of them it means nothing. */
  needs?: readonly string[];
  /** Options and first arguments that contradict it. */
  excludes?: readonly string[];
}

/** An argument of a command: `<stage>`, `[artifact]` or `[path...]`. */
export interface ArgumentSpec {
  name: string;
  required: boolean;
  variadic: boolean;
}

/** A command, as plain data: the parser, help, the manual, completion and hints read it. */
export interface CommandSpec {
  name: string;
  /** Its name and arguments: `which <artifact> <stage>`; the words in brackets say what they complete to. */
  usage: string;
  arguments: readonly ArgumentSpec[];
  summary: string;
  /** What `--help` says more, in sentences. */
  more?: string;
  /** Command lines without the leading `reg`. */
  examples: readonly [string, string, ...string[]];
  options: readonly OptionSpec[];
  /** The only values of an argument, by its name. */
  choices?: Readonly<Record<string, readonly string[]>>;
  /** What it answers with `--json`. */
  answer: Field;
  /** Gives what runs it, loaded on use. */
  run: () => Run | Promise<Run>;
}

/** Defines a command by its name, its arguments, and the rest. */
export function command(
  usage: string,
  summary: string,
  {
    options = [],
    ...rest
  }: Partial<Pick<CommandSpec, 'options'>> &
    Pick<CommandSpec, 'examples' | 'answer' | 'run' | 'more' | 'choices'>,
): CommandSpec {
  const [name = '', ...words] = usage.split(' ');
  const args = words.map((word) => ({
    name: word.slice(1, -1).replace('...', ''),
    required: word.startsWith('<'),
    variadic: word.includes('...'),
  }));
  return { name, usage, arguments: args, summary, options, ...rest };
}

/** Defines an option. */
export const option = (
  flags: string,
  about: string,
  more: Omit<OptionSpec, 'flags' | 'about'> = {},
): OptionSpec => ({ flags, about, ...more });

/** `-o, --output <path>` → `-o`, `--output`. */
export const namesOf = ({ flags }: OptionSpec): string[] =>
  flags.split(/[ ,|]+/).filter((word) => word.startsWith('-'));

/** Whether an option is called so, or once was. */
export const isCalled = (spec: OptionSpec, name: string): boolean =>
  namesOf(spec).includes(name) || Object.hasOwn(spec.earlier ?? {}, name);

/** `-o, --output <path>` and `-o, --output [path]` → `path`; undefined for an option without a value. */
export const valueNameOf = (flags: string): string | undefined => /[<[](.*)[>\]]/.exec(flags)?.[1];

/** Whether an option may stand without its value: `--behind [stage]`. */
export const isValueOptional = (flags: string): boolean => flags.endsWith(']');

/** A summary as a sentence. */
export const sentence = (summary: string): string => `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;

/** The options that every command has. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  option('-r, --repo <path|url>', 'the repository that holds the registry (env REG_REPO, default .)'),
  option(
    '--remote <name>',
    'the remote of this clone (env REG_REMOTE, default: that of the branch, or the only one)',
  ),
  option('--json', 'answer in JSON', { shown: '--json[=<field,…>]' }),
  option('--compact', 'with --json: on one line'),
  option('--fields <field,…>', 'answer with these fields alone: a line for each row, tabs between them'),
  option('--color <when>', 'colour the output', { choices: ['auto', 'always', 'never'] }),
  option('-q, --quiet', 'print the answer and errors, no notes and hints'),
  option('-v, --verbose', 'show where an unexpected error comes from'),
];

/** The option of questions, which ask a remote for what CI left out of its checkout. */
export const OFFLINE = option(
  '--offline',
  'do not ask the remote of the registry: tags and rules are those that were fetched',
);

/** The options of commands that answer about one version: later steps of a job take it from there. */
export const OUTPUTS: readonly OptionSpec[] = [
  option(
    '--output-format <format>',
    'hand the answer to the later steps of a job: to the files of GitHub, or as lines for GitLab (dotenv) or Azure',
    { choices: ['github', 'dotenv', 'azure'], earlier: { '--github-output': '--output-format=github' } },
  ),
];

/** The option of questions about tags, which a clone may lack. */
export const FETCH = option(
  '--fetch',
  'fetch the tags of the registry that are missing here from the remote first; with CI=true that is done where some are or may be missing',
  { excludes: ['--offline'] },
);

/** What is wrong with the value of an option, as the end of a sentence. */
export class BadValue extends Error {}

/** Reads a time. */
export const time = (text: string, _before: unknown, now: () => number): Date =>
  new Date(parseTime(text, now() / 1000) * 1000);

/** Reads a whole number. */
export function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new BadValue('write a whole number.');
}

/** The option of every command that answers as of a time. */
export const AT: OptionSpec = option(
  '--at <time>',
  "answer as of a time: 2026-05-03, 2026-05-03T14:30:00Z, yesterday or '2 days ago'",
  { parse: time },
);

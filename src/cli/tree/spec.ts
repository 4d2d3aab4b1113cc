import type { Field } from '../../util/row.js';
import type { Session } from '../session.js';

/** The module of a command: loaded only when it runs. It gives its exit code, 0 when it gives none. */
export interface CommandModule {
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands end well and say nothing
  run(session: Session, ...rest: never[]): Promise<number | void>;
}

/** An option of a command, as plain data: help, manual pages and completion read it without parsing anything. */
export interface OptionSpec {
  /** `-o, --output <path>`; the word in brackets says what the value completes to. */
  flags: string;
  about: string;
  /** The only values that it takes. */
  choices?: readonly string[];
  /** Makes a value of what was typed. @throws BadValue, RegError */
  parse?: (text: string, before: never) => unknown;
  /** The value where none is typed. */
  fallback?: unknown;
  /** How help shows the flags, where a parser would read that wrong. */
  shown?: string;
}

/** A command, as plain data. */
export interface CommandSpec {
  /** Its name and arguments: `which <artifact> <stage>`; the words in brackets say what they complete to. */
  usage: string;
  summary: string;
  /** What `--help` says more, in sentences. */
  more?: string;
  /** Command lines without the leading `reg`. */
  examples: readonly [string, string, ...string[]];
  options?: readonly OptionSpec[];
  /** The only values of an argument, by its name. */
  choices?: Readonly<Record<string, readonly string[]>>;
  /** What it answers with `--json`. */
  answer: Field;
  /** Whether it runs but is not listed. */
  hidden?: boolean;
  load: () => Promise<CommandModule>;
}

/** Makes an option. */
export const option = (
  flags: string,
  about: string,
  more: Omit<OptionSpec, 'flags' | 'about'> = {},
): OptionSpec => ({
  flags,
  about,
  ...more,
});

/** An argument of a command: `<stage>`, `[artifact]` or `[path...]`. */
export interface ArgumentSpec {
  name: string;
  required: boolean;
  variadic: boolean;
}

/** The name of a command. */
export const nameOf = ({ usage }: CommandSpec): string => usage.split(' ', 1)[0] ?? '';

/** A summary as a sentence. */
export const sentence = (summary: string): string => `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;

/** The arguments of a command. */
export const argumentsOf = ({ usage }: CommandSpec): ArgumentSpec[] =>
  usage
    .split(' ')
    .slice(1)
    .map((word) => ({
      name: word.slice(1, -1).replace('...', ''),
      required: word.startsWith('<'),
      variadic: word.includes('...'),
    }));

/** What is wrong with the value of an option, as the end of a sentence. */
export class BadValue extends Error {}

import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from './command.js';
import { FILES } from './files.js';
import { PROMPT } from './prompt.js';
import { READING } from './reading.js';
import { WRITING } from './writing.js';

/** The headings of the list of all commands, and what stands under each. */
const GROUPS: readonly [heading: string, commands: readonly CommandSpec[]][] = [
  ['Ask:', READING],
  ['Write tags:', WRITING],
  ['Links, models and checks:', FILES],
  ['At the prompt:', PROMPT],
];

/** All commands: the one table that the parser, help, the manual, completion and hints read. */
export const COMMANDS: readonly CommandSpec[] = GROUPS.flatMap(([, commands]) => commands);

/** The heading that a command stands under in the list of all. */
export const groupOf = (spec: CommandSpec): string =>
  GROUPS.find(([, commands]) => commands.includes(spec))?.[0] ?? '';

/** A command by its name. */
export const commandNamed = (name: string): CommandSpec | undefined =>
  COMMANDS.find((spec) => spec.name === name);

/** The options that a command takes, the global ones too. */
export const optionsOf = (command: CommandSpec | undefined): OptionSpec[] => [
  ...(command?.options ?? []),
  ...GLOBAL_OPTIONS,
];

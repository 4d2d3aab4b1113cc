import { FILES } from './files.js';
import { PROMPT } from './prompt.js';
import { READING } from './reading.js';
import { type CommandSpec, nameOf } from './spec.js';
import { WRITING } from './writing.js';

/** All commands: the one tree that help, manual pages, completion and suggestions are made from. */
export const COMMANDS: readonly CommandSpec[] = [...READING, ...WRITING, ...FILES, ...PROMPT];

const GROUPS: readonly [string, readonly CommandSpec[]][] = [
  ['Ask:', READING],
  ['Write tags:', WRITING],
  ['Links, models and checks:', FILES],
  ['At the prompt:', PROMPT],
];

/** The heading that a command stands under in the list of all. */
export const groupOf = (spec: CommandSpec): string =>
  GROUPS.find(([, specs]) => specs.includes(spec))?.[0] ?? 'Commands:';

/** A command by its name. */
export const commandNamed = (name: string): CommandSpec | undefined =>
  COMMANDS.find((spec) => nameOf(spec) === name);

import { FILES } from './files.js';
import { PROMPT } from './prompt.js';
import { READING } from './reading.js';
import { type CommandSpec, nameOf } from './spec.js';
import { WRITING } from './writing.js';

/** All commands: the one tree that help, manual pages, completion and suggestions are made from. */
export const COMMANDS: readonly CommandSpec[] = [...READING, ...WRITING, ...FILES, ...PROMPT];

/** A command by its name. */
export const commandNamed = (name: string): CommandSpec | undefined =>
  COMMANDS.find((spec) => nameOf(spec) === name);

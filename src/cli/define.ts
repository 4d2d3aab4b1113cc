import { type Command, Option } from 'commander';
import { parseTime } from '../domain/time.js';
import { errorInPlace } from './in-place.js';
import type { GlobalOptions } from './output.js';
import { type Session, startSession } from './session.js';
import type { World } from './world.js';

/** The module of a command: loaded only when it runs. It gives its exit code, 0 when it gives none. */
export interface CommandModule {
  // biome-ignore lint/suspicious/noConfusingVoidType: most commands end well and say nothing
  run(session: Session, ...rest: never[]): Promise<number | void>;
}

/** What defines commands: the program to add to, and how one of them is run. */
export interface Definer {
  /** Adds a command; `usage` is its name and arguments, `examples` are command lines without the leading `reg`. */
  add(usage: string, summary: string, examples: readonly string[]): Command;
  /** The action that loads a command's module and runs it with the arguments and options that were typed. */
  run(load: () => Promise<CommandModule>): (...args: unknown[]) => Promise<void>;
}

/** Adds the options that every command has (SPEC §5). */
export function addGlobalOptions(command: Command): Command {
  return command
    .optionsGroup('Global options:')
    .option('-r, --repo <path|url>', 'the repository that holds the registry (env REG_REPO, default .)')
    .option('--json', 'answer in JSON')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']))
    .option('-q, --quiet', 'print the answer and errors, no notes and hints')
    .option('-v, --verbose', 'show where an unexpected error comes from')
    .helpOption('-h, --help', 'show this help');
}

/** Makes the definer of a program. */
export function definerOf(program: Command, world: World, exit: (code: number) => void): Definer {
  return {
    add: (usage, summary, examples) => {
      const lines = examples.map((example) => `  reg ${example}\n`).join('');
      const command = program.command(usage).summary(summary).description(sentence(summary));
      command.addHelpText('after', `\nExamples:\n${lines}`);
      return command.copyInheritedSettings(program).optionsGroup('Options:');
    },
    run:
      (load) =>
      async (...args) => {
        // commander passes the arguments, the options and the command itself
        const command = args.at(-1) as Command;
        const options = command.optsWithGlobals<GlobalOptions>();
        const session = startSession(world, options);
        const { run } = await load();
        try {
          exit((await run(session, ...([...args.slice(0, -2), options] as never[]))) ?? 0);
        } catch (error) {
          throw errorInPlace(error, session.inPlace);
        }
      },
  };
}

const sentence = (summary: string): string => `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;

/** Reads the value of an option that is a time. */
export const timeOption = (text: string): Date => new Date(parseTime(text) * 1000);

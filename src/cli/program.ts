import { Command } from 'commander';
import { addGlobalOptions, definerOf } from './define.js';
import { defineFileCommands } from './define-files.js';
import { defineReadingCommands } from './define-reading.js';
import { defineWritingCommands } from './define-writing.js';
import type { World } from './world.js';

/** The whole command line of `reg`; `exit` is told the exit code of the command that ran. */
export function buildProgram(world: World, exit: (code: number) => void): Command {
  const program = addGlobalOptions(new Command('reg'))
    .description('A model registry in the tags of a git repository.')
    .version(world.version, '--version', 'show the version of this program')
    .usage('<command> [options]')
    // before a command an option is the program's, after it the command's: `--version` is both
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      // errors are printed in one place, by main
      writeErr: () => undefined,
      getOutHelpWidth: () => world.columns,
    })
    .helpCommand('help [command]', 'show the help of a command');
  const definer = definerOf(program, world, exit);
  defineReadingCommands(definer);
  defineWritingCommands(definer);
  defineFileCommands(definer);
  for (const command of program.commands) addGlobalOptions(command);
  return program;
}

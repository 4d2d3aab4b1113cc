import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { TypedWords } from './json-fields.js';
import { GLOBAL_OPTIONS } from './tree/globals.js';
import { argumentsOf, BadValue, type CommandSpec, nameOf, type OptionSpec, sentence } from './tree/spec.js';
import { COMMANDS, groupOf } from './tree/tree.js';
import type { World } from './world.js';

/**
 * The command line of `reg`, made from the tree of commands.
 * @param typed what was typed; of a command that is not in it, no more is built than the list of commands shows
 * @param exit is told the exit code of the command that ran
 */
export function buildProgram(
  { words, fields }: TypedWords,
  world: World,
  exit: (code: number) => void,
): Command {
  const program = addOptions(new Command('reg'), GLOBAL_OPTIONS, 'Global options:')
    .description('A model registry in the tags of a git repository.')
    .version(world.version, '--version', 'show the version of this program')
    .helpOption('-h, --help', 'show this help')
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
    .helpCommand(false)
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((line) => `  ${line}\n`).join('')}`);
  // help and errors of usage need nothing of what runs commands
  const run =
    (spec: CommandSpec) =>
    async (...args: unknown[]): Promise<void> =>
      exit(await (await import('./run-command.js')).runCommand(spec, args, world, fields));
  for (const spec of COMMANDS) {
    const command = program
      .command(nameOf(spec), { hidden: spec.hidden === true })
      .summary(spec.summary)
      .helpGroup(groupOf(spec))
      .copyInheritedSettings(program);
    if (words.includes(nameOf(spec))) fill(command, spec).action(run(spec));
  }
  return program;
}

const EXAMPLES = ['reg assign churn@v1.2.0 prod', 'reg which churn prod --at 2026-05-03', 'reg help tags'];

/** Adds what a command takes, and what its own help says. */
function fill(command: Command, spec: CommandSpec): Command {
  const { summary, more, examples, options = [], choices = {} } = spec;
  for (const { name, required, variadic } of argumentsOf(spec)) {
    const word = `${name}${variadic ? '...' : ''}`;
    const argument = new Argument(required ? `<${word}>` : `[${word}]`);
    const values = choices[name];
    command.addArgument(values === undefined ? argument : argument.choices(values));
  }
  const lines = examples.map((example) => `  reg ${example}\n`).join('');
  command
    .description(`${sentence(summary)}${more === undefined ? '' : `\n\n${more}`}`)
    .addHelpText('after', `\nExamples:\n${lines}`)
    .helpOption('-h, --help', 'show this help');
  addOptions(command, options, 'Options:');
  return addOptions(command, GLOBAL_OPTIONS, 'Global options:');
}

function addOptions(command: Command, specs: readonly OptionSpec[], heading: string): Command {
  command.optionsGroup(heading);
  for (const { flags, about, choices, parse, fallback, shown } of specs) {
    const option = new Option(flags, about);
    if (choices !== undefined) option.choices(choices);
    if (parse !== undefined) option.argParser(parsing(parse));
    if (fallback !== undefined) option.default(fallback);
    if (shown !== undefined) option.flags = shown;
    command.addOption(option);
  }
  return command;
}

const parsing =
  (parse: NonNullable<OptionSpec['parse']>) =>
  (text: string, before: unknown): unknown => {
    try {
      return parse(text, before as never);
    } catch (error) {
      throw error instanceof BadValue ? new InvalidArgumentError(error.message) : error;
    }
  };

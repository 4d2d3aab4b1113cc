import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../../domain/suggest.js';
import { RegError } from '../../errors.js';
import type { GlobalOptions } from '../output.js';
import { TOPICS } from '../topics.js';
import type { World } from '../world.js';
import { BadValue, type CommandSpec, GLOBAL_OPTIONS, namesOf, type OptionSpec, sentence } from './command.js';
import { usageError } from './hints.js';
import type { Line } from './line.js';
import { COMMANDS, commandNamed, groupOf } from './table.js';
import { nameFor } from './translate.js';

/** What a command line asks for. */
export interface Invocation {
  command: CommandSpec;
  args: readonly unknown[];
  options: GlobalOptions;
}

/**
 * Parses a command line; undefined where it asked for help or the version, which are printed then.
 * @throws RegError USAGE, and what reading the values of options throws
 */
export function parse(line: Line, world: World): Invocation | undefined {
  const isHelp = line.unknown.some((word) => HELP.has(word));
  if (line.name !== undefined && line.command === undefined && (isHelp || line.unknown.includes('--version')))
    throw usageError({ code: 'commander.unknownCommand', message: `unknown command '${line.name}'` }, line);
  let found: Invocation | undefined;
  const program = buildProgram(line.command, world, (invocation) => {
    found = invocation;
  });
  try {
    // without a command the question is what there is; `--help` before a command is about that command
    const words = isHelp && line.command ? [line.command.name, '--help'] : line.words;
    program.parse(words.length === 0 ? ['--help'] : words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, line);
  }
  if (found === undefined) return undefined;
  return { ...found, options: { ...found.options, fields: line.fields } };
}

const HELP: ReadonlySet<string> = new Set(['-h', '--help']);

/**
 * The help on a command or a concept, or without either on the program.
 * @throws RegError USAGE where there is none
 */
export function helpOn(topic: string | undefined, world: World): string {
  const concept = Object.hasOwn(TOPICS, topic ?? '') ? TOPICS[topic ?? ''] : undefined;
  if (concept !== undefined) return concept;
  const spec = topic === undefined ? undefined : commandNamed(topic);
  if (topic !== undefined && spec === undefined) {
    const known = [...Object.keys(TOPICS), ...COMMANDS.map(({ name }) => name)];
    const other = nameFor(topic);
    const hint =
      other === undefined ? didYouMean(topic, known, 'see: reg --help') : `did you mean: reg help ${other}`;
    throw new RegError('USAGE', `there is no help on '${topic}'`, hint);
  }
  let text = '';
  const program = buildProgram(spec, world, () => undefined);
  const command = program.commands.find((one) => one.name() === topic) ?? program;
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text;
}

/** The parser of the program; of other commands than the given one it knows no more than the list of commands shows. */
function buildProgram(
  chosen: CommandSpec | undefined,
  world: World,
  found: (invocation: Invocation) => void,
): Command {
  const program = addOptions(new Command('reg'), GLOBAL_OPTIONS, 'Global options:', world.now)
    .description('A model registry in the tags of a git repository.')
    .version(world.version, '--version', 'show the version of this program')
    .helpOption('-h, --help', 'show this help')
    .usage('<command> [options]')
    // before a command an option is the program's, after it the command's: `--version` is both
    .enablePositionalOptions()
    .exitOverride()
    // hints are made from the table
    .showSuggestionAfterError(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      // errors are printed in one place, by main
      writeErr: () => undefined,
      getOutHelpWidth: () => world.columns,
    })
    .helpCommand(false)
    .addHelpText('after', examplesText(EXAMPLES));
  for (const spec of COMMANDS) {
    const command = program
      .command(spec.name)
      .summary(spec.summary)
      .helpGroup(groupOf(spec))
      .copyInheritedSettings(program);
    if (spec === chosen)
      fill(command, spec, world.now).action(() =>
        found({ command: spec, args: command.processedArgs, options: command.optsWithGlobals() }),
      );
  }
  return program;
}

const EXAMPLES = ['assign churn@v1.2.0 prod', 'which churn prod --at 2026-05-03', 'help tags'];

const examplesText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((line) => `  reg ${line}\n`).join('')}`;

/** Adds what a command takes, and what its own help says. */
function fill(command: Command, spec: CommandSpec, now: World['now']): Command {
  const { summary, more, examples, options, choices = {} } = spec;
  for (const { name, required, variadic } of spec.arguments) {
    const word = `${name}${variadic ? '...' : ''}`;
    const argument = new Argument(required ? `<${word}>` : `[${word}]`);
    const values = choices[name];
    command.addArgument(values === undefined ? argument : argument.choices(values));
  }
  command
    .description(`${sentence(summary)}${more === undefined ? '' : `\n\n${more}`}`)
    .addHelpText('after', examplesText(examples))
    .helpOption('-h, --help', 'show this help');
  addOptions(command, options, 'Options:', now);
  const own = new Set(options.flatMap(namesOf));
  const others = GLOBAL_OPTIONS.filter((spec) => !namesOf(spec).some((name) => own.has(name)));
  return addOptions(command, others, 'Global options:', now);
}

function addOptions(
  command: Command,
  specs: readonly OptionSpec[],
  heading: string,
  now: World['now'],
): Command {
  command.optionsGroup(heading);
  for (const { flags, about, choices, parse, key, fallback, shown } of specs) {
    const option = new Option(flags, about);
    if (choices !== undefined) option.choices(choices);
    if (parse !== undefined) option.argParser(parsing(parse, now));
    if (fallback !== undefined) option.default(fallback);
    if (shown !== undefined) option.flags = shown;
    if (key !== undefined) option.attributeName = () => key;
    command.addOption(option);
  }
  return command;
}

const parsing =
  (parse: NonNullable<OptionSpec['parse']>, now: World['now']) =>
  (text: string, before: unknown): unknown => {
    try {
      return parse(text, before as never, now);
    } catch (error) {
      throw error instanceof BadValue ? new InvalidArgumentError(error.message) : error;
    }
  };

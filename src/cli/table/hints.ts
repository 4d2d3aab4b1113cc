import { didYouMean, nearest } from '../../domain/suggest.js';
import { parseTarget, versionId } from '../../domain/target.js';
import { RegError } from '../../errors.js';
import { fieldsOf } from '../../util/row.js';
import { shellLine } from '../../util/shell.js';
import { type CommandSpec, namesOf, valueNameOf } from './command.js';
import { hasOption, type Line } from './line.js';
import { COMMANDS, optionsOf } from './table.js';
import { translated } from './translate.js';

/** What the parser found fault with, by its own code. */
export interface Fault {
  /** Such as `commander.unknownOption` (commander's documentation, "Override exit and output handling"). */
  code: string;
  message: string;
}

/** The error of a command line that cannot run, with the next step as far as the table and what was typed tell it. */
export function usageError({ code, message }: Fault, line: Line): RegError {
  if (code === 'commander.help') return new RegError('USAGE', 'a command is missing', 'see: reg --help');
  const other = meantLine(code, line);
  const near = other === undefined ? meantWord(code, line) : undefined;
  const hint =
    (other === undefined ? undefined : `did you mean: ${other}`) ??
    (near === undefined ? undefined : `did you mean '${near}'?`) ??
    `see: reg ${line.command === undefined ? '' : `${line.command.name} `}--help`;
  return new RegError('USAGE', message.replace(/^error: /, ''), hint);
}

const NAMES = COMMANDS.map((spec) => spec.name);

/** There are too few arguments, or too many. */
const OUT_OF_STEP: ReadonlySet<string> = new Set(['commander.missingArgument', 'commander.excessArguments']);

/** The line that was probably meant, as far as the table and the spellings of other tools tell it. */
function meantLine(code: string, line: Line): string | undefined {
  if (FOREIGN_WORD.has(code)) return translated(line);
  if (!OUT_OF_STEP.has(code)) return undefined;
  // gto withdraws everything with one command
  return meantCommand(line) ?? (line.command?.name === 'deprecate' ? translated(line) : undefined);
}

/** The word is of another tool, or mistyped. */
const FOREIGN_WORD: ReadonlySet<string> = new Set(['commander.unknownCommand', 'commander.unknownOption']);

/** The command, option or value that a mistyped word is nearest to. */
function meantWord(code: string, line: Line): string | undefined {
  const { name = '', unknown, command } = line;
  switch (code) {
    case 'commander.unknownCommand':
      return name === '' ? undefined : nearest(name, NAMES);
    case 'commander.unknownOption': {
      const option = unknown.find((word) => word !== '--help' && word !== '-h') ?? '';
      const long = optionsOf(command).flatMap((one) => namesOf(one).at(-1) ?? []);
      return option.startsWith('--') ? nearest(option, [...long, '--help']) : undefined;
    }
    case 'commander.invalidArgument':
      return meantChoice(line);
    default:
      return undefined;
  }
}

/** The choice that a value is nearest to. */
function meantChoice({ command, positionals, options }: Line): string | undefined {
  const typed = [
    ...options.map(({ option, value }) => ({ value, choices: option.choices })),
    ...positionals.map((value, index) => ({
      value,
      choices: command?.choices?.[command.arguments[index]?.name ?? ''],
    })),
  ];
  for (const { value, choices } of typed)
    if (value !== undefined && choices !== undefined && !choices.includes(value))
      return nearest(value, choices);
  return undefined;
}

/**
 * The command that was probably meant, where an artifact, a version and a stage were put together in another way than the
 * command takes them; undefined where that cannot be known.
 */
export function meantCommand({ command, positionals }: Line): string | undefined {
  if (command === undefined) return undefined;
  const [one = '', two = '', three, more] = positionals;
  if (more !== undefined || one === '') return undefined;
  const { name } = command;
  const takes = command.arguments.map((argument) => argument.name).join(' ');
  const has = (option: string): boolean =>
    command.options.some(({ flags }) => flags.startsWith(`${option} `));
  const parts = /^([^@#]+)#([^@#]+)$/.exec(one);
  if (two === '' && parts?.[1] && parts[2] && takes === 'artifact stage')
    return shellLine('reg', name, parts[1], parts[2]);
  if (two === '' || /[@#]/.test(one + two)) return undefined;
  if (three !== undefined)
    return takes === 'artifact stage' && has('--version') && isVersion(two)
      ? shellLine('reg', name, `${one}@${two}`, three)
      : undefined;
  // `load` and `describe` take one target, a version or a stage of an artifact
  if (takes !== 'artifact' || !has('--rev') || command.arguments[0]?.variadic) return undefined;
  const target = `${one}${isVersion(two) || two === 'latest' ? '@' : '#'}${two}`;
  return isRight(() => parseTarget(target)) ? shellLine('reg', name, target) : undefined;
}

const isVersion = (word: string): boolean => isRight(() => versionId(word));

function isRight(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/**
 * Refuses fields of `--json=<field,…>` or `--fields` that the answer of a command does not have, before the command does anything.
 * @throws RegError USAGE
 */
export function refuseUnknownFields({ name, answer }: CommandSpec, fields: readonly string[]): void {
  const known = fieldsOf(answer);
  if (known.length > 0 && fields.every((field) => field === ''))
    throw new RegError('USAGE', 'no field is named', `name fields: ${known.join(', ')}`);
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const near = didYouMean(unknown, known, '');
  const all = `it has: ${known.join(', ')}`;
  throw new RegError(
    'USAGE',
    `the answer of reg ${name} has no field '${unknown}'`,
    known.length === 0
      ? 'it has none to choose from: --json'
      : near.startsWith('did')
        ? `${near} ${all}`
        : all,
  );
}

/**
 * Refuses what parses and yet means nothing: an empty word, as a variable of a script may leave it, and an option beside one that
 * contradicts it, or without the one that it belongs to.
 * @throws RegError USAGE
 */
export function refuseUnusable({ name, arguments: args }: CommandSpec, line: Line): void {
  const { positionals, options } = line;
  const empty = positionals.indexOf('');
  if (empty >= 0)
    throw new RegError(
      'USAGE',
      `argument '${(args[empty] ?? args.at(-1))?.name}' is empty`,
      `see: reg ${name} --help`,
    );
  const isThere = (one: string): boolean =>
    one.startsWith('-') ? hasOption(line, one) : positionals[0] === one;
  for (const { option, value } of options) {
    const called = namesOf(option).at(-1);
    // a message or a description may be empty
    const takes = valueNameOf(option.flags);
    if (value === '' && takes !== undefined && takes !== 'text')
      throw new RegError('USAGE', `${called} is empty`, `give it a value, or leave out ${called}`);
    const { needs = [], excludes = [] } = option;
    if (needs.length > 0 && !needs.some(isThere))
      throw new RegError(
        'USAGE',
        `${called} means nothing without ${needs.join(' or ')}`,
        `add ${needs[0]}, or leave out ${called}`,
      );
    const other = excludes.find(isThere);
    if (other !== undefined)
      throw new RegError('USAGE', `${called} and ${other} exclude each other`, 'leave out one of them');
  }
}

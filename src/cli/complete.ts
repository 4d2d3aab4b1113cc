import { fieldsOf } from '../util/row.js';
import { cleanLine } from './render/clean.js';
import { type CommandSpec, isCalled, namesOf, type OptionSpec, valueNameOf } from './table/command.js';
import { type Line, optionValue, readLine } from './table/line.js';
import { COMMANDS, optionsOf } from './table/table.js';
import { TOPICS } from './topics.js';
import type { World } from './world.js';

/** What the scripts of shells understand (ShellCompDirective of @bomb.sh/tab). */
const FILES = 0;
const NO_FILES = 4;
const KEEP_ORDER = 32;

/**
 * Answers the script that `reg completion` printed, in the way that it asks: a word a line, a tab and what it means, and a
 * directive at the end. Gives the exit code.
 * @param argv what the script gave: `--` and the words up to the cursor, or of bash the line and the piece that is begun; `git` where
 *   that is a line of git
 */
export async function answerCompletion(argv: readonly string[], world: World): Promise<number> {
  const [how, ...rest] = argv;
  const isOfBash = how !== '--';
  const typed = isOfBash ? shellWords(rest[0] ?? '').slice(1) : rest.map(plain);
  const words = how === 'git' ? behindGit(typed) : typed;
  // bash has taken some of the word for complete already, up to a letter of COMP_WORDBREAKS
  const taken = isOfBash ? takenByBash(words.at(-1) ?? '', rest[1] ?? '') : 0;
  const found = await complete(words, world);
  const lines =
    found === 'files'
      ? []
      : found.map(([word, about]) => [word.slice(taken), ...(about === '' ? [] : [about])]);
  const directive = found === 'files' ? FILES : NO_FILES + KEEP_ORDER;
  world.stdout.write(
    [...lines.map((line) => line.map(cleanLine).join('\t')), `:${directive}`, ''].join('\n'),
  );
  return 0;
}

/** Options of git whose value is the next word (git(1)). */
const TAKE_A_WORD: ReadonlySet<string> = new Set(
  '-C -c --git-dir --work-tree --namespace --config-env --super-prefix'.split(' '),
);

/** The words behind `git reg`, or behind an alias of it, with the repository that the options of git name. */
function behindGit(words: readonly string[]): string[] {
  const rest = [...words];
  let folder: string | undefined;
  while (rest.length > 1 && rest[0]?.startsWith('-')) {
    const [option = '', inline] = rest.shift()?.split(/=(.*)/s, 2) ?? [];
    const value = inline ?? (TAKE_A_WORD.has(option) ? rest.shift() : undefined);
    // each counts from the one before it
    if (option === '-C' || option === '--git-dir')
      folder = folder === undefined || /^[~/]/.test(value ?? '') ? value : `${folder}/${value}`;
  }
  return [...(folder === undefined ? [] : ['--repo', folder]), ...rest.slice(1)];
}

/** A word as zsh passes it on, which leaves the quotes to the program. */
const plain = (word: string): string => shellWords(word).join(' ');

/** How much of a value stands before the piece that bash replaces; a piece in quotes is the whole of it. */
function takenByBash(word: string, piece: string): number {
  // behind `churn:` bash calls the `:` the piece, and replaces what comes after it
  const begun = /^[@=:]+$/.test(piece) ? '' : piece;
  if (/^['"]/.test(piece) || !word.endsWith(begun)) return 0;
  const start = word.length - begun.length;
  // readline leaves an `@` in what is replaced (rl_special_prefixes)
  const at = word[start - 1] === '@' ? start - 1 : start;
  return Math.max(0, at - (/^--[\w-]+=/.exec(word)?.[0].length ?? 0));
}

/**
 * Splits a command line as a POSIX shell does, the quotes gone, up to the cursor; the last word is the one that is begun.
 * An open quote is the shell's affair: what stands behind it is the word so far.
 */
export function shellWords(line: string): string[] {
  const words = [''];
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
      else words.push(`${words.pop()}${letter}`);
    } else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === '\\') {
      at += 1;
      words.push(`${words.pop()}${line[at] ?? ''}`);
    } else if (/\s/.test(letter)) {
      if (words.at(-1) !== '' || words.length === 1) words.push('');
    } else words.push(`${words.pop()}${letter}`);
  }
  return words;
}

/** What may stand where the cursor is: words with what they mean, or files, which the shell knows best. */
export type Completions = [word: string, about: string][] | 'files';

/**
 * Completes a command line, from the table of commands and the registry at hand.
 * @param words what was typed behind `reg`, up to the cursor; the last one is the one that is begun
 */
export async function complete(words: readonly string[], world: World): Promise<Completions> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const line = readLine(before);
  const equals = current.startsWith('--') ? current.indexOf('=') : -1;
  const prefix = equals < 0 ? current : current.slice(equals + 1);
  const found = await candidates(
    line,
    equals < 0 ? line.open : optionNamed(line.command, current.slice(0, equals)),
    equals < 0 ? current : '',
    { prefix, world, repo: fromHome(optionValue(line, '--repo'), world), artifact: artifactIn(line) },
  );
  return found === 'files' ? found : found.filter(([word]) => word.startsWith(prefix));
}

/** A path that a shell has not read yet. */
const fromHome = (path: string | undefined, { env }: World): string | undefined =>
  path?.replace(/^~(?=\/|$)/, env.HOME ?? '~');

/** The word that is begun, and where its values come from. */
export interface Cursor {
  /** What `--repo` says. */
  repo: string | undefined;
  /** The artifact that the line names already. */
  artifact: string | undefined;
  /** What the value begins with; behind `--stage=` only what comes after it. */
  prefix: string;
  world: World;
}

async function candidates(
  line: Line,
  open: OptionSpec | undefined,
  current: string,
  cursor: Cursor,
): Promise<Completions> {
  const { command, positionals, isClosed } = line;
  if (open !== undefined) {
    // `--json=<field>` takes a value behind `=` only, which its flags do not say
    const name = valueNameOf(open.shown ?? open.flags);
    return name === undefined ? [] : valuesOf(name, open.choices, line, cursor);
  }
  if (current.startsWith('-') && !isClosed) return optionsFor(line);
  if (command === undefined)
    return line.name === undefined ? COMMANDS.map((spec) => [spec.name, spec.summary]) : [];
  const last = command.arguments.at(-1);
  const argument = command.arguments[positionals.length] ?? (last?.variadic ? last : undefined);
  return argument === undefined
    ? []
    : valuesOf(argument.name, command.choices?.[argument.name], line, cursor);
}

/** The options that were not typed yet. */
function optionsFor({ command, options }: Line): Completions {
  const typed = new Set(options.map(({ option }) => option));
  return [
    ...optionsOf(command)
      .filter((option) => !typed.has(option))
      .map((option): [string, string] => [namesOf(option).at(-1) ?? '', option.about]),
    ['--help', 'show this help'],
    ...(command === undefined ? [['--version', 'show the version of this program'] as [string, string]] : []),
  ];
}

const optionNamed = (command: CommandSpec | undefined, name: string): OptionSpec | undefined =>
  optionsOf(command).find((option) => isCalled(option, name));

const PATHS: ReadonlySet<string> = new Set(
  'path source-path file-or-folder folder url|folder path|url repository'.split(' '),
);
const NAMES: ReadonlySet<string> = new Set(['artifact', 'from', 'to', 'version', 'stage']);

/** The values of an argument or an option, by what the table calls them. */
async function valuesOf(
  name: string,
  choices: readonly string[] | undefined,
  line: Line,
  cursor: Cursor,
): Promise<Completions> {
  if (choices !== undefined) return choices.map((word) => [word, '']);
  if (PATHS.has(name)) return 'files';
  if (name === 'topic')
    return [
      ...Object.keys(TOPICS).map((topic): [string, string] => [topic, 'a concept']),
      ...COMMANDS.map((spec): [string, string] => [spec.name, spec.summary]),
    ];
  if (name.startsWith('field')) {
    // the last of several
    const before = cursor.prefix.slice(0, cursor.prefix.lastIndexOf(',') + 1);
    return line.command === undefined
      ? []
      : fieldsOf(line.command.answer).map((field) => [`${before}${field}`, '']);
  }
  return NAMES.has(name)
    ? (await (await import('./core.js')).namesIn(name, cursor)).map((word) => [word, ''])
    : [];
}

/** The artifact that the line names, for the versions and stages of exactly that one. */
function artifactIn({ command, positionals }: Line): string | undefined {
  const index = command?.arguments.findIndex(({ name }) => name === 'artifact' || name === 'from') ?? -1;
  return positionals[index]?.split(/[@#]/, 1)[0];
}

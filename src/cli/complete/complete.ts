import { resolve } from 'node:path';
import { type Glimpse, glimpseAt } from '../../git/glimpse.js';
import { fieldsOf } from '../../util/row.js';
import { type CommandSpec, nameOf } from '../tree/spec.js';
import { COMMANDS } from '../tree/tree.js';
import type { World } from '../world.js';
import { artifactsOf, stagesOf, versionsOf } from './names.js';
import { type Cursor, cursorIn, namesOf, optionsOf, type Wanted } from './wanted.js';

/** What may stand where the cursor is: words with what they mean, or files, which the shell knows best. */
export type Completions = { words: [word: string, about: string][] } | 'files';

/**
 * Completes a command line, from the tree of commands and the repository at hand. Nothing is loaded that is not needed for it:
 * somebody waits with a finger on the key.
 * @param words what was typed behind `reg`, up to the cursor; the last one is the one that is begun
 */
export async function complete(words: readonly string[], world: World): Promise<Completions> {
  const cursor = cursorIn(words);
  const found = await candidates(cursor, world);
  if (found === 'files') return found;
  return { words: found.filter(([word]) => word.startsWith(cursor.prefix)) };
}

type Candidates = [word: string, about: string][];

async function candidates({ wanted, prefix, repo }: Cursor, world: World): Promise<Candidates | 'files'> {
  switch (wanted.kind) {
    case 'command':
      return COMMANDS.filter(({ hidden }) => hidden !== true).map((spec) => [nameOf(spec), spec.summary]);
    case 'option':
      return optionsFor(wanted);
    case 'value':
      return wanted.choices?.map((word) => [word, '']) ?? valuesFor(wanted, prefix, repo, world);
    default:
      return [];
  }
}

function optionsFor({ command, typed }: Extract<Wanted, { kind: 'option' }>): Candidates {
  const own = optionsOf(command).flatMap(({ flags, about }) =>
    namesOf(flags).some((name) => typed.includes(name))
      ? []
      : [[namesOf(flags).at(-1) ?? '', about] as const],
  );
  const always = [
    ['--help', 'show this help'],
    ...(command ? [] : [['--version', 'show the version of this program']]),
  ];
  return [...own, ...always].map(([name = '', about = '']) => [name, about]);
}

const FILES: ReadonlySet<string> = new Set(
  'path source-path file-or-folder folder url|folder path|url repository'.split(' '),
);

async function valuesFor(
  { of, artifact, command }: Extract<Wanted, { kind: 'value' }>,
  prefix: string,
  repo: string | undefined,
  { env, cwd }: World,
): Promise<Candidates | 'files'> {
  if (FILES.has(of)) return 'files';
  if (of === 'topic') return helpTopics();
  if (of.startsWith('field')) return fields(command);
  if (!['artifact', 'from', 'to', 'version', 'stage'].includes(of)) return [];
  const glimpse = await glimpseAt(resolve(cwd, repo ?? (env.REG_REPO || '.')), env);
  const words = glimpse === undefined ? [] : await namesFor(of, artifact, prefix, glimpse);
  return words.map((word) => [word, '']);
}

async function helpTopics(): Promise<Candidates> {
  const { TOPICS } = await import('../topics/topics.js');
  const commands = COMMANDS.map((spec): [string, string] => [nameOf(spec), spec.summary]);
  return [...Object.keys(TOPICS).map((topic): [string, string] => [topic, 'a concept']), ...commands];
}

const fields = (command: CommandSpec | undefined): Candidates =>
  command === undefined ? [] : fieldsOf(command.answer).map((field) => [field, '']);

async function namesFor(
  of: string,
  artifact: string | undefined,
  prefix: string,
  glimpse: Glimpse,
): Promise<string[]> {
  if (of === 'stage') return stagesOf(glimpse, artifact);
  if (of === 'version') return artifact === undefined ? [] : versionsOf(glimpse, artifact);
  const mark = prefix.search(/[@#]/);
  if (mark < 0) return artifactsOf(glimpse, prefix);
  const typed = prefix.slice(0, mark);
  // the second operand of diff may leave out the name that the first one has
  const name = typed === '' ? (artifact ?? '') : typed;
  const behind = await (prefix[mark] === '@' ? versionsOf : stagesOf)(glimpse, name);
  return behind.map((one) => `${typed}${prefix[mark]}${one}`);
}

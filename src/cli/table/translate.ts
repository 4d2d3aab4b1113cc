import { shellLine } from '../../util/shell.js';
import { isCalled, isValueOptional, valueNameOf } from './command.js';
import { type Line, readLine } from './line.js';
import { commandNamed, optionsOf } from './table.js';

// What people type who know other tools: commands by other names, and the options of gto (its source, gto/cli.py). Each is answered
// with the line of `reg` that does the same.

/** Commands that other tools call otherwise. `rm` depends on what follows. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ls: 'show',
  list: 'show',
  versions: 'show',
  log: 'history',
  promote: 'assign',
  demote: 'unassign',
  unregister: 'deregister',
  get: 'load',
  pull: 'load',
  download: 'load',
  info: 'describe',
  annotate: 'link',
  'parse-tag': 'check-ref',
  revert: 'rollback',
  undo: 'rollback',
  mv: 'rename',
  move: 'rename',
  fetch: 'sync',
  push: 'sync',
  check: 'validate',
  open: 'browse',
};

const REMOVALS: ReadonlySet<string> = new Set(['rm', 'remove', 'delete', 'del']);

/** An option of another tool: what stands in its place, or `stage`, which is an argument here. */
type Foreign = { takes?: true; becomes: (value: string) => readonly string[] } | 'stage';

const flag = (...words: readonly string[]): Foreign => ({ becomes: () => words });
const value = (name: string): Foreign => ({ takes: true, becomes: (text) => [name, text] });
const NOTHING = flag();
const field = (name: string): Foreign => flag(`--json=${name}`);

/** gto reads commits of branches, prints plain tables on request, and leaves out counters: `reg` needs none of that. */
const EVERYWHERE: Readonly<Record<string, Foreign>> = {
  '--plain': NOTHING,
  '--simple': { takes: true, becomes: () => [] },
  '--all-branches': NOTHING,
  '--all-commits': NOTHING,
  '-a': NOTHING,
  '-A': NOTHING,
};

/** Options of gto by the command of `reg`, and those that others try in their place. */
const FOREIGN: Readonly<Record<string, Readonly<Record<string, Foreign>>>> = {
  register: {
    '--ver': value('--version'),
    '--bump-major': flag('--bump', 'major'),
    '--bump-minor': flag('--bump', 'minor'),
    '--bump-patch': flag('--bump', 'patch'),
  },
  assign: {
    '--ver': value('--version'),
    '--stage': 'stage',
    '--sr': flag('--no-register'),
    '--skip-registration': flag('--no-register'),
    '--force': NOTHING,
  },
  unassign: { '--stage': 'stage', '-d': flag('--delete') },
  approve: { '--stage': 'stage' },
  rollback: { '--stage': 'stage' },
  deregister: { '--ver': value('--version'), '-d': flag('--delete') },
  deprecate: { '-d': flag('--delete') },
  which: { '--stage': 'stage', '--ref': field('tag') },
  latest: { '--ref': field('tag') },
  show: {
    '--ro': flag('--registered-only'),
    '-d': flag('--deprecated'),
    '--av': value('--assignments-per-version'),
    '--vs': value('--versions-per-stage'),
    '--ls': flag('--assignments-per-version', '1'),
    '--last-stage': flag('--assignments-per-version', '1'),
    '--name': field('artifact'),
    '--name-only': field('artifact'),
    '--version': field('version'),
    '--ref': field('tag'),
  },
  history: { '--ascending': flag('--asc') },
  'check-ref': {
    '--name': field('artifact'),
    '--version': field('version'),
    '--event': field('event'),
    '--stage': field('stage'),
    '--ref': field('tag'),
    '--registration': NOTHING,
    '--assignment': NOTHING,
  },
  describe: { '--type': field('type'), '--path': field('path'), '--description': field('description') },
};

/** The line of `reg` that does what a line of another tool asks for; undefined where that is not known. */
export function translated(line: Line): string | undefined {
  const words = wordsOf(line);
  const at = words.indexOf(line.name ?? '');
  if (line.name === undefined || at < 0) return undefined;
  const before = words.slice(0, at);
  const rest = words.slice(at + 1);
  const name = line.command?.name ?? nameFor(line.name, rest);
  if (name === undefined) return undefined;
  const typed = takeApart(name, rest);
  const full = typed && [...before, ...inOrder(name, typed)];
  if (full !== undefined && isComplete(readLine(full))) return shellLine('reg', ...full);
  // what follows is not known, but the command is
  return line.command === undefined ? `reg ${name}` : undefined;
}

/** What was typed, with the fields behind `--json=` again. */
const wordsOf = ({ words, fields }: Line): string[] =>
  words.map((word) => (word === '--json' && fields !== undefined ? `--json=${fields.join()}` : word));

/** The command of `reg` that another tool calls by this name. */
export function nameFor(name: string, rest: readonly string[] = []): string | undefined {
  if (!REMOVALS.has(name)) return Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name] : undefined;
  const [target = '', second] = rest.filter((word) => !word.startsWith('-'));
  if (target.includes('#') || second !== undefined) return 'unassign';
  return target.includes('@') ? 'deregister' : 'deprecate';
}

interface Typed {
  positionals: string[];
  /** A stage that was named by an option. */
  stage: string | undefined;
  /** Options with their values. */
  options: string[];
}

/** Takes apart what follows a command, with options of other tools in the words of `reg`; undefined where one is not known. */
function takeApart(name: string, rest: readonly string[]): Typed | undefined {
  const own = optionsOf(commandNamed(name));
  const foreign = { ...EVERYWHERE, ...FOREIGN[name] };
  const positionals: string[] = [];
  let stage: string | undefined;
  const options: string[] = [];
  const words = [...rest];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
      continue;
    }
    const [option = '', inline] = word.split(/=(.*)/s, 2);
    const known = own.find((one) => isCalled(one, option));
    if (known !== undefined) {
      options.push(word);
      const isOpen = valueNameOf(known.flags) !== undefined && inline === undefined;
      if (isOpen && words[0] !== undefined && !(isValueOptional(known.flags) && words[0].startsWith('-')))
        options.push(words.shift() ?? '');
      continue;
    }
    const other = Object.hasOwn(foreign, option) ? foreign[option] : undefined;
    if (other === undefined) return undefined;
    if (other === 'stage') stage = inline ?? words.shift();
    else {
      const text = other.takes ? (inline ?? words.shift()) : '';
      if (text === undefined) return undefined;
      options.push(...other.becomes(text));
    }
  }
  return { positionals, stage, options };
}

/** The words of a command in the order that `reg` takes, where other tools name an artifact, a stage, a version or a rev elsewhere. */
function inOrder(name: string, { positionals, stage, options }: Typed): string[] {
  const [target = '', second, third] = positionals;
  const parts = /^([^@#]+)#([^@#]+)$/.exec(target);
  if (name === 'show' && options.join() === '--json=version' && parts?.[1] && parts[2])
    return ['which', parts[1], parts[2]];
  const greatest = /^([^@#]+)@(latest|greatest)$/.exec(target)?.[1];
  if (name === 'show' && options.join() === '--json=version' && greatest !== undefined)
    return ['latest', greatest];
  if (name === 'unassign' && parts?.[1] && parts[2] && second === undefined)
    return ['unassign', parts[1], parts[2], ...options];
  if (name === 'deprecate' && second !== undefined)
    return third === undefined
      ? ['deregister', `${target}@${second}`, ...options]
      : ['unassign', `${target}@${second}`, third, ...options];
  // promote <artifact> <version> <stage>
  if (
    name === 'assign' &&
    stage === undefined &&
    third !== undefined &&
    /^v?\d+\.\d+\.\d+/.test(second ?? '')
  )
    return [name, `${target}@${second}`, third, ...options];
  // gto: assign <artifact> <rev> --stage <stage>, and earlier promote <artifact> <stage> <rev>
  const [wanted, rev] = stage === undefined ? [second, third] : [stage, second];
  if (name === 'assign' && rev !== undefined) return [name, target, wanted ?? '', '--rev', rev, ...options];
  return [name, ...positionals, ...(stage === undefined ? [] : [stage]), ...options];
}

/** Whether a line has all that its command needs, and nothing that it does not take. */
function isComplete({ command, positionals, unknown, open }: Line): boolean {
  const isOpen = open !== undefined && !isValueOptional(open.flags);
  if (command === undefined || unknown.length > 0 || isOpen) return false;
  const needed = command.arguments.filter(({ required }) => required).length;
  const most = command.arguments.at(-1)?.variadic ? Number.POSITIVE_INFINITY : command.arguments.length;
  return positionals.length >= needed && positionals.length <= most;
}

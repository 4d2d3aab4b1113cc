import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table/table.js';
import { runHere } from '../support/here.js';
import { type Sandbox, sandbox } from '../support/repo.js';
import { HELP, WRONG } from './command-lines.js';
import { REGISTRIES } from './registries.js';

// What the program prints, letter by letter, in files to be read. `npm run golden` records them again: do that for a change
// that is meant, and read the difference before you commit it.

/** The ways to ask. The terminal is long enough to need no pager. */
const MODES = {
  'terminal-80': { isTTY: true, columns: 80, lines: 1000 },
  'terminal-120': { isTTY: true, columns: 120, lines: 1000 },
  pipe: {},
  json: {},
} as const;
type Mode = keyof typeof MODES;

const NOW = Date.UTC(2026, 0, 12, 12);

/** The commands whose answer is a table on a terminal; that of others looks the same everywhere. */
const TABLES = /^(show|history|describe|diff|check-ref|verify|doctor|status|outdated|cache)\b/;

/** Runs a command line, its words as in a shell, and gives it with all that was printed. */
async function transcript(box: Sandbox, cwd: string, line: string, mode: Mode = 'pipe'): Promise<string> {
  const words = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/s, '$1'));
  const env = { ...box.env, NO_COLOR: '1' };
  const around = { ...MODES[mode], cwd, env, now: () => NOW, version: '1.2.3' };
  const { stdout, stderr, code } = await runHere(around, ...words);
  const errors = stderr === '' ? '' : `-- stderr --\n${stderr}`;
  const exit = code === 0 ? '' : `-- exit ${code} --\n`;
  const text = `$ reg ${line}\n${stdout}${errors}${exit}`;
  return text
    .replaceAll(box.root, '<tmp>')
    .replaceAll(/\(fatal: .*?\)(?=[\n"])/g, '(<what git says>)')
    .replaceAll('\u001b', '␛');
}

/** The same of some command lines, a few of them at a time. */
async function transcripts(box: Sandbox, cwd: string, lines: readonly string[], mode: Mode): Promise<string> {
  const texts: string[] = [];
  const rest = lines.entries();
  const run = async (): Promise<void> => {
    for (const [index, line] of rest)
      texts[index] = await transcript(box, cwd, mode === 'json' ? `${line} --json` : line, mode);
  };
  await Promise.all([run(), run(), run(), run()]);
  return texts.join('\n');
}

const fileOf = (name: string, mode: Mode): string => `expected/${name}.${mode}.txt`;
const modes = Object.keys(MODES) as Mode[];

describe.each(REGISTRIES)('$name: $about', ({ name, make, reading, inPipe = [], writing }) => {
  const box = sandbox();
  const made = make(box, async ({ dir }, line) => void (await transcript(box, dir, line)));
  test.each(modes)('%s', async (mode) => {
    const { dir } = await made;
    const writes = writing.map((line) => `${line} --dry-run`);
    const lines = {
      'terminal-80': reading.filter((line) => TABLES.test(line)),
      'terminal-120': reading.filter((line) => TABLES.test(line)),
      pipe: [...reading, ...inPipe, ...writes],
      json: [...reading, ...writes],
    };
    const text = await transcripts(box, dir, lines[mode], mode);
    await expect(text).toMatchFileSnapshot(fileOf(name, mode));
  });
});

describe('the command line', () => {
  const box = sandbox();
  const folder = join(box.root, 'folder');
  mkdirSync(folder);
  const help = [...HELP, ...COMMANDS.map((spec) => `${spec.name} --help`)];
  test.each<[Mode, readonly string[]]>([
    ['terminal-80', help],
    ['terminal-120', help],
    ['pipe', WRONG],
    ['json', WRONG],
  ])('%s', async (mode, lines) => {
    await expect(await transcripts(box, folder, lines, mode)).toMatchFileSnapshot(
      fileOf('command-line', mode),
    );
  });
});

test('every file is that of a registry, or of the command line', () => {
  const names = [...REGISTRIES.map(({ name }) => name), 'command-line'];
  const expected = names.flatMap((name) => modes.map((mode) => fileOf(name, mode)));
  const there = readdirSync(new URL('expected/', import.meta.url)).map((file) => `expected/${file}`);
  expect(there.sort()).toEqual(expected.sort());
});

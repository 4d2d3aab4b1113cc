import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/table/table.js';
import { runHere } from '../support/here.js';
import { type Sandbox, sandbox } from '../support/repo.js';
import { HAS_TIME, pairs } from '../support/soak.js';
import { HELP, WRONG } from './command-lines.js';
import { REGISTRIES } from './registries.js';

// What the program prints, letter by letter, in files to be read. `npm run golden` records them again: do that for a change
// that is meant, and read the difference before you commit it. `npm run golden` and the soak ask every line in every mode; `npm test`
// asks each line of a registry in one of them.

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
async function transcripts(
  box: Sandbox,
  cwd: string,
  lines: readonly string[],
  mode: Mode,
): Promise<string[]> {
  const texts: string[] = [];
  const rest = lines.entries();
  const run = async (): Promise<void> => {
    for (const [index, line] of rest) texts[index] = await transcript(box, cwd, asked(line, mode), mode);
  };
  await Promise.all([run(), run(), run(), run()]);
  return texts;
}

const asked = (line: string, mode: Mode): string => (mode === 'json' ? `${line} --json` : line);

/** Whether all that a file holds is asked: where there is time for it, and where it is recorded again. */
const asksAll = (): boolean => HAS_TIME || expect.getState().snapshotState.snapshotUpdateState === 'all';

/** What a file holds of each of its lines, which are in this order; an error where they are not all there. */
function recorded(file: string, lines: readonly string[], mode: Mode): Map<string, string> {
  const text = `${readFileSync(new URL(file, import.meta.url), 'utf8')}\n`;
  const starts: number[] = [];
  for (const line of lines) {
    const start = text.indexOf(`$ reg ${asked(line, mode)}\n`, (starts.at(-1) ?? -1) + 1);
    expect(start, `${file} has no '${line}' in its place`).toBeGreaterThanOrEqual(0);
    starts.push(start);
  }
  expect(starts[0]).toBe(0);
  return new Map(
    lines.map((line, index) => [line, text.slice(starts[index], starts[index + 1]).slice(0, -1)]),
  );
}

const fileOf = (name: string, mode: Mode): string => `expected/${name}.${mode}.txt`;
const modes = Object.keys(MODES) as Mode[];

describe.each(REGISTRIES)('$name: $about', ({ name, make, reading, inPipe = [], writing }) => {
  const box = sandbox();
  const made = make(box, async ({ dir }, line) => void (await transcript(box, dir, line)));
  const tables = reading.filter((line) => TABLES.test(line));
  const writes = writing.map((line) => `${line} --dry-run`);
  const lines: Record<Mode, readonly string[]> = {
    'terminal-80': tables,
    'terminal-120': tables,
    pipe: [...reading, ...inPipe, ...writes],
    json: [...reading, ...writes],
  };
  const others = [...reading, ...writes].filter((line) => !tables.includes(line));
  const turns = [
    ...pairs(tables, modes),
    ...pairs(others, ['pipe', 'json'] as const),
    ...inPipe.map((line): [string, Mode] => [line, 'pipe']),
  ];
  test.each(modes)('%s', async (mode) => {
    const { dir } = await made;
    const file = fileOf(name, mode);
    if (asksAll()) {
      const texts = await transcripts(box, dir, lines[mode], mode);
      await expect(texts.join('\n')).toMatchFileSnapshot(file);
      return;
    }
    const expected = recorded(file, lines[mode], mode);
    const chosen = turns.filter(([, turn]) => turn === mode).map(([line]) => line);
    const texts = await transcripts(box, dir, chosen, mode);
    expect(texts.join('\n')).toBe(chosen.map((line) => expected.get(line)).join('\n'));
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
    const texts = await transcripts(box, folder, lines, mode);
    await expect(texts.join('\n')).toMatchFileSnapshot(fileOf('command-line', mode));
  });
});

test('every file is that of a registry, or of the command line', () => {
  const names = [...REGISTRIES.map(({ name }) => name), 'command-line'];
  const expected = names.flatMap((name) => modes.map((mode) => fileOf(name, mode)));
  const there = readdirSync(new URL('expected/', import.meta.url)).map((file) => `expected/${file}`);
  expect(there.sort()).toEqual(expected.sort());
});

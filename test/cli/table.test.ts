import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shellWords } from '../../src/cli/complete.js';
import { fieldsDocument } from '../../src/cli/making.js';
import { manualPages } from '../../src/cli/manual.js';
import { hasOption, readLine } from '../../src/cli/table/line.js';
import { parse } from '../../src/cli/table/parser.js';
import { COMMANDS } from '../../src/cli/table/table.js';
import { TOPICS } from '../../src/cli/topics.js';
import type { World } from '../../src/cli/world.js';
import { runHere } from '../support/here.js';

const world = {
  stdout: { write: () => true },
  columns: 80,
  version: '1.0.0',
  env: {},
  cwd: '.',
  now: Date.now,
} as unknown as World;
const EXAMPLES = COMMANDS.flatMap((spec) => spec.examples.map((example) => [spec.name, example] as const));

test.each(EXAMPLES)('%s: reg %s can be typed', (name, example) => {
  // what a shell would do with `| less` and `> file` is its own affair
  const typed = readLine(shellWords(example.replace(/ [|>].*$/, '')));
  expect(parse(typed, world)?.command.name).toBe(name);
});

test('every command has two different examples, and a page of the manual', () => {
  const pages = new Map(manualPages('1.0.0'));
  for (const spec of COMMANDS) {
    expect(new Set(spec.examples).size, spec.name).toBeGreaterThan(1);
    expect(pages.get(`reg-${spec.name}.1`)).toContain('.SH EXAMPLES');
  }
});

test('the manual names every command, and escapes what roff would take for its own', () => {
  const [[file, text] = ['', '']] = manualPages('1.0.0');
  expect(file).toBe('reg.1');
  for (const spec of COMMANDS) expect(text).toContain(`reg ${spec.usage.replaceAll('-', '\\-')}`);
  for (const [name, page] of manualPages('1.0.0')) {
    const odd = page
      .split('\n')
      .filter((line) => /^['.]/.test(line) && !/^\.(TH|SH|TP|B|BR|I|PP|nf|fi|so)\b/.test(line));
    expect(odd, name).toEqual([]);
    expect(page.replaceAll(/\\(-|\(rs|\(aq|\(ga|\(ha|\(ti|\(bu|&|f[IR])/g, ''), name).not.toContain('\\');
  }
});

test('docs/output.md has the fields of every answer, as the build makes it', () => {
  const document = readFileSync(new URL('../../docs/output.md', import.meta.url), 'utf8');
  expect(document.endsWith(`-->\n\n${fieldsDocument()}\n`)).toBe(true);
});

test('package.json lists every page of the manual, for npm to install', () => {
  const { man } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(man).toEqual(
    manualPages('1.0.0')
      .map(([file]) => `./man/${file}`)
      .sort(),
  );
});

test.each(Object.entries(TOPICS))('help %s fits a screen', (_topic, text) => {
  const lines = text.split('\n').slice(0, -1);
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test('help says the same as --help, and knows topics', async () => {
  const reg = (...args: string[]) => runHere({ cwd: '.', env: {} }, ...args);
  expect(await reg('help', 'which')).toEqual(await reg('which', '--help'));
  expect(await reg('help')).toEqual(await reg('--help'));
  expect((await reg('help', 'tags')).stdout).toBe(TOPICS.tags);
  expect((await reg('help', 'toString')).stderr).toContain("there is no help on 'toString'");
  expect(await reg('help', 'tgas')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean 'tags'?"),
  });
});

test.each<[string, { words: string; fields: string[] | undefined }]>([
  ['which --json churn', { words: 'which --json churn', fields: undefined }],
  ['which --json=version,tag churn', { words: 'which --json churn', fields: ['version', 'tag'] }],
  ['show -- --json=a', { words: 'show -- --json=a', fields: undefined }],
  ['assign churn prod -m --json=a', { words: 'assign churn prod -m --json=a', fields: undefined }],
])('fields of: %s', (typed, { words, fields }) => {
  const line = readLine(typed.split(' '));
  expect([line.words.join(' '), line.fields]).toEqual([words, fields]);
});

test.each<[string, string[], string[]]>([
  ['-q which --at 2026 churn prod', ['churn', 'prod'], ['--quiet', '--at']],
  ['history -qn5 churn', ['churn'], ['--quiet', '--limit']],
  ['load churn -o - --frozen', ['churn'], ['--output', '--frozen']],
  ['show -- --json', ['--json'], []],
  ['register churn --bump=minor --no-sign', ['churn'], ['--bump', '--no-sign']],
])('what is read of: %s', (typed, positionals, options) => {
  const line = readLine(typed.split(' '));
  expect(line.positionals).toEqual(positionals);
  expect(options.filter((name) => !hasOption(line, name))).toEqual([]);
  expect(line.options).toHaveLength(options.length);
});

test.each([
  [['import', 'mlm'], "did you mean 'mlem'?"],
  [['register', 'churn', '--bump', 'mino'], "did you mean 'minor'?"],
  [['shwo'], "did you mean 'show'?"],
  [['show', '--deprecatd'], "did you mean '--deprecated'?"],
  [['show', '--json=artefact'], "did you mean 'artifact'?"],
])('%j: %s', async (args, hint) => {
  const run = await runHere({ cwd: '.', env: {} }, ...args);
  expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(hint) });
});

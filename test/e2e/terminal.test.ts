import { describe, expect, test } from 'vitest';
import { regIn, runReg } from '../support/cli.js';
import { type Env, sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'fraud');
registry.commit({ '.reg.yaml': 'stages: [dev, prod]\n' });
for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'fraud@v2.0.0-rc.1', 'fraud#qa#1'])
  registry.tag(tag, 'On time');
box.advance(60);
registry.tag('fraud@deprecated');

const ESC = '\u001b[';
// before the program starts, its output says that it is a terminal, 80 columns wide
const TERMINAL = 'data:text/javascript,process.stdout.isTTY=true;process.stdout.columns=80';

/** Runs `reg` as on a terminal. */
async function onTerminal(env: Env, ...args: string[]): Promise<string> {
  const run = await runReg(
    box,
    { cwd: registry.dir, env: { NODE_OPTIONS: `--import=${TERMINAL}`, ...env } },
    ...args,
  );
  expect(run).toMatchObject({ stderr: '', code: 0 });
  return run.stdout;
}

describe('tables on a terminal', () => {
  const plain = (...args: string[]): Promise<string> => onTerminal({ NO_COLOR: '1' }, ...args);

  test('the overview has a column for each stage, in order of promotion', async () => {
    expect(await plain('show')).toMatchInlineSnapshot(`
      "artifact  latest  dev  prod
      churn     v1.0.0  -    v1.0.0
      "
    `);
    expect(await plain('show', '--deprecated')).toMatchInlineSnapshot(`
      "artifact            latest       dev  prod    qa
      churn               v1.0.0       -    v1.0.0  -
      fraud (deprecated)  v2.0.0-rc.1  -    -       v2.0.0-rc.1
      "
    `);
  });

  test('the versions of an artifact', async () => {
    const shown = await plain('show', 'churn');
    expect(shown).toContain(registry.git('rev-parse', '--short=7', 'HEAD'));
    expect(shown.replaceAll(/\b[0-9a-f]{7}\b/g, '<oid>')).toMatchInlineSnapshot(`
      "version  stages  registered            by       commit   message
      v1.0.0   prod    2026-01-01T00:00:00Z  Ann Lee  <oid>  On time
      "
    `);
  });

  test('the journal', async () => {
    expect(await plain('history', 'churn')).toMatchInlineSnapshot(`
      "time                  artifact  event         version  stage  by       message
      2026-01-01T00:00:00Z  churn     assignment    v1.0.0   prod   Ann Lee  On time
      2026-01-01T00:00:00Z  churn     registration  v1.0.0   -      Ann Lee  On time
      "
    `);
  });
});

describe('colours', () => {
  test.each<[string, Env, string[], boolean]>([
    ['on a terminal', {}, [], true],
    ['NO_COLOR', { NO_COLOR: '1' }, [], false],
    ['an empty NO_COLOR says nothing', { NO_COLOR: '' }, [], true],
    ['TERM=dumb', { TERM: 'dumb' }, [], false],
    ['--color never', {}, ['--color', 'never'], false],
    ['--color always over NO_COLOR', { NO_COLOR: '1' }, ['--color', 'always'], true],
  ])('%s', async (_what, env, args, colored) => {
    expect((await onTerminal(env, 'show', ...args)).includes(ESC)).toBe(colored);
  });

  test('JSON has none', async () => {
    expect(await onTerminal({}, 'show', '--json', '--color', 'always')).not.toContain(ESC);
  });

  test('a pipe has none', async () => {
    expect((await regIn(box, registry.dir)('show')).stdout).not.toContain(ESC);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runReg } from '../support/cli.js';
import { runHere } from '../support/here.js';
import { type Env, sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'fraud');
registry.commit({ '.reg.yaml': 'stages: [dev, prod]\n' });
for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'fraud@v2.0.0-rc.1', 'fraud#qa#1'])
  registry.tag(tag, 'On time');
box.advance(60);
registry.tag('fraud@deprecated');
registry.commit();
registry.tag('churn@v1.1.0', 'Retrained');
registry.tag('churn#dev#2', 'Try it');

const ESC = '\u001b[';
const LATER = Date.UTC(2026, 0, 4);

/** Runs `reg` as on a terminal, three days later. */
async function onTerminal(env: Env, ...args: string[]): Promise<string> {
  const terminal = { isTTY: true, cwd: registry.dir, now: () => LATER, env: { ...box.env, ...env } };
  const run = await runHere(terminal, '-q', ...args);
  expect(run).toMatchObject({ stderr: '', code: 0 });
  return run.stdout;
}

describe('tables on a terminal', () => {
  const plain = async (...args: string[]): Promise<string> =>
    (await onTerminal({ NO_COLOR: '1' }, ...args)).replaceAll(/\b[0-9a-f]{7}\b/g, '<oid>');

  test('the overview has a column for each stage, in order of promotion, and marks what is behind', async () => {
    expect(await plain('show')).toMatchInlineSnapshot(`
      "artifact  latest  dev     prod
      churn     v1.1.0  v1.1.0  v1.0.0 ↓
      "
    `);
    expect(await plain('show', '--deprecated')).toMatchInlineSnapshot(`
      "artifact            latest       dev     prod      qa
      churn               v1.1.0       v1.1.0  v1.0.0 ↓  -
      fraud (deprecated)  v2.0.0-rc.1  -       -         v2.0.0-rc.1
      "
    `);
    const run = await runHere({ isTTY: true, cwd: registry.dir, env: box.env }, 'show');
    expect(run.stderr).toBe('↓ behind the latest version\n');
  });

  test('the versions of an artifact', async () => {
    expect(await plain('show', 'churn')).toMatchInlineSnapshot(`
      "version  stages  registered  by       commit   message
      v1.1.0   dev     2 days ago  Ann Lee  <oid>  Retrained
      v1.0.0   prod    3 days ago  Ann Lee  <oid>  On time
      "
    `);
  });

  test('the journal', async () => {
    expect(await plain('history', 'churn')).toMatchInlineSnapshot(`
      "time        artifact  event         version  stage  by       message
      2 days ago  churn     assignment    v1.1.0   dev    Ann Lee  Try it
      2 days ago  churn     registration  v1.1.0   -      Ann Lee  Retrained
      3 days ago  churn     assignment    v1.0.0   prod   Ann Lee  On time
      3 days ago  churn     registration  v1.0.0   -      Ann Lee  On time
      "
    `);
    expect(await plain('history', 'churn', '--intervals')).toMatchInlineSnapshot(`
      "artifact  stage  version  from        until  by       ended by
      churn     dev    v1.1.0   2 days ago  -      Ann Lee  -
      churn     prod   v1.0.0   3 days ago  -      Ann Lee  -
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
    ['CLICOLOR=0', { CLICOLOR: '0' }, [], false],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, [], false],
    ['FORCE_COLOR over NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, [], true],
    ['--color never', {}, ['--color', 'never'], false],
    ['--color never over FORCE_COLOR', { FORCE_COLOR: '1' }, ['--color', 'never'], false],
    ['--color always over NO_COLOR', { NO_COLOR: '1' }, ['--color', 'always'], true],
  ])('%s', async (_what, env, args, colored) => {
    expect((await onTerminal(env, 'show', ...args)).includes(ESC)).toBe(colored);
  });

  test.each<[string, Env, boolean]>([
    ['none', {}, false],
    ['FORCE_COLOR', { FORCE_COLOR: '1' }, true],
    ['CLICOLOR_FORCE', { CLICOLOR_FORCE: '1' }, true],
    ['CLICOLOR_FORCE=0', { CLICOLOR_FORCE: '0' }, false],
  ])('in a pipe: %s', async (_what, env, colored) => {
    const run = await runHere({ cwd: registry.dir, env: { ...box.env, ...env } }, 'show', 'churn');
    expect(run.stdout.includes(ESC)).toBe(colored);
    expect(run.stdout.split('\n')[0]?.split('\t').length).toBe(6);
  });

  test('JSON has none', async () => {
    expect(await onTerminal({}, 'show', '--json', '--color', 'always')).not.toContain(ESC);
  });
});

describe('links', () => {
  test('versions and commits lead to their pages, where the terminal shows links and the site is known', async () => {
    const kitty = { TERM: 'xterm-kitty', NO_COLOR: '1' };
    expect(await onTerminal(kitty, 'show')).not.toContain('\u001b]8;');
    registry.git('remote', 'add', 'origin', 'git@github.com:mycompany/models.git');
    expect(await onTerminal(kitty, 'show')).toContain(
      '\u001b]8;;https://github.com/mycompany/models/releases/tag/churn%40v1.1.0\u001b\\v1.1.0\u001b]8;;\u001b\\',
    );
    expect(await onTerminal(kitty, 'history')).toContain('/releases/tag/churn%23prod%231');
    expect(await onTerminal(kitty, 'show', 'churn')).toContain('https://github.com/mycompany/models/commit/');
    for (const env of [{}, { TERM: 'xterm-256color' }, { TERM: 'dumb' }, { ...kitty, CI: '1' }])
      expect(await onTerminal(env, 'show')).not.toContain('\u001b]8;');
    const piped = await runHere({ cwd: registry.dir, env: { ...box.env, ...kitty } }, 'show');
    expect(piped.stdout).not.toContain('\u001b');
  });
});

describe('the pager', () => {
  // before the program starts, its output says that it is a terminal, four lines high
  const SMALL = 'data:text/javascript,Object.assign(process.stdout,{isTTY:true,columns:80,rows:4});';
  const paged = async (env: Env, ...args: string[]): Promise<string> => {
    const options = { cwd: registry.dir, env: { NODE_OPTIONS: `--import=${SMALL}`, NO_COLOR: '1', ...env } };
    const run = await runReg(box, options, 'history', ...args);
    expect(run).toMatchObject({ stderr: '', code: 0 });
    return run.stdout;
  };

  test('shows a long history, and no other', async () => {
    const sed = join(box.root, 'my pager');
    writeFileSync(sed, '#!/bin/sh\nsed s/^/paged:/\n', { mode: 0o755 });
    expect(await paged({ GIT_PAGER: 'sed s/^/paged:/' })).toMatch(/^paged:time /);
    expect(await paged({ PAGER: `'${sed}'` })).toMatch(/^paged:time /);
    expect(await paged({ GIT_PAGER: 'sed s/^/paged:/' }, '-n', '1')).toMatch(/^time /);
    expect(await paged({ GIT_PAGER: 'sed s/^/paged:/' }, '--no-pager')).toMatch(/^time /);
    expect(await paged({ GIT_PAGER: 'cat' })).toMatch(/^time /);
    expect((await runReg(box, { cwd: registry.dir, env: { GIT_PAGER: 'false' } }, 'history')).stdout).toMatch(
      /^2026-/,
    );
  });
});

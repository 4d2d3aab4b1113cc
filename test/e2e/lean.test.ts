import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadedBy, needless, QUICK } from '../../bench/loaded.js';
import { regIn } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
registry.tag('churn@v1.0.0');
registry.tag('churn#prod#1');
registry.commit();

test('what has to be quick loads no YAML, no store, no other git', async () => {
  for (const loaded of await loadedBy(QUICK, registry.dir))
    expect([loaded.line, needless(loaded)]).toEqual([loaded.line, []]);
});

/** A git that writes down its first word, and is git all the same. */
const log = join(box.root, 'started');
const bin = join(box.root, 'bin');
const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
mkdirSync(bin);
writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$1" >> '${log}'\nexec '${real}' "$@"\n`);
chmodSync(join(bin, 'git'), 0o755);
const reg = regIn(box, registry.dir, { PATH: `${bin}:${box.env.PATH}` });

const started = (...args: string[]): Promise<string[]> => startedBy(reg, ...args);

async function startedBy(run: typeof reg, ...args: string[]): Promise<string[]> {
  rmSync(log, { force: true });
  const { code, stderr } = await run(...args);
  expect([code, stderr.replace(/^hint: .*\n/gm, '')]).toEqual([0, '']);
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').sort() : [];
}

const ARTIFACT = ['for-each-ref'];

test.each<[string, string[]]>([
  // the configuration of an ordinary work tree is found without git
  ['which churn prod', ARTIFACT],
  ['which churn prod --json', ARTIFACT],
  ['latest churn', ARTIFACT],
  ['show churn', ARTIFACT],
  ['history churn', ARTIFACT],
  // the tags, the objects that the answer needs, and what HEAD declares
  ['show', ['--literal-pathspecs', 'cat-file', 'rev-parse', 'show-ref']],
  ['history', ['cat-file', 'show-ref']],
])('git is started once for each thing that %s asks of it', async (line, commands) => {
  expect(await started(...line.split(' '))).toEqual(commands);
});

test('in a clone, its remotes are read beside the answer', async () => {
  registry.git('clone', '--quiet', registry.dir, join(box.root, 'clone'));
  const clone = regIn(box, join(box.root, 'clone'), { PATH: `${bin}:${box.env.PATH}` });
  expect(await startedBy(clone, 'which', 'churn', 'prod')).toEqual(['config', ...ARTIFACT]);
});

test('few are started for the others', async () => {
  expect((await started('register', 'churn')).length).toBeLessThanOrEqual(22);
  expect((await started('assign', 'churn', 'dev')).length).toBeLessThanOrEqual(21);
});

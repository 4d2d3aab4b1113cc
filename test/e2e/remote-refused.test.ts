import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Run, regIn, transcript } from '../support/cli-here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
let origin: Repository;
let remote: Repository;
let count = 0;
makeRegistry(box, 'made', 'churn').git('clone', '--quiet', '--bare', '.', join(box.root, 'made.git'));
/** A bare registry that is written by its URL alone. */
beforeEach(() => {
  count += 1;
  cpSync(join(box.root, 'made'), join(box.root, `origin-${count}`), { recursive: true });
  cpSync(join(box.root, 'made.git'), join(box.root, `remote-${count}.git`), { recursive: true });
  origin = box.at(`origin-${count}`);
  remote = box.at(`remote-${count}.git`);
});
afterEach(() => expect(remote.git('fsck', '--strict', '--no-dangling')).toBe(''));
const publish = (): string => origin.git('push', '--quiet', remote.dir, 'main');

const regWith =
  (env: Env) =>
  (...args: string[]): Promise<Run> =>
    regIn(box, box.root, env)(...args, '--repo', `file://${remote.dir}`);
const reg = regWith({});
const codeOf = ({ stderr }: Run): string => (JSON.parse(stderr) as { error: { code: string } }).error.code;

test('an artifact that the commit does not declare, until the configuration allows it', async () => {
  const run = await reg('register', 'fraud');
  expect(transcript(run).replaceAll(`-${count}`, '')).toMatchInlineSnapshot(`
    "$ reg register fraud --repo file://<tmp>/remote.git
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'fraud'
    hint: declare it with: reg link <path> fraud (in a clone); or add --unlinked
    -- exit 1 --
    "
  `);
  expect((await reg('register', 'fraud', '--unlinked')).stdout).toBe('fraud@v0.0.1\n');
  origin.commit({ '.reg.yaml': 'links: optional\n' });
  publish();
  expect((await reg('register', 'fraud')).stdout).toBe('fraud@v0.0.2\n');
});

test('a stage that the configuration at HEAD of the remote does not list', async () => {
  origin.commit({ '.reg.yaml': 'stages: [dev, prod]\n' });
  // what is not there yet does not count
  expect((await reg('assign', 'churn', 'staging')).code).toBe(0);
  publish();
  const refused = await reg('assign', 'churn', 'staging2', '--json');
  expect([codeOf(refused), refused.code]).toEqual(['UNKNOWN_STAGE', 1]);
  expect((await reg('stages', '--allowed')).stdout).toBe('dev\nprod\n');
  expect((await reg('assign', 'churn', 'prod')).stdout).toBe('churn#prod#2\n');
});

test('push: of the configuration means nothing at a URL, and remote: is warned of', async () => {
  origin.commit({ '.reg.yaml': 'push: false\nremote: upstream\n' });
  publish();
  expect(await reg('register', 'churn')).toMatchObject({
    stdout: 'churn@v0.0.1\n',
    stderr: expect.stringMatching(/^warning: \.reg\.yaml:2: remote: is ignored, /),
    code: 0,
  });
  expect(remote.tags()).toEqual(['churn@v0.0.1']);
});

test('a configuration that cannot be read', async () => {
  origin.commit({ '.reg.yaml': 'stagse: [dev]\n' });
  publish();
  const run = await reg('register', 'churn', '--json');
  expect([codeOf(run), run.code]).toEqual(['INVALID_CONFIG', 1]);
  expect(remote.tags()).toEqual([]);
});

test('a user without an identity', async () => {
  const nobody = { GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '', EMAIL: '' };
  const run = await regWith(nobody)('register', 'churn', '--json');
  expect([codeOf(run), run.code]).toEqual(['NO_IDENTITY', 1]);
  expect((await regWith(nobody)('show')).code).toBe(0);
  expect(remote.tags()).toEqual([]);
});

test('offline', async () => {
  // what was asked before is known offline
  await reg('register', 'churn', '--dry-run');
  await reg('assign', 'churn', 'prod', '--dry-run');
  for (const args of [
    ['register', 'churn'],
    ['assign', 'churn', 'prod', '--dry-run'],
    ['deprecate', 'churn'],
  ]) {
    const run = await reg(...args, '--offline');
    expect(run).toMatchObject({ stdout: '', code: 2 });
    expect(run.stderr).toMatch(
      /^error: a write to file:.* cannot stay offline\nhint: leave out --offline\n$/,
    );
  }
});

test('what a clone would refuse too', async () => {
  await reg('assign', 'churn', 'prod');
  const other = origin.commit({ 'model.bin': 'a model, trained twice' });
  publish();
  const refusals = [
    [['register', 'churn', other, '--version', 'v0.0.1'], 'ALREADY_REGISTERED', 1],
    [['register', 'churn', 'main~1', '--version', 'v3.0.0'], 'COMMIT_TAKEN', 1],
    [['register', 'Churn', '--unlinked'], 'NAME_CASE', 1],
    [['register', 'churn', 'no-such-branch'], 'UNKNOWN_REV', 1],
    [['assign', 'churn@v7.0.0', 'prod'], 'UNKNOWN_VERSION', 1],
    [['deregister', 'churn@v7.0.0'], 'UNKNOWN_VERSION', 1],
    [['unassign', 'churn', 'dev'], 'UNKNOWN_STAGE', 1],
    [['rollback', 'nobody', 'dev'], 'UNKNOWN_ARTIFACT', 1],
    [['assign', 'churn', 'a/b'], 'INVALID_STAGE', 2],
  ] as const;
  for (const [args, code, exit] of refusals) {
    const run = await reg(...args, '--json');
    expect([args.join(' '), codeOf(run), run.code]).toEqual([args.join(' '), code, exit]);
  }
  expect(remote.tags()).toHaveLength(2);
});

test('a hook that says no, and one that has something to say', async () => {
  const hook = join(remote.dir, 'hooks/pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "Ask Ann first" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const run = await reg('assign', 'churn', 'prod');
  expect(run).toMatchObject({ stdout: '', stderr: expect.stringContaining('Ask Ann first'), code: 4 });
  expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  writeFileSync(hook, '#!/bin/sh\necho "Welcome" >&2\n');
  expect((await reg('assign', 'churn', 'prod')).stdout).toBe('churn@v0.0.1\nchurn#prod#1\n');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesWith, guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { sandbox } from '../support/repo.js';
import { publishHistory, type Served } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

const box = sandbox();
const SECRETS = secretsOf(LOGIN);
let server: HttpServer;
let served: Served;
let reg: ReturnType<typeof guardedReg>;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  served = publishHistory(box, server, 'registry', LOGIN);
  reg = guardedReg(box, box.root, SECRETS);
});
afterAll(() => server.close());

/** Runs a command for a person and for a program. */
const both = (run: typeof reg, command: string, ...options: string[]) =>
  Promise.all(['-v', '--json'].map((how) => run(...command.split(' '), ...options, how)));

test.each([
  'which churn prod',
  'latest churn',
  'show',
  'show churn',
  'history',
  'stages',
  'check-ref churn#prod#2',
  'describe churn@v2.0.0',
  'load churn#prod -o -',
  'register churn --dry-run',
])('reg --repo URL %s', async (command) => {
  for (const run of await both(reg, command, '--repo', served.url)) expect(run.code).toBe(0);
});

test.each([
  ['status', 1],
  ['sync', 1],
  ['doctor', 0],
  ['validate', 1],
  ['init', 1],
  ['link model.bin churn', 1],
  ['import mlem', 1],
  ['register churn --offline', 2],
  ['register no-such', 1],
  ['which churn no-such', 1],
  ['no-such-command', 2],
])('what a URL is no help for: reg --repo URL %s', async (command, code) => {
  const runs = await both(reg, command, '--repo', served.url);
  expect(runs.map((run) => run.code)).toEqual([code, code]);
});

test('the URL in REG_REPO', async () => {
  const run = guardedReg(box, box.root, SECRETS, { REG_REPO: served.url });
  expect((await run('which', 'churn', 'prod')).stdout).toBe('v2.0.0\n');
  expect((await run('status', '--json')).code).toBe(1);
});

test('writes with --repo', async () => {
  for (const command of [
    'assign churn prod -m Tested',
    'rollback churn prod',
    'unassign churn prod',
    'deregister churn@v2.0.1',
    'deprecate churn',
    'register fraud --json',
    'assign fraud dev -v',
  ]) {
    const run = await reg(...command.split(' '), '--repo', served.url);
    expect({ command, code: run.code }).toEqual({ command, code: 0 });
  }
});

test('a clone whose remote has it in its URL', async () => {
  const { clone } = served;
  const here = guardedReg(box, clone.dir, SECRETS);
  for (const command of ['status', 'doctor', 'sync', 'status', 'show', 'history']) await both(here, command);
  clone.commit();
  for (const command of ['assign fraud prod', 'unassign fraud prod'])
    expect(await here(...command.split(' '), '--push', '-v')).toMatchObject({ code: 0 });
  expect((await here('deprecate', 'fraud', '--json')).code).toBe(0);
  expect((await here('sync', '-v')).code).toBe(0);
});

test('no written file holds it, except git’s own configuration of the remote', () => {
  expect(filesWith(box, SECRETS)).toEqual(['registry/.git/config']);
});

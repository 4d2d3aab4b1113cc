import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesWith, guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { sandbox } from '../support/repo.js';
import { publishHistory, type Served } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';

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

/** How a command is run for a person, and for a program. */
const HOW = ['-v', '--json'] as const;

const ANSWERED = [
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
];
test.each(pairs(ANSWERED, HOW))('reg --repo URL %s %s', async (command, how) => {
  expect((await reg(...command.split(' '), '--repo', served.url, how)).code).toBe(0);
});

const NO_HELP = [
  { command: 'status', code: 1 },
  { command: 'sync', code: 1 },
  { command: 'doctor', code: 0 },
  { command: 'validate', code: 1 },
  { command: 'init', code: 1 },
  { command: 'link model.bin churn', code: 1 },
  { command: 'import mlem', code: 1 },
  { command: 'register churn --offline', code: 2 },
  { command: 'register no-such', code: 1 },
  { command: 'which churn no-such', code: 1 },
  { command: 'no-such-command', code: 2 },
];
test.each(pairs(NO_HELP, HOW).map(([row, how]) => ({ ...row, how })))(
  'what a URL is no help for: reg --repo URL $command $how',
  async ({ command, code, how }) => {
    expect((await reg(...command.split(' '), '--repo', served.url, how)).code).toBe(code);
  },
);

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
  const questions = ['status', 'doctor', 'sync', 'status', 'show', 'history'];
  for (const [question, how] of pairs(questions, HOW)) await here(question, how);
  clone.commit();
  for (const command of ['assign fraud prod', 'unassign fraud prod'])
    expect(await here(...command.split(' '), '--push', '-v')).toMatchObject({ code: 0 });
  expect((await here('deprecate', 'fraud', '--json')).code).toBe(0);
  expect((await here('sync', '-v')).code).toBe(0);
});

test('no written file holds it, except git’s own configuration of the remote', () => {
  expect(filesWith(box, SECRETS)).toEqual(['registry/.git/config']);
});

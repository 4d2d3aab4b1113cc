import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { filesWith, guardedReg, keptInside, LOGIN, secretsOf } from '../support/canary.js';
import type { Run } from '../support/cli.js';
import { endGroup, until } from '../support/process-groups.js';
import { type Env, sandbox } from '../support/repo.js';
import { installHook, publishHistory, type Served, startWrite, WAYS, type Way } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { type Fault, PUSHING, READING } from '../support/servers-faults.js';
import { rows } from '../support/soak.js';

const box = sandbox();
const WRONG = 'canary-user:canary-wrong';
const SECRETS = secretsOf(LOGIN, WRONG);
/** What a server may know of who pushes, in every form. */
const TOLD = `You are ${LOGIN.replace(':', ' with ')}, ${secretsOf(LOGIN).join(' and ')} at http://${LOGIN}@example.com/`;
let server: HttpServer;
let served: Served;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  served = publishHistory(box, server, 'registry', LOGIN);
});
afterEach(() => {
  server.fail();
  installHook(served.remote, 'pre-receive', 'exit 0');
});
afterAll(() => server.close());

/** Runs a command one way or the other, and sees that it shows no secret. */
const run = (way: Way, command: string, env: Env = {}) => {
  const isFar = way === 'with --repo';
  const reg = guardedReg(box, isFar ? box.root : served.clone.dir, SECRETS, { REG_TIMEOUT: '20', ...env });
  return reg(...command.split(' '), ...(isFar ? ['--repo', served.url] : []));
};
const questionsOf = (way: Way): string[] =>
  way === 'with --repo' ? ['show --json', 'load churn#prod -o - -v'] : ['status --json', 'sync -v'];
const codesOf = async (runs: Promise<Run>[]) => (await Promise.all(runs)).map(({ code }) => code);

describe.each(WAYS)('%s', (way) => {
  test.each(rows<Fault>([401, 403, 500, 'cut before', 'truncated']))('%s to questions', async (fault) => {
    server.fail({ fault, on: READING });
    const questions = [...questionsOf(way), 'assign churn prod --push -v', 'assign churn prod --push --json'];
    expect(await codesOf(questions.map((question) => run(way, question)))).toEqual([4, 4, 4, 4]);
    for (const how of ['-v', '--json'])
      expect((await run(way, `doctor ${how}`)).code).toBe(way === 'with --repo' ? 4 : 1);
  });

  test.each(rows<Fault>([401, 403, 500, 'cut before']))('%s to pushes', async (fault) => {
    server.fail({ fault, on: PUSHING });
    const writes = ['-v', '--json'].map((how) => run(way, `assign churn prod --push ${how}`));
    expect(await codesOf(writes)).toEqual([4, 4]);
  });

  test.each<Fault>([401, 403, 500])('%s, and the server repeats what it was sent', async (fault) => {
    server.fail({ fault, on: [...READING, ...PUSHING], repeatsLogin: true });
    for (const command of [questionsOf(way)[0] ?? '', 'assign churn prod --push']) {
      const { code, stderr } = await run(way, command);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('You sent ') });
    }
  });

  test('a hook that prints it', async () => {
    installHook(served.remote, 'pre-receive', `echo '${TOLD}' >&2; exit 1`);
    for (const how of ['-v', '--json']) {
      const { code, stderr } = await run(way, `assign churn prod --push ${how}`);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('You are ') });
    }
    installHook(served.remote, 'pre-receive', `echo '${TOLD}' >&2`);
    expect((await run(way, `assign churn ${way === 'with --repo' ? 'dev' : 'test'} --push -v`)).code).toBe(0);
  });

  test('a push whose answer is lost', async () => {
    server.fail({ fault: 'cut after', on: ['push'] });
    expect((await run(way, 'deprecate churn --push --force -v')).code).toBe(0);
  });

  test('the traces of git, which go where its errors go', async () => {
    server.fail({ fault: 403, on: PUSHING });
    const env = { GIT_TRACE: '1', GIT_TRACE_CURL: '1' };
    expect((await run(way, 'assign churn prod --push', env)).code).toBe(4);
  });

  test('Ctrl-C while the server hangs', async () => {
    server.fail({ fault: 'hangs', on: READING });
    const child = startWrite(box, served, way, keptInside(box), ['assign', 'churn', 'prod', '-v']);
    let said = '';
    for (const pipe of [child.stdout, child.stderr]) pipe?.on('data', (chunk) => (said += chunk));
    const ended = new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal)));
    await until(() => server.befallen() > 0);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await ended).toBe('SIGINT');
    endGroup(child.pid ?? 0);
    for (const secret of SECRETS) expect(said).not.toContain(secret);
  });
});

test('a server that hangs', async () => {
  // soon, and yet not so soon that a busy machine is taken for one that hangs
  const env = { REG_TIMEOUT: '3' };
  server.fail({ fault: 'hangs', on: READING });
  const questions = WAYS.map((way) => run(way, questionsOf(way)[0] ?? '', env));
  expect(await codesOf(questions)).toEqual([4, 4]);
  server.fail({ fault: 'hangs', on: PUSHING });
  expect(await codesOf(WAYS.map((way) => run(way, 'assign churn prod --push -v', env)))).toEqual([4, 4]);
});

test('a wrong password', async () => {
  const wrong = served.url.replace(LOGIN, WRONG);
  served.clone.git('remote', 'set-url', 'origin', wrong);
  const here = guardedReg(box, served.clone.dir, SECRETS);
  const far = guardedReg(box, box.root, SECRETS, { REG_REPO: wrong });
  for (const command of ['show', 'doctor --json', 'assign churn prod -v', 'status'])
    expect([1, 4]).toContain((await far(...command.split(' '))).code);
  for (const command of ['status', 'sync --json', 'assign churn prod --push -v', 'doctor'])
    expect([1, 4]).toContain((await here(...command.split(' '))).code);
});

test('no written file holds it, except git’s own configuration of the remote', () => {
  expect(filesWith(box, SECRETS)).toEqual(['registry/.git/config']);
});

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { filesWith, guardedReg, keptInside, LOGIN, secretsOf } from '../support/canary.js';
import type { Run } from '../support/cli.js';
import { endGroup, until } from '../support/process-groups.js';
import { type Env, sandbox } from '../support/repo.js';
import {
  byTurns,
  installHook,
  publishHistory,
  type Served,
  startWrite,
  WAYS,
  type Way,
} from '../support/served.js';
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
const run = (way: Way, command: string, env: Env = {}, { clone, url } = served) => {
  const isFar = way === 'with --repo';
  const reg = guardedReg(box, isFar ? box.root : clone.dir, SECRETS, { REG_TIMEOUT: '20', ...env });
  return reg(...command.split(' '), ...(isFar ? ['--repo', url] : []));
};
const questionsOf = (way: Way): string[] =>
  way === 'with --repo' ? ['show --json', 'load churn#prod -o - -v'] : ['status --json', 'sync -v'];
const codesOf = async (runs: Promise<Run>[]) => (await Promise.all(runs)).map(({ code }) => code);

/** Faults of the server, each for one of the ways. */
const faultsByTurns = (...faults: Fault[]) => byTurns(faults.map((fault) => ({ fault })));

test.each(faultsByTurns(...rows<Fault>([401, 403, 500, 'cut before', 'truncated'])))(
  '$fault to questions, $way',
  async ({ fault, way }) => {
    server.fail({ fault, on: READING });
    const questions = [...questionsOf(way), 'assign churn prod --push -v', 'assign churn prod --push --json'];
    expect(await codesOf(questions.map((question) => run(way, question)))).toEqual([4, 4, 4, 4]);
    for (const how of ['-v', '--json'])
      expect((await run(way, `doctor ${how}`)).code).toBe(way === 'with --repo' ? 4 : 1);
  },
);

test.each(faultsByTurns(...rows<Fault>([401, 403, 500, 'cut before'])))(
  '$fault to pushes, $way',
  async ({ fault, way }) => {
    server.fail({ fault, on: PUSHING });
    const writes = ['-v', '--json'].map((how) => run(way, `assign churn prod --push ${how}`));
    expect(await codesOf(writes)).toEqual([4, 4]);
  },
);

test.each(faultsByTurns(401, 403, 500))(
  '$fault, and the server repeats what it was sent, $way',
  async ({ fault, way }) => {
    server.fail({ fault, on: [...READING, ...PUSHING], repeatsLogin: true });
    for (const command of [questionsOf(way)[0] ?? '', 'assign churn prod --push']) {
      const { code, stderr } = await run(way, command);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('You sent ') });
    }
  },
);

/** Where else a secret might be shown. */
const LEAKS = [
  {
    what: 'a hook that prints it',
    expectKept: async (way: Way) => {
      installHook(served.remote, 'pre-receive', `echo '${TOLD}' >&2; exit 1`);
      for (const how of ['-v', '--json']) {
        const { code, stderr } = await run(way, `assign churn prod --push ${how}`);
        expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('You are ') });
      }
      installHook(served.remote, 'pre-receive', `echo '${TOLD}' >&2`);
      expect((await run(way, `assign churn ${way === 'with --repo' ? 'dev' : 'test'} --push -v`)).code).toBe(
        0,
      );
    },
  },
  {
    what: 'a push whose answer is lost',
    expectKept: async (way: Way) => {
      server.fail({ fault: 'cut after', on: ['push'] });
      expect((await run(way, 'deprecate churn --push --force -v')).code).toBe(0);
    },
  },
  {
    what: 'the traces of git, which go where its errors go',
    expectKept: async (way: Way) => {
      server.fail({ fault: 403, on: PUSHING });
      const env = { GIT_TRACE: '1', GIT_TRACE_CURL: '1' };
      expect((await run(way, 'assign churn prod --push', env)).code).toBe(4);
    },
  },
  {
    what: 'Ctrl-C while the server hangs',
    expectKept: async (way: Way) => {
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
    },
  },
];

test.each(byTurns(LEAKS))('$what, $way', ({ expectKept, way }) => expectKept(way));

test('a server that hangs', async () => {
  // soon, and yet not so soon that a busy machine is taken for one that hangs
  const env = { REG_TIMEOUT: '3' };
  const pushedTo = await serveHttp(box, { login: LOGIN });
  const other = publishHistory(box, pushedTo, 'pushed-to', LOGIN);
  server.fail({ fault: 'hangs', on: READING });
  pushedTo.fail({ fault: 'hangs', on: PUSHING });
  const questions = WAYS.map((way) => run(way, questionsOf(way)[0] ?? '', env));
  const writes = WAYS.map((way) => run(way, 'assign churn prod --push -v', env, other));
  expect(await codesOf([...questions, ...writes])).toEqual([4, 4, 4, 4]);
  await pushedTo.close();
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
  expect(filesWith(box, SECRETS).sort()).toEqual(['pushed-to/.git/config', 'registry/.git/config']);
});

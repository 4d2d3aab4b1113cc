import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostTokens, tokenFor } from '../../src/util/host-tokens.js';
import { type Run, runReg } from '../support/cli-here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const LOGIN = 'x-access-token:s3cret-of-the-job';
const HEADER = `AUTHORIZATION: Basic ${Buffer.from(LOGIN).toString('base64')}`;
const SECRETS = ['s3cret-of-the-job', Buffer.from(LOGIN).toString('base64')];
const registry = makeRegistry(box, 'registry', 'churn');
registry.tag('churn@v1.0.0');
registry.tag('churn#prod#1');
let server: HttpServer;
let url: string;
let variable: string;
let checkout: Repository;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  url = `${server.url}/registry`;
  variable = `REG_TOKEN_127_0_0_1_${new URL(url).port}`;
  checkout = box.repository('checkout');
  checkout.commit({ 'linked.model.yaml': `source: {repo: '${url}', path: model.bin}\n` });
  checkout.git('remote', 'add', 'origin', url);
});
afterAll(() => server.close());

/** Both ways to reach a repository at a web address. */
const MODES = [['git'], ['embedded']] as const;
const ask = (mode: string, cwd: string, env: Env, ...args: string[]): Promise<Run> =>
  runReg(
    box,
    { cwd, env: { REG_GIT: mode, XDG_CACHE_HOME: join(box.root, `cache-${mode}`), ...env } },
    ...args,
  );
const which = (mode: string, cwd: string, env: Env = {}): Promise<Run> =>
  ask(mode, cwd, env, 'which', 'churn', 'prod', '--repo', url);

/** What actions/checkout leaves in a clone, for the length of a test. */
async function withHeader<T>(key: string, run: () => Promise<T>): Promise<T> {
  checkout.git('config', key, HEADER);
  try {
    return await run();
  } finally {
    checkout.git('config', '--unset-all', key);
  }
}

describe.each(MODES)('with REG_GIT=%s', (mode) => {
  test('the configuration of the clone one stands in counts, as for git', async () => {
    expect(await which(mode, checkout.dir)).toMatchObject({ code: 4, stdout: '' });
    await withHeader(`http.${server.url}/.extraheader`, async () => {
      expect(await which(mode, checkout.dir)).toMatchObject({ code: 0, stdout: 'v1.0.0\n', stderr: '' });
      // elsewhere it does not
      expect((await which(mode, box.root)).code).toBe(4);
      const linked = await ask(mode, checkout.dir, {}, 'load', 'linked', '-o', '-');
      expect([linked.code, linked.stdout]).toEqual([0, 'a model']);
    });
  });

  test('a header for every host goes to the registry that was named, and to no source of a link', async () => {
    await withHeader('http.extraheader', async () => {
      expect(await which(mode, checkout.dir)).toMatchObject({ code: 0, stdout: 'v1.0.0\n' });
      const cold = { XDG_CACHE_HOME: join(box.root, `cold-${mode}`) };
      expect((await ask(mode, checkout.dir, cold, 'load', 'linked', '-o', '-')).code).toBe(4);
    });
  });

  test('REG_TOKEN_<HOST> is the login of exactly that host', async () => {
    const token = { [variable]: 's3cret-of-the-job' };
    expect(await which(mode, box.root, token)).toMatchObject({ code: 0, stdout: 'v1.0.0\n', stderr: '' });
    expect((await which(mode, box.root, { [variable]: LOGIN })).code).toBe(0);
    expect((await which(mode, box.root, { [`${variable}0`]: LOGIN, REG_TOKEN_127_0_0_1: LOGIN })).code).toBe(
      4,
    );
    // it comes before the header of a checkout, which is for another repository
    checkout.git('config', `http.${server.url}/.extraheader`, 'AUTHORIZATION: Basic bm90aGluZw==');
    expect(await which(mode, checkout.dir, token)).toMatchObject({ code: 0, stdout: 'v1.0.0\n' });
    checkout.git('config', '--unset-all', `http.${server.url}/.extraheader`);
  });

  test('a token that is refused is never printed', async () => {
    const wrong = await which(mode, box.root, { [variable]: 'wrong:s3cret-of-the-job' });
    expect(wrong.code).toBe(4);
    for (const secret of SECRETS) expect(wrong.stderr).not.toContain(secret);
  });

  test('a token is not sent to the host of a redirect', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const moved = createServer((request, response) => {
      const wanted = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
      if (request.headers.authorization !== wanted)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      else response.writeHead(302, { location: `http://127.0.0.1:${portOf(elsewhere)}${request.url}` }).end();
    });
    for (const one of [elsewhere, moved])
      await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    const port = portOf(moved);
    const env = { [`REG_TOKEN_127_0_0_1_${port}`]: 's3cret-of-the-job' };
    const repo = `http://127.0.0.1:${port}/registry`;
    expect((await ask(mode, box.root, env, 'which', 'churn', 'prod', '--repo', repo)).code).toBe(4);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((one) => one !== undefined)).toEqual([]);
    for (const one of [elsewhere, moved]) one.close();
  });
});

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

test('a push of a clone is let in by a token too, and nothing holds it afterwards', async () => {
  const clone = join(box.root, 'clone');
  checkout.git('clone', '--quiet', registry.dir, clone);
  const made = box.at('clone');
  made.git('remote', 'set-url', 'origin', url);
  registry.git('config', 'http.receivepack', 'true');
  registry.git('config', 'receive.denyCurrentBranch', 'ignore');
  const pushed = await ask('git', clone, { [variable]: LOGIN }, 'assign', 'churn@v1.0.0', 'dev', '--push');
  expect([pushed.code, pushed.stdout]).toEqual([0, 'churn#dev#2\n']);
  expect(registry.tags()).toContain('churn#dev#2');
  expect(readFileSync(join(clone, '.git/config'), 'utf8')).not.toContain('s3cret');
});

test('settings of an included file count, as actions/checkout has them since v6', async () => {
  mkdirSync(join(box.root, 'temp'), { recursive: true });
  writeFileSync(join(box.root, 'temp/job.config'), `[http "${server.url}/"]\n\textraheader = ${HEADER}\n`);
  const key = `includeIf.gitdir:${checkout.dir}/.git.path`;
  checkout.git('config', key, join(box.root, 'temp/job.config'));
  expect(await which('git', checkout.dir)).toMatchObject({ code: 0, stdout: 'v1.0.0\n' });
  checkout.git('config', '--unset-all', key);
});

test.each([
  ['REG_TOKEN_GITHUB_COM', 'https://github.com/o/r', 'x-access-token:t'],
  ['REG_TOKEN_GITLAB__CI_EXAMPLE_COM', 'https://gitlab-ci.example.com/o/r.git', 'x-access-token:t'],
  ['REG_TOKEN_GIT_EXAMPLE_COM_8443', 'https://GIT.example.com:8443/o/r.git', 'x-access-token:t'],
  ['REG_TOKEN_GIT_EXAMPLE_COM', 'https://me@git.example.com/o/r.git', 'me:t'],
  ['REG_TOKEN_BITBUCKET_ORG', 'https://bitbucket.org/o/r.git', 'x-token-auth:t'],
  // another host, port or scheme
  ['REG_TOKEN_GITHUB_COM', 'https://github-com/o/r', undefined],
  ['REG_TOKEN_GITLAB_CI_EXAMPLE_COM', 'https://gitlab-ci.example.com/o/r', undefined],
  ['REG_TOKEN_GITHUB_COM', 'https://github.com:8443/o/r', undefined],
  ['REG_TOKEN_GITHUB_COM', 'https://evil.github.com/o/r', undefined],
  ['REG_TOKEN_GITHUB_COM', 'http://github.com/o/r', undefined],
  ['REG_TOKEN_A___B', 'https://a-.b/x', undefined],
])('%s at %s', (name, address, expected) => {
  const login = tokenFor(address, { [name]: 't' });
  expect(login && `${login.username}:${login.password}`).toBe(expected);
});

test('the token of a job at GitLab has the user that GitLab wants', () => {
  const env = { REG_TOKEN_GITLAB_COM: 'glcbt-1', CI_JOB_TOKEN: 'glcbt-1', REG_TOKEN_GITHUB_COM: 'a\nb' };
  expect(hostTokens(env).map(({ login }) => login)).toEqual([
    { username: 'gitlab-ci-token', password: 'glcbt-1' },
  ]);
});

test('a repository of another user is named, and the command that trusts it', async () => {
  const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
  for (const command of ['init', 'status', 'sync', 'which churn prod']) {
    const run = await runReg(box, { cwd: registry.dir, env }, ...command.split(' '));
    expect([command, run.code, run.stderr]).toEqual([
      command,
      1,
      `error: ${registry.dir} belongs to another user, so git does not read it\nhint: where you trust it: git config --global --add safe.directory ${registry.dir}\n`,
    ]);
  }
});

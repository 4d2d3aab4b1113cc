import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOGIN, secretsOf } from '../support/canary.js';
import { type LfsServer, serveLfs } from '../support/lfs-server.js';
import { readingIn } from '../support/lfs-server-reading.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
const { read, failure } = readingIn(box);
const bytes = randomBytes(400);
const research = box.repository('research');
const AUTHORIZATION = `Basic ${Buffer.from(LOGIN).toString('base64')}`;
let server: LfsServer;
let other: LfsServer;
let commit: string;
beforeAll(async () => {
  server = await serveLfs(box, { login: LOGIN });
  other = await serveLfs(box, { login: LOGIN });
  other.put(bytes);
  commit = research.commit({ 'm.bin': server.put(bytes) });
});
afterAll(() => Promise.all([server.close(), other.close()]));
beforeEach(() => {
  server.requests.length = 0;
  other.requests.length = 0;
});

const log = join(box.root, 'helper.log');
let homes = 0;
/** The home of a user whose credential helper gives a login, and notes what it is asked and told. */
function homeWith(login: string, context = ''): Env {
  homes += 1;
  const home = join(box.root, `home-${homes}`);
  const helper = join(home, 'helper.sh');
  mkdirSync(home);
  const [username = '', password = ''] = login.split(':');
  const script = `#!/bin/sh\n{ echo "$1"; cat; echo; } >> '${log}'\nif [ "$1" = get ]; then echo username=${username}; echo password=${password}; fi\n`;
  writeFileSync(helper, script, { mode: 0o755 });
  writeFileSync(join(home, '.gitconfig'), `[credential${context}]\n\thelper = ${helper}\n`);
  rmSync(log, { force: true });
  return { HOME: home };
}
const told = (): string => (existsSync(log) ? readFileSync(log, 'utf8') : '');
const url = (login = ''): string => `${server.url.replace('://', `://${login}`)}/research/.git`;

test('a login in the address of the remote is used', async () => {
  const env = homeWith('nobody:nothing');
  const got = await read({ repo: url(`${LOGIN}@`), commit, path: 'm.bin', env });
  expect(got.equals(bytes)).toBe(true);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([AUTHORIZATION, undefined]);
});

test('a helper of git is asked once the server wants a login, and its login is approved', async () => {
  const got = await read({ repo: url(), commit, path: 'm.bin', env: homeWith(LOGIN), cache: 'with-helper' });
  expect(got.equals(bytes)).toBe(true);
  expect(server.requests.slice(0, 2).map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    AUTHORIZATION,
  ]);
  expect(told()).toMatch(/^store\nprotocol=http\nhost=127\.0\.0\.1:\d+\nusername=canary-user\n/m);
});

test('a refused login is rejected at its helper, and never printed', async () => {
  // what git has is here already, so that the server of large files alone is asked
  await read({ repo: url(), commit, path: 'm.bin', env: homeWith(LOGIN), cache: 'refused' });
  const env = homeWith('canary-user:wrong-password');
  const error = await failure({ repo: url(), commit, path: 'm.bin', env, cache: 'refused' });
  expect(error).toMatchObject({ code: 'REMOTE_FAILED', hint: expect.stringContaining('credential') });
  expect(error.message).toContain('answered 401');
  for (const secret of secretsOf('canary-user:wrong-password'))
    expect(error.message + error.hint).not.toContain(secret);
  expect(told()).toMatch(/^erase\n/m);
});

test('a server that wants a login and gets none', async () => {
  await read({ repo: url(), commit, path: 'm.bin', env: homeWith(LOGIN), cache: 'none' });
  const error = await failure({ repo: url(), commit, path: 'm.bin', cache: 'none' });
  expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('answered 401') });
});

test('a header that git is to send, as CI runners set it up, is sent', async () => {
  const header: Env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${server.url}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: ${AUTHORIZATION}`,
  };
  const got = await read({ repo: url(), commit, path: 'm.bin', env: header });
  expect(got.equals(bytes)).toBe(true);
  expect(server.requests[0]?.headers.authorization).toBe(AUTHORIZATION);
});

describe('.lfsconfig of a commit', () => {
  const withConfig = (config: string): string => {
    const made = research.commit({ '.lfsconfig': config });
    research.git('reset', '--quiet', '--hard', commit);
    return made;
  };

  test('may name a server at the host of the remote, which gets what git’s helpers know', async () => {
    const made = withConfig(`[lfs]\n\turl = ${other.url}/elsewhere\n`);
    const got = await read({ repo: url(`${LOGIN}@`), commit: made, path: 'm.bin', env: homeWith(LOGIN) });
    expect(got.equals(bytes)).toBe(true);
    expect(server.requests).toEqual([]);
    expect(other.requests.map(({ line }) => line)[0]).toBe('POST /elsewhere/objects/batch');
    // the login in the address of the remote was for another port
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('may name a server for the remote that a clone has', async () => {
    const made = withConfig(`[remote "origin"]\n\tlfsurl = ${other.url}/elsewhere\n`);
    const got = await read({ repo: url(`${LOGIN}@`), commit: made, path: 'm.bin', env: homeWith(LOGIN) });
    expect(got.equals(bytes)).toBe(true);
    expect(server.requests).toEqual([]);
  });

  test('a server at another host in a private network is not asked at all', async () => {
    const localhost = other.url.replace('127.0.0.1', 'localhost');
    const made = withConfig(`[lfs]\n\turl = ${localhost}/elsewhere\n`);
    const error = await failure({
      repo: url(`${LOGIN}@`),
      commit: made,
      path: 'm.bin',
      env: homeWith(LOGIN),
    });
    expect(error).toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringContaining('private network'),
    });
    expect([...server.requests, ...other.requests]).toEqual([]);
  });

  test('another host gets no login and no header of the remote, and no prompt', async () => {
    const localhost = other.url.replace('127.0.0.1', 'localhost');
    const made = withConfig(`[lfs]\n\turl = ${localhost}/elsewhere\n`);
    const asked = join(box.root, 'asked');
    const askpass = join(box.root, 'askpass.sh');
    writeFileSync(askpass, `#!/bin/sh\ntouch '${asked}'\necho secret\n`, { mode: 0o755 });
    const env: Env = {
      ...homeWith(LOGIN, ` "${server.url}"`),
      REG_HTTP_PRIVATE: 'allow',
      GIT_ASKPASS: askpass,
      GIT_TERMINAL_PROMPT: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: 'X-Secret: canary',
    };
    const error = await failure({ repo: url(`${LOGIN}@`), commit: made, path: 'm.bin', env });
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('answered 401') });
    expect(other.requests.map(({ headers: { authorization, 'x-secret': x } }) => [authorization, x])).toEqual(
      [[undefined, undefined]],
    );
    expect(existsSync(asked)).toBe(false);
  });

  test('a server that is no web server is refused', async () => {
    for (const address of [
      'ssh://git@example.com/x',
      'file:///etc',
      '/etc',
      'git@example.com:x',
      'ext::sh -c x',
    ]) {
      const made = withConfig(`[lfs]\n\turl = "${address}"\n`);
      const error = await failure({ repo: url(`${LOGIN}@`), commit: made, path: 'm.bin' });
      expect(error).toMatchObject({ code: 'SOURCE_UNSUPPORTED', hint: expect.stringContaining('lfs.url') });
      expect(error.message).toContain('.lfsconfig names a Git LFS server that is not a web server');
    }
    expect([...server.requests, ...other.requests]).toEqual([]);
  });

  test('the user’s own configuration comes first', async () => {
    const made = withConfig('[lfs]\n\turl = https://lfs.invalid/\n');
    const env = {
      ...homeWith(LOGIN),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'lfs.url',
      GIT_CONFIG_VALUE_0: `${other.url}/own/`,
    };
    const got = await read({ repo: url(), commit: made, path: 'm.bin', env });
    expect(got.equals(bytes)).toBe(true);
    expect(other.requests[0]?.line).toBe('POST /own/objects/batch');
  });
});

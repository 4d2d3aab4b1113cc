import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { filesWith, guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { sandbox } from '../support/repo.js';
import { byTurns, installHook, publishHistory } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { READING } from '../support/servers-faults.js';

const box = sandbox();
const servers: HttpServer[] = [];
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  servers.push(server);
});
afterEach(() => server.fail());
afterAll(() => Promise.all(servers.map(({ close }) => close())));

/** Logins as they stand in a URL, what the server gets of them, and what of that is secret. */
const FORMS = [
  {
    form: 'characters in another form',
    inUrl: 'ann:canary%40pass%2Fword',
    login: 'ann:canary@pass/word',
    secret: 'canary@pass/word',
  },
  {
    form: 'a token for a password',
    inUrl: 'x-access-token:canary-token',
    login: 'x-access-token:canary-token',
    secret: 'canary-token',
  },
  { form: 'a token for a user', inUrl: 'canary-token:', login: 'canary-token:', secret: 'canary-token' },
  // GitHub takes a token so too, and any word for the password
  {
    form: 'a token for a user, and a word',
    inUrl: 'canary-token:x-oauth-basic',
    login: 'canary-token:x-oauth-basic',
    secret: 'canary-token',
  },
];

/** The secrets of all forms. */
const used = new Set<string>();

test.each(byTurns(FORMS))('$form, $way', async ({ form, inUrl, login, secret, way }) => {
  const guarded = await serveHttp(box, { login });
  servers.push(guarded);
  const name = `${way}-${form}`.replaceAll(/\W+/g, '-');
  const { clone, remote, url } = publishHistory(box, guarded, name, inUrl);
  const base64 = Buffer.from(login).toString('base64');
  const secrets = [secret, encodeURIComponent(secret), base64];
  for (const one of secrets) used.add(one);
  const isFar = way === 'with --repo';
  const reg = guardedReg(box, isFar ? box.root : clone.dir, secrets, isFar ? { REG_REPO: url } : {});
  // nobody gets as far as a hook without the right login
  installHook(remote, 'pre-receive', `echo 'You are ${login}, ${secrets.join(' and ')}' >&2; exit 1`);
  const refused = await reg('assign', 'churn', 'prod', '--push', '-v');
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('You are ') });
  guarded.fail({ fault: 403, on: READING, repeatsLogin: true });
  expect((await reg('assign', 'churn', 'prod', '--push', '--json')).code).toBe(4);
});

test('no written file holds one, except hooks, and git’s own configuration of the remote', () => {
  expect(used.size).toBeGreaterThan(FORMS.length);
  const written = filesWith(box, [...used]).filter((file) => !/\/hooks\/|\/\.git\/config$/.test(file));
  expect(written).toEqual([]);
});

test('another URL for pushes', async () => {
  const { clone, remote, url } = publishHistory(box, server, 'pushed-elsewhere');
  clone.git('remote', 'set-url', 'origin', remote.dir);
  clone.git('remote', 'set-url', '--push', 'origin', url.replace('://', `://${LOGIN}@`));
  const reg = guardedReg(box, clone.dir, secretsOf(LOGIN));
  expect((await reg('assign', 'churn', 'prod', '--push', '-v')).code).toBe(0);
  expect(remote.tags()).toEqual(clone.tags());
  for (const on of ['ask to push', 'push'] as const) {
    server.fail({ fault: 403, on: [on], repeatsLogin: true });
    expect((await reg('assign', 'churn', 'dev', '--push')).code).toBe(4);
  }
  server.fail({ fault: 'gone after', on: ['push'] });
  expect((await reg('assign', 'churn', 'test', '--push', '--json')).code).toBe(4);
});

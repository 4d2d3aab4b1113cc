import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOGIN, secretsOf } from '../support/canary.js';
import { runReg } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

// The source repository of a link is private: it is reached by the user's own settings, with git and without it.

const box = sandbox();
const BYTES = 'the model';
const SHA = createHash('sha256').update(BYTES).digest('hex');
const source = box.repository('source');
const registry = box.repository('registry');
const [USER = '', PASSWORD = ''] = LOGIN.split(':');
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  const commit = source.commit({ 'm.bin': BYTES });
  const link = (repo: string): string =>
    `source: {repo: "${repo}", commit: ${commit}, path: m.bin}\nsha256: ${SHA}\nsize: ${BYTES.length}\n`;
  registry.commit({
    'direct.model.yaml': link(`${server.url}/source/.git`),
    'named.model.yaml': link('git@models.invalid:source/.git'),
  });
  for (const name of ['direct', 'named']) registry.tag(`${name}@v1.0.0`);
});
afterAll(() => server.close());

let homes = 0;
function homeWith(files: Readonly<Record<string, string>>): Env {
  homes += 1;
  const HOME = join(box.root, `home-${homes}`);
  mkdirSync(HOME);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(HOME, name), text);
  return { HOME };
}
const netrc = `machine 127.0.0.1 login ${USER} password ${PASSWORD}\n`;
const basic = Buffer.from(LOGIN).toString('base64');

describe.each(['git', 'embedded'])('REG_GIT=%s', (REG_GIT) => {
  const load = (name: string, env: Env) =>
    runReg(
      box,
      { cwd: registry.dir, env: { REG_GIT, ...env } },
      'load',
      `${name}@v1.0.0`,
      '-o',
      'got',
      '--force',
    );

  test.each<[string, string, () => Env]>([
    ['.netrc', 'direct', () => homeWith({ '.netrc': netrc })],
    [
      'insteadOf and .netrc',
      'named',
      () =>
        homeWith({
          '.netrc': netrc,
          '.gitconfig': `[url "${server.url}/"]\n\tinsteadOf = git@models.invalid:\n`,
        }),
    ],
    [
      'a header for its address',
      'direct',
      () =>
        homeWith({
          '.gitconfig': `[http "${server.url}/"]\n\textraHeader = Authorization: Basic ${basic}\n`,
        }),
    ],
    [
      'REG_TOKEN_<HOST>',
      'direct',
      () => ({
        ...homeWith({}),
        [`REG_TOKEN_127_0_0_1_${new URL(server.url).port}`]: LOGIN,
      }),
    ],
  ])('%s', async (_what, name, env) => {
    expect(await load(name, env())).toMatchObject({ code: 0, stdout: 'got\n' });
    expect(readFileSync(join(registry.dir, 'got'), 'utf8')).toBe(BYTES);
  });

  test('without a login it is an error that leads out, and one that is wrong is not shown', async () => {
    const wrong = `${USER}:canary-wrong`;
    for (const env of [
      homeWith({}),
      homeWith({ '.netrc': `machine 127.0.0.1 login ${USER} password canary-wrong\n` }),
    ]) {
      const run = await load('direct', env);
      expect(run).toMatchObject({ code: 4, stdout: '' });
      expect(run.stderr).toMatch(/\nhint: /);
      for (const secret of secretsOf(wrong)) expect(run.stderr).not.toContain(secret);
      if (REG_GIT === 'embedded') expect(run.stderr).toContain('set REG_TOKEN_127_0_0_1_');
    }
  });

  test('a link with a login is not written', async () => {
    const address = `${server.url.replace('://', `://${LOGIN}@`)}/x/m.bin`;
    const run = await runReg(
      box,
      { cwd: registry.dir, env: { REG_GIT, REG_HTTP_PRIVATE: 'allow' } },
      'link',
      address,
      'web',
    );
    for (const secret of secretsOf(LOGIN)) expect(run.stdout + run.stderr).not.toContain(secret);
    expect(registry.git('status', '--porcelain')).not.toContain('web.model.yaml');
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runReg } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { serveHttp } from '../support/servers.js';

// A registry at a URL, once it cannot be reached: a version whose bytes are in the cache is loaded all the same.

const box = sandbox();
const BYTES = 'the model';
const SHA = createHash('sha256').update(BYTES).digest('hex');
const work = box.repository('work');
let url = '';
beforeAll(async () => {
  work.commit({
    'm.bin': BYTES,
    'churn.model.yaml': `source: {path: m.bin}\nsha256: ${SHA}\nsize: ${BYTES.length}\n`,
    'free.model.yaml': 'source: {path: m.bin}\n',
  });
  for (const tag of ['churn@v1.0.0', 'churn@v2.0.0', 'free@v1.0.0', 'churn#prod#1']) work.tag(tag);
  execFileSync('git', ['clone', '--quiet', '--bare', work.dir, join(box.root, 'registry.git')], {
    env: box.env,
  });
  const server = await serveHttp(box);
  url = `${server.url}/registry.git`;
  for (const env of MODES) {
    for (const asked of ['churn@v1.0.0', 'churn#prod', 'free@v1.0.0'])
      expect(await load(env, asked)).toMatchObject({ code: 0 });
  }
  await server.close();
});

const MODES: Env[] = ['git', 'embedded'].map((REG_GIT) => ({
  REG_GIT,
  XDG_CACHE_HOME: join(box.root, `cache-${REG_GIT}`),
}));
const load = (env: Env, ...asked: string[]) =>
  runReg(box, { cwd: box.root, env }, 'load', ...asked, '-o', `got-${env.REG_GIT}`, '--force', '--repo', url);

describe.each(MODES)('$REG_GIT', (env) => {
  const got = (): string => readFileSync(join(box.root, `got-${env.REG_GIT}`), 'utf8');

  test('a version that is named is loaded, with a warning', async () => {
    const run = await load(env, 'churn@v1.0.0');
    expect(run).toMatchObject({ code: 0, stdout: `got-${env.REG_GIT}\n` });
    expect(run.stderr).toMatch(/^warning: cannot reach .*; churn v1\.0\.0 comes from the cache\n$/);
    expect(got()).toBe(BYTES);
  });

  test.each(['churn@v1.0.0', 'churn#prod', 'churn@latest'])('%s is loaded with --offline', async (asked) => {
    expect(await load(env, asked, '--offline')).toMatchObject({ code: 0, stderr: '' });
    expect(got()).toBe(BYTES);
  });

  test.each(['churn#prod', 'churn@latest', 'churn'])(
    '%s alone is refused, and the way out is named',
    async (asked) => {
      const run = await load(env, asked);
      expect(run).toMatchObject({ code: 4, stdout: '' });
      expect(run.stderr).toMatch(/^error: cannot reach /);
      expect(run.stderr).toMatch(/hint: .*--offline/);
    },
  );

  test('a link that is not pinned, and a version that is not known, are refused', async () => {
    for (const asked of ['free@v1.0.0', 'churn@v9.0.0'])
      expect(await load(env, asked)).toMatchObject({ code: 4, stdout: '' });
  });

  test('what was never asked is refused with --offline', async () => {
    const run = await runReg(
      box,
      { cwd: box.root, env },
      'load',
      'other@v1.0.0',
      '--offline',
      '--repo',
      `${url}/other`,
    );
    expect(run).toMatchObject({ code: 4, stdout: '' });
    expect(run.stderr).toMatch(/is not in the cache\nhint: ask without --offline/);
  });
});

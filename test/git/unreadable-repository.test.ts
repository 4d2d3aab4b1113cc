import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../support/here.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
const show = (repo: string, env: Env = {}) =>
  runHere({ cwd: box.root, env: { ...box.env, ...env } }, 'show', '--repo', repo);

beforeAll(() => {
  const registry = box.repository('registry');
  registry.commit({ 'a.model.yaml': 'source: {path: m.bin}\n' });
  registry.tag('churn@v1.0.0');
  registry.git('clone', '--quiet', '--bare', '.', '../bare.git');
});

describe('why git does not read a repository', () => {
  test('a folder of another user: git names the setting, and no repository is to be made', async () => {
    const { code, stdout, stderr } = await show('registry', { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `error: ${box.root}/registry belongs to another user, so git does not read it\n` +
        `hint: where you trust it: git config --global --add safe.directory ${box.root}/registry\n`,
    );
  });

  test('a remote of another user too', async () => {
    const env = { ...box.env, GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
    const { stderr } = await runHere({ cwd: box.root, env }, 'show', '--repo', `file://${box.root}/registry`);
    expect(stderr).not.toContain('\\t');
    expect(stderr).toContain('hint: git config --global --add safe.directory ');
  });

  test.each(['[core\n', '[core]\n\tbare = "x\n', '[x]\n\t1 = 2\n'])(
    'its own configuration is broken: %j',
    async (text) => {
      const name = `broken-${text.length}`;
      box.repository(name).commit();
      appendFileSync(join(box.root, name, '.git/config'), text);
      for (const env of [{}, { REG_GIT: 'embedded' }]) {
        const { code, stdout, stderr } = await show(name, env);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toMatch(/^error: .*bad config line \d+ in file .*config/);
        expect(stderr).not.toMatch(/git init|no git repository/);
      }
    },
  );

  test('the configuration of the user is broken', async () => {
    mkdirSync(join(box.root, 'other-home'));
    writeFileSync(join(box.root, 'other-home/.gitconfig'), '[x');
    const { code, stderr } = await show('registry', { HOME: join(box.root, 'other-home') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: git does not run: fatal: bad config line \d in file .*\.gitconfig\n/);
    expect(stderr).not.toContain('too old');
  });

  test('no repository at all', async () => {
    const { stderr } = await show('home');
    expect(stderr).toMatch(/^error: no git repository at .*\nhint: .*git init/);
  });
});

test('a bare repository that is named is read where git reads only those that are named', async () => {
  const env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.bareRepository',
    GIT_CONFIG_VALUE_0: 'explicit',
  };
  expect(await show('bare.git', env)).toMatchObject({
    code: 0,
    stdout: 'a\t-\t-\tdeclared\nchurn\tv1.0.0\t-\tactive\n',
  });
  const registry = box.at('registry');
  const commit = registry.git('rev-parse', 'HEAD');
  writeFileSync(
    join(registry.dir, 'b.model.yaml'),
    `source: {repo: ../bare.git, rev: main, commit: ${commit}, path: a.model.yaml}\n`,
  );
  const { stdout } = await runHere(
    { cwd: registry.dir, env: { ...box.env, ...env } },
    'validate',
    'b.model.yaml',
  );
  expect(stdout).not.toContain('no git repository');
});

test('a repository with SHA-256 ids at a URL is one clear message', async () => {
  const other = box.repository('long', '--object-format=sha256');
  other.commit();
  other.tag('churn@v1.0.0');
  const { code, stderr } = await runHere(
    { cwd: box.root, env: box.env },
    ...['show', 'churn', '--repo', `file://${other.dir}`],
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .* has SHA-256 ids, .*\nhint: .*git clone /);
});

test('without the git program a proxy is used, but for the hosts that need none', async () => {
  const asked: string[] = [];
  const proxy = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const env = {
    REG_GIT: 'embedded',
    http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  };
  expect((await show('http://models.invalid/r', env)).code).toBe(4);
  expect(asked).toEqual(['http://models.invalid/r/info/refs?service=git-upload-pack']);
  expect((await show('http://models.invalid/r', { ...env, no_proxy: '.invalid' })).code).toBe(4);
  expect(asked).toHaveLength(1);
  proxy.close();
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAM, regIn } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
registry.tag('churn@v1.0.0');

test('git finds it as a command of its own', () => {
  const bin = join(box.root, 'bin');
  mkdirSync(bin);
  symlinkSync(PROGRAM, join(bin, 'git-reg'));
  const env = { ...box.env, PATH: `${bin}${delimiter}${box.env.PATH}` };
  // git sets GIT_EXEC_PATH for the commands that it starts
  const out = execFileSync('git', ['reg', 'latest', 'churn'], { cwd: registry.dir, env, encoding: 'utf8' });
  expect(out).toBe('v1.0.0\n');
});

test('variables that people and CI set for git do not disturb it', async () => {
  const reg = regIn(box, registry.dir, {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: '!f() { :; }; f',
    GIT_CONFIG_KEY_1: 'url.https://example.com/.insteadOf',
    GIT_CONFIG_VALUE_1: 'ours:',
    GIT_CONFIG_PARAMETERS: "'core.hooksPath=/nowhere'",
    GIT_ASKPASS: '/bin/true',
    SSH_ASKPASS: '/bin/true',
    GIT_EDITOR: 'vi',
    GIT_SEQUENCE_EDITOR: 'vi',
    EDITOR: 'vi',
    GIT_PAGER: 'less',
    PAGER: 'less',
    GIT_SSH: 'ssh',
    GIT_SSH_COMMAND: 'ssh -i key',
    GIT_PROXY_COMMAND: 'proxy',
    GIT_EXTERNAL_DIFF: 'diff',
    GIT_TEMPLATE_DIR: box.root,
  });
  expect(await reg('latest', 'churn')).toMatchObject({ stdout: 'v1.0.0\n', stderr: '', code: 0 });
  expect(await reg('assign', 'churn@v1.0.0', 'prod')).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
});

test('a repository that is asked for by name comes before one in the environment', async () => {
  const other = makeRegistry(box, 'other', 'fraud');
  other.tag('fraud@v2.0.0');
  const reg = regIn(box, registry.dir, { GIT_DIR: join(registry.dir, '.git') });
  expect((await reg('latest', 'fraud', '--repo', other.dir)).stdout).toBe('v2.0.0\n');
  expect((await reg('latest', 'churn')).stdout).toBe('v1.0.0\n');
});

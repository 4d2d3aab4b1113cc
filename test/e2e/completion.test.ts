import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { PROGRAM, regIn } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
for (const tag of ['churn@v1.0.0', 'churn@v1.1.0', 'churn#prod#1', 'models=fraud@v1.0.0']) registry.tag(tag);
const reg = regIn(box, registry.dir);
const bin = join(box.root, 'bin');
mkdirSync(bin);
symlinkSync(PROGRAM, join(bin, 'reg'));
const env = { ...box.env, PATH: `${bin}${delimiter}${box.env.PATH}` };
const inShell = (...words: string[]): string =>
  execFileSync(words[0] ?? '', words.slice(1), { cwd: registry.dir, env, encoding: 'utf8' });

test('bash completes what its readline asks for', () => {
  // the pieces are those that bash makes of the line, and the answers what it puts in place of the last one
  const cases = [
    ['reg whi', 'reg whi'],
    ['reg which ch', 'reg which ch'],
    ['reg which churn ', 'reg which churn ""'],
    ['reg load churn@v1.1', 'reg load churn @ v1.1'],
    ['reg load churn@', 'reg load churn @'],
    ["reg load 'churn#p", `reg load "'churn#p"`],
    ['reg show models:f', 'reg show models : f'],
    ['reg history --stage=p', 'reg history --stage = p'],
    ['reg validate ', 'reg validate ""'],
  ];
  const script = cases.map(
    ([line, pieces]) =>
      `COMP_LINE="${line}"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${pieces}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _reg_completion; echo "\${COMPREPLY[*]}"`,
  );
  const out = inShell('bash', '--norc', '-c', `source <(reg completion bash)\n${script.join('\n')}`);
  expect(out.split('\n').slice(0, -1)).toEqual([
    'which',
    'churn',
    'prod',
    '@v1.1.0',
    '@v1.1.0 @v1.0.0',
    'churn#prod',
    'fraud',
    'prod',
    '',
  ]);
});

test('the other shells ask with the words, and get what they mean with them', async () => {
  expect((await reg('complete', '--', 'whi')).stdout).toBe(
    'which\tsay which version is current in a stage\n:36\n',
  );
  expect((await reg('complete', '--', 'load', "'churn#")).stdout).toBe('churn#prod\n:36\n');
  expect((await reg('complete', '--', 'validate', '')).stdout).toBe(':0\n');
});

test.each(['bash', 'zsh', 'fish', 'powershell'])('the script for %s', async (shell) => {
  const { stdout, code } = await reg('completion', shell);
  expect(code).toBe(0);
  expect(stdout).toContain('reg complete');
  const { stdout: json } = await reg('completion', shell, '--json');
  expect(JSON.parse(json)).toEqual({ shell, script: stdout });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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
for (const name of ['reg', 'git-reg']) symlinkSync(PROGRAM, join(bin, name));
const env = { ...box.env, PATH: `${bin}${delimiter}${box.env.PATH}` };
const inShell = (...words: string[]): string =>
  execFileSync(words[0] ?? '', words.slice(1), {
    cwd: registry.dir,
    env,
    encoding: 'utf8',
    timeout: 30_000,
    stdio: 'pipe',
  });
const isHere = (program: string): boolean =>
  (box.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

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

// from Debian's git
const GIT_IN_BASH = '/usr/share/bash-completion/completions/git';
test.runIf(existsSync(GIT_IN_BASH))('git reg in bash, as the completion of git calls it', () => {
  const cases = [
    ['git reg whi', 'git reg whi'],
    [
      `git -C ${registry.dir} -c a=b reg load churn@v1.1`,
      `git -C ${registry.dir} -c a = b reg load churn @ v1.1`,
    ],
    ['git -C / reg which ch', 'git -C / reg which ch'],
  ];
  const script = cases.map(
    ([line, pieces]) =>
      `COMP_LINE="${line}"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${pieces}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); __git_wrap__git_main; echo "\${COMPREPLY[*]}"`,
  );
  const out = inShell(
    'bash',
    '--norc',
    '-c',
    `. ${GIT_IN_BASH}\nsource <(reg completion bash)\n${script.join('\n')}`,
  );
  expect(out.split('\n')).toEqual(['which', '@v1.1.0', '', '']);
});

test.runIf(isHere('zsh'))('reg and git reg in zsh', () => {
  const script = `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(reg completion zsh); print -r begin""ning'
    zpty -r shell out '*beginning*'
    complete() {
      zpty -w -n shell "$1"$'\\t'
      zpty -r shell out "*$2*" && print -r -- "$2"
      zpty -w -n shell $'\\C-u'
    }
    complete 'reg show mod' 'reg show models:fraud'
    complete 'git -C ${registry.dir} reg which ch' ' reg which churn'`;
  expect(inShell('zsh', '-f', '-c', script)).toBe('reg show models:fraud\n reg which churn\n');
});

test.runIf(isHere('fish'))('reg and git reg in fish', () => {
  const folder = join(box.root, 'home/.config/fish/conf.d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'reg.fish'), inShell('reg', 'completion', 'fish'));
  const lines = ['reg show mod', 'git reg load churn@v1.1', `git -C ${registry.dir} reg history --stage=p`];
  const script = lines.map((line) => `complete -C '${line}'`).join('; ');
  expect(inShell('fish', '-c', script)).toBe('models:fraud\nchurn@v1.1.0\n--stage=prod\n');
});

test('the other shells ask with the words, and get what they mean with them', async () => {
  expect((await reg('complete', '--', 'whi')).stdout).toBe(
    'which\tsay which version is current in a stage\n:36\n',
  );
  for (const line of ['git reg whi', 'git --git-dir x -p reg whi', 'git r whi', 'git -C x -C ../y reg whi'])
    expect((await reg('complete', 'git', line, 'whi')).stdout).toContain('which\t');
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

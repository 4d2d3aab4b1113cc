import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { plainTop } from '../../src/git/program/plain-top.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const at = (...path: string[]): string => join(box.root, ...path);

/** The top of the work tree as git has it; undefined outside of one. */
function topOfGit(folder: string, env: Record<string, string> = {}): string | undefined {
  try {
    const options = { cwd: folder, env: { ...box.env, ...env }, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', ['rev-parse', '--show-toplevel'], options).trim();
  } catch {
    return undefined;
  }
}

beforeAll(() => {
  const plain = box.repository('plain');
  plain.commit({ 'sub/dir/a': '', 'a.git/HEAD': 'ref: refs/heads/main\n' });
  plain.git('worktree', 'add', '--quiet', at('linked'));
  symlinkSync(at('plain', 'sub'), at('way-in'));
  box.repository('bare', '--bare');
  box.repository('elsewhere').git('config', 'core.worktree', at('linked'));
  box.repository('including').git('config', 'include.path', 'more');
  box.repository('no-tree').git('config', 'core.bare', 'true');
  box.repository('several').git('config', 'extensions.worktreeConfig', 'true');
  mkdirSync(at('nothing'));
  mkdirSync(at('plain', 'broken', '.git'), { recursive: true });
});

test.each<[string, string, boolean]>([
  ['the top', 'plain', true],
  ['a folder', 'plain/sub/dir', true],
  ['a folder behind a symbolic link', 'way-in/dir', true],
  ['a folder that looks like a repository', 'plain/a.git', false],
  ['below a .git that is no repository', 'plain/broken', false],
  ['the .git folder', 'plain/.git', false],
  ['a linked work tree', 'linked', false],
  ['a bare repository', 'bare', false],
  ['core.worktree', 'elsewhere', false],
  ['a configuration that includes another one', 'including', false],
  ['core.bare', 'no-tree', false],
  ['extensions.worktreeConfig', 'several', false],
  ['no repository', 'nothing', false],
])('%s: the answer of git, or none', async (_, folder, isKnown) => {
  const found = await plainTop(at(folder), box.env);
  expect(found).toBe(isKnown ? topOfGit(at(folder)) : undefined);
  expect(found !== undefined).toBe(isKnown);
});

test.each(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_CEILING_DIRECTORIES', 'GIT_CONFIG_COUNT'])(
  'git is asked where %s is set',
  async (name) => {
    expect(await plainTop(at('plain'), { ...box.env, [name]: '' })).toBeUndefined();
  },
);

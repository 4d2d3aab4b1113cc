import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { isShallowAt, mayIndexHave, mayNameRemote, plainTop } from '../../src/git/program/plain.js';
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

/** What happens to a repository with the tracked files `kept` and `gone`, and whether its index may have `gone` then. */
const INDEXES: [what: string, commands: string[][], mayHave: boolean][] = [
  ['an ordinary index without it', [['rm', '--quiet', '--cached', 'gone']], false],
  ['an ordinary index', [], true],
  ['--skip-worktree', [['update-index', '--skip-worktree', 'gone']], true],
  ['--assume-unchanged', [['update-index', '--assume-unchanged', 'gone']], true],
  [
    'version 4, which has parts of paths',
    [
      ['rm', '--quiet', '--cached', 'gone'],
      ['update-index', '--index-version', '4'],
    ],
    true,
  ],
  [
    'an index in two pieces',
    [
      ['update-index', '--split-index'],
      ['rm', '--quiet', '--cached', 'gone'],
    ],
    true,
  ],
  ['a sparse index', [['sparse-checkout', 'set', '--cone', '--sparse-index', 'folder']], true],
];

test.each(INDEXES)('%s may have a path, or has not', async (what, commands, mayHave) => {
  const { dir, git, commit } = box.repository(what.replaceAll(/\W+/g, '-'));
  commit({ kept: '', gone: '', 'folder/other': '', 'else/where': '' });
  for (const command of commands) git(...command);
  expect(await mayIndexHave(dir, 'gone')).toBe(mayHave);
});

test('a repository without an index may have any path', async () => {
  expect(await mayIndexHave(box.repository('no-index').dir, 'gone')).toBe(true);
});

test('remotes and a short history are seen in a clone', async () => {
  const origin = box.repository('origin');
  origin.commit({ a: '' });
  origin.commit({ a: 'b' });
  origin.git('clone', '--quiet', '--depth=1', `file://${origin.dir}`, at('short'));
  origin.git('clone', '--quiet', origin.dir, at('whole'));
  for (const [name, facts] of Object.entries({
    origin: [false, false],
    whole: [false, true],
    short: [true, true],
  }))
    expect([name, await isShallowAt(at(name)), await mayNameRemote(at(name))]).toEqual([name, ...facts]);
});

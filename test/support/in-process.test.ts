import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitHere, revHere, tagHere, tagsHere } from './in-process.js';
import { type Repository, sandbox } from './repo.js';

// Fixtures write without git, and git would write the same.

const box = sandbox();
const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd: dir, env: box.env, encoding: 'utf8' });

let repositories = 0;
/** A repository made by git, and one made here. */
function both(...options: string[]): [byGit: Repository, here: Repository] {
  repositories += 1;
  // the first one of its options may be made by git
  box.repository(`first-${repositories}`, ...options);
  const dir = join(box.root, `git-${repositories}`);
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', ...options, dir], { env: box.env });
  return [box.at(`git-${repositories}`), box.repository(`here-${repositories}`, ...options)];
}

/** Files of a work tree, with a folder that sorts otherwise in a tree than in an index. */
const FILES = { a: 'one', 'a.b': 'two', 'a-b/c/d.bin': 'three', 'é/日本': 'four', z: '' };

function put({ dir }: Repository, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

test('commits and tags have the ids that git gives, and git finds nothing to do or to complain of', () => {
  const [byGit, here] = both();
  for (const [files, message] of [
    [FILES, 'Begin'],
    [{ 'a/new': 'x' }, 'A folder\n\nWhere a file was: no.\n\n- and a list'],
    [{}, 'Nothing new'],
  ] as const) {
    box.advance(60);
    if ('a/new' in files) for (const { dir } of [byGit, here]) git(dir, 'rm', '--quiet', '-f', 'a');
    put(byGit, files);
    put(here, files);
    git(byGit.dir, 'add', '--all');
    git(byGit.dir, 'commit', '--quiet', '--allow-empty', '-m', message);
    expect(commitHere(here.dir, box.env, message)).toBe(byGit.git('rev-parse', 'HEAD'));
    expect(git(here.dir, 'status', '--porcelain')).toBe('');
  }
  for (const [name, message, rev] of [
    ['churn@v1.0.0', 'Said', 'HEAD~2'],
    ['churn@v1.1.0', 'Said of main', 'main'],
    ['models/deep=risk#prod!#3', 'Said\n\nReg-Version: v1.0.0\n', 'HEAD'],
  ] as const) {
    git(byGit.dir, 'tag', '--annotate', '-m', message, name, rev);
    expect(tagHere(here.dir, box.env, name, message, rev)).toBe(byGit.git('rev-parse', `refs/tags/${name}`));
  }
  for (const command of ['show-ref', 'ls-files --stage', 'reflog', 'reflog main', 'config --list --local'])
    expect(git(here.dir, ...command.split(' '))).toBe(git(byGit.dir, ...command.split(' ')));
  expect(git(here.dir, 'fsck', '--strict')).toBe('');
  for (const rev of ['HEAD', 'HEAD~1', 'main', 'refs/tags/churn@v1.0.0', 'refs/heads/main'])
    expect(`${revHere(here.dir, box.env, rev)}\n`).toBe(git(byGit.dir, 'rev-parse', rev));
  for (const pack of [false, true]) {
    if (pack) git(here.dir, 'pack-refs', '--all');
    git(here.dir, 'tag', `Z@v1.${Number(pack)}.0`, ...(pack ? [byGit.git('rev-parse', 'HEAD')] : []));
    const listed = git(here.dir, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/tags/');
    expect(tagsHere(here.dir, box.env)).toEqual(listed.trim().split('\n'));
  }
});

test('a ref that holds no id is left to git', () => {
  const [, here] = both();
  here.commit();
  here.tag('churn@v1.0.0');
  here.writeTagRef('churn@v2.0.0', 'garbage\n');
  expect(tagsHere(here.dir, box.env)).toBeUndefined();
  for (const rev of ['refs/tags/churn@v2.0.0', 'refs/tags/none', 'HEAD~1', 'none', 'HEAD^{tree}'])
    expect(revHere(here.dir, box.env, rev)).toBeUndefined();
});

test('a bare repository is made as git makes it', () => {
  const [byGit, here] = both('--bare');
  const config = ['config', '--list', '--local'] as const;
  expect(git(here.dir, ...config)).toBe(git(byGit.dir, ...config));
  expect(here.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
});

describe('anything out of the ordinary is left to git', () => {
  test.each<[string, (made: Repository) => void]>([
    ['a file to run', ({ dir }) => chmodSync(join(dir, 'a'), 0o755)],
    ['ignored files', ({ dir }) => writeFileSync(join(dir, '.gitignore'), 'a')],
    ['a repository inside', ({ dir }) => mkdirSync(join(dir, 'inside/.git'), { recursive: true })],
    ['a setting', ({ git: run }) => void run('config', 'core.autocrlf', 'true')],
    ['a hook', ({ dir }) => writeFileSync(join(dir, '.git/hooks/pre-commit'), '')],
    ['no branch', ({ git: run }) => void run('checkout', '--quiet', '--detach')],
    ['a merge', ({ dir }) => writeFileSync(join(dir, '.git/MERGE_HEAD'), '')],
  ])('%s', (_what, change) => {
    const [, here] = both();
    here.commit({ a: 'one' });
    expect(commitHere(here.dir, box.env, 'Said')).toBeDefined();
    change(here);
    expect(commitHere(here.dir, box.env, 'Said')).toBeUndefined();
  });

  test.each([
    ['a name that is taken', 'churn@v1.0.0', 'Said', 'HEAD'],
    ['a folder that is taken', 'churn@v1.0.0/x', 'Said', 'HEAD'],
    ['a name that is taken by a packed one', 'churn@v1.0.0', 'Said', 'HEAD'],
    ['a folder that is taken by a packed one', 'churn@v1.0.0/x', 'Said', 'HEAD'],
    ['a name that git refuses', 'churn@{1}', 'Said', 'HEAD'],
    ['an option', '--force', 'Said', 'HEAD'],
    ['another rev', 'churn@v2.0.0', 'Said', 'main^{tree}'],
    ['a commit before the first', 'churn@v2.0.0', 'Said', 'HEAD~9'],
    ['a message that git tidies up', 'churn@v2.0.0', 'Said \n', 'HEAD'],
    ['a comment', 'churn@v2.0.0', 'Said\n# so', 'HEAD'],
    ['no message', 'churn@v2.0.0', '', 'HEAD'],
  ])('a tag with %s', (what, name, message, rev) => {
    const isPacked = what.includes('packed');
    const [, here] = both();
    here.commit();
    here.tag('churn@v1.0.0');
    if (isPacked) here.git('pack-refs', '--all');
    expect(tagHere(here.dir, box.env, name, message, rev)).toBeUndefined();
    expect(here.tags()).toEqual(['churn@v1.0.0']);
  });

  test('other surroundings', () => {
    const [, here] = both();
    expect(commitHere(here.dir, { ...box.env, GIT_CONFIG_COUNT: '0' }, 'Said')).toBeUndefined();
  });
});

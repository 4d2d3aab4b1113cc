import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { type RegistryRepository, requireWriter } from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { listTags, peeledTags, readTags } from '../support/tags.js';
import { creating, DONE, LOST, tagObject } from './bench.js';

const box = sandbox();
const open = (dir: string, env: Env = {}): RegistryRepository =>
  openGitRepository(dir, { env: { ...box.env, ...env } });

/** A repository with one tag. */
function repositoryWithTag(name: string, ...initOptions: string[]): Repository {
  const made = box.repository(name, ...initOptions);
  made.commit({ 'models/model.bin': 'one' });
  made.tag('churn@v1.0.0');
  return made;
}

/** Reads and writes once, and sees that it happened in that repository. */
async function expectToWork(repository: RegistryRepository, { git }: Repository): Promise<void> {
  const head = await repository.objects.commit('HEAD');
  expect(head).toBe(git('rev-parse', 'HEAD'));
  expect(await repository.objects.entry(head ?? '', 'models/model.bin')).toMatchObject({ type: 'blob' });
  expect(await repository.objects.entries(head ?? '', 'models')).toMatchObject([
    { path: 'models/model.bin' },
  ]);
  const oid = await requireWriter(repository).store(tagObject(head ?? '', 'churn#prod#1'), false);
  const turn = await requireWriter(repository).turn(artifactName('churn'));
  expect(await requireWriter(repository).change([creating('churn#prod#1', oid)], turn)).toEqual(DONE);
  expect(git('rev-parse', 'refs/tags/churn#prod#1')).toBe(oid);
  expect(git('rev-parse', 'refs/tags/churn#prod#1^{commit}')).toBe(head);
  expect(await readTags(repository)).toMatchObject([
    { tag: { name: 'churn#prod#1', oid } },
    { tag: { name: 'churn@v1.0.0', oid: git('rev-parse', 'refs/tags/churn@v1.0.0'), commit: head } },
  ]);
}

describe('places', () => {
  test('from a subfolder', async () => {
    const made = repositoryWithTag('subfolder');
    const repository = open(join(made.dir, 'models'));
    await expectToWork(repository, made);
    expect(await repository.workTree()).toBe(made.dir);
  });

  test('in a linked worktree, whose tags are those of the main one', async () => {
    const made = repositoryWithTag('main');
    const dir = join(box.root, 'linked');
    made.git('worktree', 'add', '--quiet', '--detach', dir);
    const repository = open(dir);
    await expectToWork(repository, made);
    expect(await repository.workTree()).toBe(dir);
    expect(await listTags(open(made.dir))).toHaveLength(2);
  });

  test('in a bare repository, which has no work tree', async () => {
    const source = repositoryWithTag('to-clone');
    const dir = join(box.root, 'bare.git');
    source.git('clone', '--quiet', '--bare', '.', dir);
    const repository = open(dir);
    await expectToWork(repository, box.at('bare.git'));
    expect(await repository.workTree()).toBeUndefined();
  });

  test('a path with spaces, quotes and letters beyond ASCII', async () => {
    const made = repositoryWithTag('größe "x" \'y\' $HOME ; 模型');
    await expectToWork(open(made.dir), made);
    expect(await open(made.dir).workTree()).toBe(made.dir);
  });

  test('where GIT_DIR says, from anywhere', async () => {
    const made = repositoryWithTag('elsewhere');
    mkdirSync(join(box.root, 'nowhere'));
    const env = { GIT_DIR: join(made.dir, '.git'), GIT_WORK_TREE: made.dir };
    await expectToWork(open(join(box.root, 'nowhere'), env), made);
  });
});

describe('ways to store', () => {
  test('packed, loose and packed again', async () => {
    const made = repositoryWithTag('packed');
    made.git('pack-refs', '--all');
    made.git('gc', '--quiet');
    await expectToWork(open(made.dir), made);
    made.git('pack-refs', '--all');
    expect((await listTags(open(made.dir))).map(({ name }) => name)).toEqual([
      'churn#prod#1',
      'churn@v1.0.0',
    ]);
  });

  test('a name that is only in packed-refs is taken too', async () => {
    const made = repositoryWithTag('taken');
    made.git('pack-refs', '--all');
    const oid = await requireWriter(open(made.dir)).store(
      tagObject(made.git('rev-parse', 'HEAD'), 'x'),
      false,
    );
    const refs = ['churn#prod#1', 'churn@v1.0.0'].map((tagName) => creating(tagName, oid));
    const turn = await requireWriter(open(made.dir)).turn(artifactName('churn'));
    expect(await requireWriter(open(made.dir)).change(refs, turn)).toEqual(LOST);
    expect(made.tags()).toEqual(['churn@v1.0.0']);
  });

  test('what tags lead to is the same packed and loose', async () => {
    const made = repositoryWithTag('peeled');
    made.git('tag', '--annotate', '--message', 'Nested', 'churn@v2.0.0', 'refs/tags/churn@v1.0.0');
    made.git('tag', 'churn@v3.0.0');
    const loose = await peeledTags(open(made.dir));
    const head = made.git('rev-parse', 'HEAD');
    expect(loose.map(({ peeled }) => peeled)).toEqual([head, head, undefined]);
    made.git('pack-refs', '--all');
    expect(await peeledTags(open(made.dir))).toEqual(loose);
  });

  test('ids of SHA-256', async () => {
    const made = repositoryWithTag('sha256', '--object-format=sha256');
    await expectToWork(open(made.dir), made);
    expect(made.git('rev-parse', 'HEAD')).toHaveLength(64);
    expect(made.git('fsck', '--strict')).toBe('');
  });

  test('a replaced tag answers for itself', async () => {
    const made = repositoryWithTag('replaced');
    const before = await readTags(open(made.dir));
    const other = made.tag('other', 'Something else');
    made.git('replace', made.git('rev-parse', 'churn@v1.0.0'), other);
    made.git('tag', '--delete', 'other');
    expect(await readTags(open(made.dir))).toEqual(before);
  });
});

describe('the words that people type for a commit', () => {
  const made = repositoryWithTag('revs');
  const first = made.git('rev-parse', 'HEAD');
  made.git('tag', 'light');
  made.git('branch', 'side');
  const second = made.commit();

  test.each([
    ['a branch', 'side', first],
    ['the current branch', 'main', second],
    ['a lightweight tag', 'light', first],
    ['an annotated tag', 'churn@v1.0.0', first],
    ['an ancestor', 'HEAD~1', first],
    ['a branch that is none', 'no-such', undefined],
    ['a tree', 'HEAD^{tree}', undefined],
    ['an option', '--all', undefined],
    ['nothing', '', undefined],
  ])('%s', async (_what, rev, commit) => {
    expect(await open(made.dir).objects.commit(rev)).toBe(commit);
  });
});

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocalRepository, openLocalSource } from '../../src/git/files/repository.js';
import {
  needsGit,
  type RegistryRepository,
  requireBranches,
  requireRemote,
  requireSignatures,
  requireWriter,
} from '../../src/git/port.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { listTags, readTags } from '../support/tags.js';

const box = sandbox();
const open = (dir: string, env: Env = {}): Promise<RegistryRepository> =>
  openLocalRepository(dir, { ...box.env, ...env });

/** A repository with one tag. */
function repositoryWithTag(name: string, ...initOptions: string[]): Repository {
  const made = box.repository(name, ...initOptions);
  made.commit({ 'models/model.bin': 'one' });
  made.tag('churn@v1.0.0');
  return made;
}

async function expectToRead(repository: RegistryRepository, { git }: Repository): Promise<void> {
  const head = git('rev-parse', 'HEAD');
  expect(await repository.objects.commit('HEAD')).toBe(head);
  const entry = await repository.objects.entry(head, 'models/model.bin');
  expect(Buffer.from(await repository.objects.blob(entry?.oid ?? '')).toString()).toBe('one');
  expect(await readTags(repository)).toMatchObject([{ tag: { name: 'churn@v1.0.0', commit: head } }]);
}

describe('places', () => {
  test('from a subfolder, and through a link to it', async () => {
    const made = repositoryWithTag('subfolder');
    symlinkSync(join(made.dir, 'models'), join(box.root, 'link'));
    for (const dir of [join(made.dir, 'models'), join(box.root, 'link')]) {
      const repository = await open(dir);
      await expectToRead(repository, made);
      expect(await repository.workTree()).toBe(made.dir);
    }
  });

  test('in a linked worktree, whose HEAD is its own and whose tags are those of all', async () => {
    const made = repositoryWithTag('main');
    const dir = join(box.root, 'linked');
    made.git('worktree', 'add', '--quiet', '-b', 'side', dir);
    await expectToRead(await open(dir), made);
    expect(await (await open(dir)).workTree()).toBe(dir);
    const other = box.at('linked').commit({ 'models/model.bin': 'two' });
    expect(await (await open(dir)).objects.commit('HEAD')).toBe(other);
    expect(await (await open(dir)).objects.commit('side')).toBe(other);
    expect(await (await open(made.dir)).objects.commit('HEAD')).toBe(made.git('rev-parse', 'main'));
  });

  test('in a bare repository, which has no work tree', async () => {
    repositoryWithTag('to-clone').git('clone', '--quiet', '--bare', '.', join(box.root, 'bare.git'));
    const repository = await open(join(box.root, 'bare.git'));
    await expectToRead(repository, box.at('bare.git'));
    expect(await repository.workTree()).toBeUndefined();
    expect(await (await open(join(box.root, 'bare.git', 'refs'))).workTree()).toBeUndefined();
  });

  test('in a submodule', async () => {
    const made = repositoryWithTag('part');
    const whole = box.repository('whole');
    whole.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', made.dir, 'sub');
    const repository = await open(join(whole.dir, 'sub', 'models'));
    await expectToRead(repository, made);
    expect(await repository.workTree()).toBe(join(whole.dir, 'sub'));
  });

  test('where GIT_DIR and GIT_WORK_TREE say, from anywhere', async () => {
    const made = repositoryWithTag('elsewhere');
    const from = join(box.root, 'nowhere');
    mkdirSync(from);
    const GIT_DIR = join(made.dir, '.git');
    await expectToRead(await open(from, { GIT_DIR }), made);
    expect(await (await open(from, { GIT_DIR, GIT_WORK_TREE: made.dir })).workTree()).toBe(made.dir);
    expect(await (await open(from, { GIT_DIR })).workTree()).toBe(from);
  });

  test('a clone that borrows its objects, also from one that borrows', async () => {
    const made = repositoryWithTag('lender');
    made.git('clone', '--quiet', '--shared', '.', join(box.root, 'borrower'));
    box.at('borrower').git('clone', '--quiet', '--shared', '.', join(box.root, 'borrower-too'));
    for (const name of ['borrower', 'borrower-too']) {
      await expectToRead(await open(join(box.root, name)), made);
      made.git('gc', '--quiet');
      await expectToRead(await open(join(box.root, name)), made);
    }
  });

  test('a clone of depth 1 says so', async () => {
    const made = repositoryWithTag('deep');
    made.commit();
    made.git('clone', '--quiet', '--depth=1', `file://${made.dir}`, join(box.root, 'shallow'));
    const repository = await open(join(box.root, 'shallow'));
    expect(await repository.history.isShallow()).toBe(true);
    expect(await repository.objects.commit('HEAD')).toBe(made.git('rev-parse', 'HEAD'));
    expect(await repository.objects.commit('HEAD~1')).toBeUndefined();
    for (const [name, isThere] of Object.entries({
      origin: true,
      upstream: false,
      '': false,
      '--all': false,
    }))
      expect(await repository.hasRemote(name)).toBe(isThere);
  });
});

describe('what is refused rather than answered wrongly', () => {
  /** A repository whose configuration says something more. */
  function configured(name: string, ...settings: string[]): Repository {
    const made = repositoryWithTag(name);
    const config = settings.map((line) => `${line}\n`).join('');
    writeFileSync(join(made.dir, '.git', 'config'), `[core]\n\trepositoryformatversion = 1\n${config}`);
    return made;
  }

  test.each<[string, () => Repository, RegExp]>([
    ['ids of SHA-256', () => repositoryWithTag('sha256', '--object-format=sha256'), /sha256/],
    ['refs in tables', () => configured('tables', '[extensions]', 'refStorage = reftable'), /reftable/],
    ['an extension nobody knows', () => configured('unknown', '[extensions]', 'moonPhase = 3'), /moonphase/],
    ['a later format', () => configured('later', '[core]', 'repositoryformatversion = 2'), /number 2/],
  ])('%s', async (_what, make, said) => {
    const { dir } = make();
    for (const opening of [() => open(dir), () => openLocalSource(dir, {})])
      await expect(opening()).rejects.toMatchObject({
        code: 'GIT_MISSING',
        message: expect.stringMatching(said),
        hint: expect.stringContaining('install git'),
      });
  });

  test('extensions that change nothing for a reader are accepted', async () => {
    const made = configured('harmless', '[extensions]', 'worktreeConfig = true', 'noop');
    await expectToRead(await open(made.dir), made);
  });

  test('what a partial clone left out, and nothing else', async () => {
    const made = repositoryWithTag('whole-one');
    made.git('config', 'uploadpack.allowFilter', 'true');
    made.commit({ 'models/model.bin': 'two' });
    made.git('clone', '--quiet', '--filter=blob:none', `file://${made.dir}`, join(box.root, 'partial'));
    const repository = await open(join(box.root, 'partial'));
    const first = made.git('rev-parse', 'HEAD~1');
    expect(await readTags(repository)).toMatchObject([{ tag: { commit: first } }]);
    const [then, now] = await Promise.all(
      [first, 'HEAD'].map((rev) => made.git('rev-parse', `${rev}:models/model.bin`)),
    );
    expect((await repository.objects.entry(first, 'models/model.bin'))?.oid).toBe(then);
    expect(Buffer.from(await repository.objects.blob(now ?? '')).toString()).toBe('two');
    for (const ask of [
      () => repository.objects.blob(then ?? ''),
      () => repository.objects.stream(then ?? ''),
      () => repository.objects.sizes([then ?? '']),
    ])
      await expect(ask()).rejects.toMatchObject({
        code: 'GIT_MISSING',
        message: expect.stringContaining(then ?? ''),
      });
    expect(await repository.objects.types([then ?? ''])).toEqual(new Map([[then, 'missing']]));
  });

  test.each(['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_COMMON_DIR', 'GIT_NAMESPACE'])(
    '%s, which would make it another repository',
    async (name) => {
      const { dir } = repositoryWithTag(name);
      await expect(open(dir, { [name]: 'x' })).rejects.toMatchObject({ code: 'GIT_MISSING' });
      expect(await (await openLocalSource(dir, {})).objects.commit('main')).toMatch(/^[0-9a-f]{40}$/);
    },
  );

  test('a folder outside of every repository, and one that only looks like one', async () => {
    const dir = join(box.root, 'no-repository');
    mkdirSync(join(dir, '.git', 'refs'), { recursive: true });
    writeFileSync(join(dir, '.git', 'HEAD'), 'ref: refs/heads/main\n');
    for (const opening of [
      () => open(dir),
      () => openLocalSource(dir, {}),
      () => openLocalSource(join(dir, 'gone'), {}),
      () => open(dir, { GIT_DIR: 'x' }),
    ])
      await expect(opening()).rejects.toMatchObject({
        code: 'NO_REPOSITORY',
        message: expect.stringContaining(dir),
      });
  });

  test('a repository inside another one is the nearer one', async () => {
    const outer = repositoryWithTag('outer');
    cpSync(repositoryWithTag('for-inner').dir, join(outer.dir, 'inner'), { recursive: true });
    box.at('outer/inner').tag('fraud@v1.0.0');
    expect(await listTags(await open(join(outer.dir, 'inner', 'models')))).toHaveLength(2);
  });

  test('what only the git program does', async () => {
    const repository = await open(repositoryWithTag('written').dir);
    expect(() => requireWriter(repository)).toThrow(needsGit('writing to a registry'));
    expect(() => requireRemote(repository, 'origin')).toThrow(needsGit('asking a remote of this repository'));
    expect(() => requireBranches(repository)).toThrow(needsGit('looking at the branches of this repository'));
    expect(() => requireSignatures(repository)).toThrow(needsGit('checking signatures'));
  });
});

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../src/git/open.js';
import { requireWriter } from '../../src/git/port.js';
import { type Env, sandbox } from '../support/repo.js';
import { listTags, readTags } from '../support/tags.js';

const box = sandbox();
const made = box.repository('registry');
made.commit();
made.tag('churn@v1.0.0');

const emptyFolder = (name: string): string => {
  const dir = join(box.root, name);
  mkdirSync(dir);
  return dir;
};
const open = (repo: string, env: Env) => openRepository(repo, box.root, join(box.root, 'cache'), { env });

/** A folder for PATH with a program `git` that is a shell script. */
function fakeGit(name: string, script: string): string {
  const dir = emptyFolder(name);
  writeFileSync(join(dir, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'git'), 0o755);
  return dir;
}

test('a folder outside of every repository', async () => {
  const repository = await open(emptyFolder('no-repository'), box.env);
  for (const ask of [
    () => listTags(repository),
    () => readTags(repository),
    () => repository.objects.commit('HEAD'),
    () => repository.workTree(),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'NO_REPOSITORY' });
});

test('a folder that is not there, and a file', async () => {
  writeFileSync(join(box.root, 'a-file'), '');
  for (const repo of ['gone', 'a-file'])
    await expect(open(repo, box.env)).rejects.toMatchObject({ code: 'NO_REPOSITORY' });
});

test('a writer without a name: git must not make one up', async () => {
  const home = emptyFolder('nobody');
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tuseConfigOnly = true\n');
  const anonymous = Object.fromEntries(
    Object.entries(box.env).filter(([name]) => !/^GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)$/.test(name)),
  );
  const repository = await open(made.dir, { ...anonymous, HOME: home });
  await expect(requireWriter(repository).identity()).rejects.toMatchObject({
    code: 'NO_IDENTITY',
    hint: expect.stringContaining('git config --global user.name'),
  });
  expect(await listTags(repository)).toHaveLength(1);
});

test('a machine without git', async () => {
  const repository = await open(made.dir, { ...box.env, PATH: emptyFolder('no-git'), REG_GIT: 'git' });
  for (const ask of [
    () => listTags(repository),
    () => requireWriter(repository).identity(),
    () => repository.workTree(),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'GIT_MISSING' });
});

/** A git of before `%(raw)`. */
const oldGit = (said: string): string =>
  `if [ "$1" = version ]; then echo "${said}"; else echo 'fatal: unknown field name: raw' >&2; exit 128; fi`;

test('a git that is too old, named with its version', async () => {
  const path = fakeGit('old-git', oldGit('git version 2.20.1'));
  const repository = await open(made.dir, { ...box.env, PATH: path, REG_GIT: 'git' });
  await expect(listTags(repository)).rejects.toMatchObject({
    code: 'GIT_TOO_OLD',
    message: expect.stringContaining('2.20'),
    hint: expect.stringContaining('2.34'),
  });
});

test.each([
  ['git version 2.34.0', true],
  ['git version 2.39.5 (Apple Git-154)', true],
  ['git version 2.100.1.windows.1', true],
  ['git version 3.0.0', true],
  ['git version 2.33.8', false],
  ['git version 1.99.9', false],
])('%s is new enough: %s', async (said, isNewEnough) => {
  const script = isNewEnough
    ? `if [ "$1" = version ]; then echo "${said}"; else PATH='${box.env.PATH}'; exec git "$@"; fi`
    : oldGit(said);
  const path = fakeGit(said, script);
  const repository = await open(made.dir, { ...box.env, PATH: path, REG_GIT: 'git' });
  const listed = await listTags(repository).catch((error: { code: string }) => error.code);
  expect(listed).toEqual(
    isNewEnough ? [{ name: 'churn@v1.0.0', oid: made.git('rev-parse', 'churn@v1.0.0') }] : 'GIT_TOO_OLD',
  );
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openGitRepository } from '../../src/git/program/repository.js';
import { sandbox } from '../support/repo.js';
import { LOCAL_READERS, tagBytes, URL_READINGS, urlBench } from './bench.js';
import { embeddedLocal } from './embedded-bench.js';

const box = sandbox();

describe.each(LOCAL_READERS)('the types of objects: %s', (kind, makeBench) => {
  test('each is named, also one that is missing', async () => {
    const bench = makeBench(box, `${kind}-types`);
    const commit = bench.commit({ 'model.bin': '1' });
    const blob = bench.add('blob', 'a model');
    const tag = bench.add('tag', tagBytes(commit, 'churn@v1.0.0'));
    const gone = '0123456789abcdef0123456789abcdef01234567';
    const types = await bench.repository.objects.types([gone, commit, blob, tag]);
    expect(Object.fromEntries(types)).toEqual({
      [gone]: 'missing',
      [commit]: 'commit',
      [blob]: 'blob',
      [tag]: 'tag',
    });
  });

  test('asking for none answers none', async () => {
    const { repository } = makeBench(box, `${kind}-none`);
    expect(await repository.objects.types([])).toEqual(new Map());
  });

  test('history is whole, and there is no remote', async () => {
    const { repository, commit } = makeBench(box, `${kind}-whole`);
    commit();
    expect(await repository.history.isShallow()).toBe(false);
    expect(await repository.hasRemote('origin')).toBe(false);
    expect((await repository.remotes()).names).toEqual([]);
  });
});

test.each(['git', 'embedded'])('remotes have names, and the configuration prefers some: %s', async (kind) => {
  const made = box.repository(`${kind}-remotes`);
  const open = () => (kind === 'git' ? openGitRepository(made.dir, box) : embeddedLocal(box, made));
  made.git('remote', 'add', 'Fork.of/me', '/srv/fork');
  expect(await open().remotes()).toMatchObject({ names: ['Fork.of/me'] });
  made.git('remote', 'add', 'upstream', '/srv/upstream');
  const branch = made.git('symbolic-ref', '--short', 'HEAD').trim();
  made.git('config', `branch.${branch}.remote`, 'upstream');
  made.git('config', 'remote.pushDefault', 'Fork.of/me');
  made.git('config', 'reg.remote', 'upstream');
  expect(await open().remotes()).toEqual({
    names: ['Fork.of/me', 'upstream'],
    chosen: 'upstream',
    pushDefault: 'Fork.of/me',
    ofBranch: 'upstream',
    fetches: new Map(),
    mirrors: new Set(),
  });
  made.git('config', 'remote.upstream.mirror', 'true');
  made.git('config', 'remote.upstream.fetch', '+refs/heads/main:refs/remotes/upstream/main');
  made.git('config', 'remote.Fork.of/me.tagOpt', '--no-tags');
  expect(await open().remotes()).toMatchObject({
    fetches: new Map([
      ['Fork.of/me', 'no tags'],
      ['upstream', 'some branches'],
    ]),
    mirrors: new Set(['upstream']),
  });
});

test.each(['git', 'embedded'])('files that a sparse checkout left out are not deleted: %s', async (kind) => {
  const made = box.repository(`${kind}-sparse`);
  made.commit({ 'here.yaml': '1', 'a[b]/there.yaml': '2', 'there.yaml': '3' });
  const open = () => (kind === 'git' ? openGitRepository(made.dir, box) : embeddedLocal(box, made));
  expect(await open().notCheckedOut('.yaml')).toEqual(new Map());
  made.git('sparse-checkout', 'set', '--no-cone', '/here.yaml');
  const left = async (end: string) => [...(await open().notCheckedOut(end)).keys()].sort();
  expect(await left('.yaml')).toEqual(['a[b]/there.yaml', 'there.yaml']);
  expect(await left('a[b]/there.yaml')).toEqual(['a[b]/there.yaml']);
  expect(await open().uncommitted(['there.yaml', 'a[b]'])).toEqual([]);
  expect((await open().nextCommit()).paths).toEqual(['a[b]/there.yaml', 'here.yaml', 'there.yaml']);
});

test('a clone of depth 1 says so, and has a remote by its name only', async () => {
  const made = box.repository('deep');
  made.commit();
  made.commit();
  made.git('clone', '--quiet', '--depth=1', `file://${made.dir}`, join(box.root, 'shallow'));
  const repository = openGitRepository(join(box.root, 'shallow'), box);
  expect(await repository.history.isShallow()).toBe(true);
  expect(await repository.hasRemote('origin')).toBe(true);
  for (const name of ['upstream', made.dir, '--all', ''])
    expect(await repository.hasRemote(name)).toBe(false);
});

test.each(URL_READINGS.filter(([, { embedded }]) => !embedded))(
  'a repository at a URL is the remote itself, and vouches for its objects: %s',
  async (kind, reading) => {
    const made = box.repository(`${kind}-remote`);
    const commit = made.commit();
    const { repository } = urlBench(box, made, reading);
    expect(repository.address).toBe(`file://${made.dir}`);
    expect(await repository.workTree()).toBeUndefined();
    expect(await repository.history.isShallow()).toBe(false);
    expect(await repository.hasRemote(repository.address ?? '')).toBe(true);
    expect(await repository.objects.types([commit])).toEqual(new Map());
  },
);

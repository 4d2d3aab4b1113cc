import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tagRef } from '../../src/domain/refs.js';
import {
  listArtifact,
  type RegistryRepository,
  requireRemote,
  requireWriter,
  type TagRef,
} from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import { type Repository, sandbox } from '../support/repo.js';
import { CHURN, DONE, LOST } from './remote-bench.js';

const box = sandbox();

/** A remote with five commits and a tag on each, and a clone of it without tags. */
function makeClone(name: string, ...options: string[]) {
  const remote = box.repository(`${name}.remote`);
  for (const n of [1, 2, 3, 4, 5]) {
    remote.commit({ 'model.bin': `${n}` });
    remote.tag(`churn@v${n}.0.0`);
    box.advance(60);
  }
  remote.git('clone', '--quiet', '--no-tags', ...options, `file://${remote.dir}`, join(box.root, name));
  const clone = box.at(name);
  return { remote, clone, repository: openGitRepository(clone.dir, box) };
}

const commits = ({ git }: Repository, rev: string): number => Number(git('rev-list', '--count', rev));
const everyRef = ({ git }: Repository): string => git('for-each-ref', '--format=%(objectname) %(refname)');

/** The tags of these versions, as the remote lists them. */
async function listed(repository: RegistryRepository, ...versions: number[]): Promise<TagRef[]> {
  const { tags } = await listArtifact(requireRemote(repository, 'origin'), CHURN);
  return tags.filter(({ name }) => versions.includes(Number(/v(\d)/.exec(name)?.[1])));
}

test('objects come as they are, with their commits, and no ref does', async () => {
  const { remote, clone, repository } = makeClone('objects');
  remote.git('switch', '--quiet', '--create', 'side', 'main~2');
  const aside = remote.commit({ 'model.bin': 'aside' });
  remote.tag('churn@v6.0.0');
  remote.tag('churn@v7.0.0', 'A tag of a tag', 'churn@v6.0.0');
  const before = everyRef(clone);
  const tags = await listed(repository, 1, 7);
  await requireRemote(repository, 'origin').fetch(tags);
  expect(everyRef(clone)).toBe(before);
  for (const { oid } of tags) expect(clone.git('cat-file', '-t', oid)).toBe('tag');
  expect(clone.git('rev-parse', `${tags[1]?.oid}^{commit}`)).toBe(aside);
  expect(clone.git('show', `${aside}:model.bin`)).toBe('aside');
  const others = (await listed(repository, 2, 3)).map(({ oid }) => oid);
  expect(others).toHaveLength(2);
  expect([...(await repository.objects.types(others)).values()]).toEqual(['missing', 'missing']);
});

test('nothing of the configuration brings more than was asked for, or takes anything away', async () => {
  const { clone, repository } = makeClone('configured');
  clone.git('config', '--add', 'remote.origin.fetch', '+refs/tags/*:refs/tags/*');
  for (const setting of ['fetch.prune', 'fetch.pruneTags', 'remote.origin.prune'])
    clone.git('config', setting, 'true');
  clone.git('config', 'remote.origin.tagOpt', '--tags');
  clone.git('tag', 'mine');
  const before = everyRef(clone);
  await requireRemote(repository, 'origin').fetch(await listed(repository, 2));
  expect(everyRef(clone)).toBe(before);
});

test('a remote that has them no longer, or is gone', async () => {
  const { clone, repository } = makeClone('gone');
  const gone = { name: 'churn@v9.0.0', oid: 'f'.repeat(40), peeled: 'e'.repeat(40) };
  for (const remote of ['origin', 'upstream'])
    await expect(requireRemote(repository, remote).fetch([gone])).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
    });
  await requireRemote(repository, 'upstream').fetch([]);
  expect(clone.tags()).toEqual([]);
});

test('keeping writes what was fetched, in place of a lightweight tag too, and passes the turn on', async () => {
  const { remote, clone, repository } = makeClone('keep');
  clone.git('tag', 'churn@v2.0.0', 'main~3');
  const tags = await listed(repository, 1, 2);
  await requireRemote(repository, 'origin').fetch(tags);
  const turn = await requireWriter(repository).turn(CHURN);
  const kept = tags.map(({ name, oid, peeled }) => ({
    ref: tagRef(name),
    from: name === 'churn@v2.0.0' ? peeled : undefined,
    to: oid,
  }));
  expect(await requireWriter(repository).change(kept)).toEqual(DONE);
  for (const name of ['churn@v1.0.0', 'churn@v2.0.0'])
    expect(clone.git('rev-parse', `refs/tags/${name}`)).toBe(remote.git('rev-parse', `refs/tags/${name}`));
  expect(clone.tags()).toHaveLength(2);
  const next = await requireWriter(repository).turn(CHURN);
  expect(next).not.toEqual(turn);
  expect(await requireWriter(repository).change(kept)).toEqual(DONE);
  expect(await requireWriter(repository).turn(CHURN)).toEqual(next);
});

test.each([
  ['another tag, where nothing is expected', undefined],
  ['another tag than the one that is expected', 'a lightweight one'],
])('keeping never replaces %s, and then keeps none', async (what, replaces) => {
  const { clone, repository } = makeClone(what);
  const mine = clone.tag('churn@v2.0.0', 'Mine', 'main~3');
  const tags = await listed(repository, 1, 2);
  await requireRemote(repository, 'origin').fetch(tags);
  const kept = tags.map(({ name, oid, peeled }) => ({
    ref: tagRef(name),
    from: replaces && name === 'churn@v2.0.0' ? peeled : undefined,
    to: oid,
  }));
  expect(await requireWriter(repository).change(kept)).toEqual(LOST);
  expect(clone.tags()).toEqual(['churn@v2.0.0']);
  expect(clone.git('rev-parse', 'refs/tags/churn@v2.0.0')).toBe(mine);
});

test('in a shallow clone the history that is here is not cut, and a commit that is not comes alone', async () => {
  const { remote, clone, repository } = makeClone('shallow', '--depth=3');
  expect(commits(clone, 'main')).toBe(3);
  const tags = await listed(repository, 2, 4, 5);
  await requireRemote(repository, 'origin').fetch(tags);
  expect(commits(clone, 'main')).toBe(3);
  const byName = new Map(tags.map(({ name, oid }) => [name, oid]));
  const far = byName.get('churn@v2.0.0') ?? '';
  expect(clone.git('rev-parse', `${far}^{commit}`)).toBe(remote.git('rev-parse', 'main~3'));
  expect(commits(clone, far)).toBe(1);
  expect(commits(clone, byName.get('churn@v4.0.0') ?? '')).toBe(2);
  expect(clone.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('in a shallow clone a tag on a later commit leaves the branch able to follow', async () => {
  const { remote, clone, repository } = makeClone('follow', '--depth=1');
  remote.commit({ 'model.bin': '6' });
  remote.commit({ 'model.bin': '7' });
  remote.tag('churn@v7.0.0');
  await requireRemote(repository, 'origin').fetch(await listed(repository, 7));
  clone.git('pull', '--quiet', '--ff-only', 'origin', 'main');
  expect(clone.git('rev-parse', 'HEAD')).toBe(remote.git('rev-parse', 'HEAD'));
});

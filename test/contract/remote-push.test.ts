import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import type { NewRef, Turn } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';
import { CHURN, cloneWriter, DONE, LOST, makeRemote, WRITERS, type Writer } from './remote-bench.js';

const box = sandbox();
const oidOf = ({ git }: Repository, tagName: string): string => git('rev-parse', `refs/tags/${tagName}`);

describe.each(WRITERS)('creating tags at a remote: %s', (kind, makeWriter) => {
  const makeTwo = (name: string) => {
    const remote = makeRemote(box, `${kind}-${name}`);
    return { remote, ann: makeWriter(box, remote), bo: makeWriter(box, remote) };
  };

  test('they are there as they were written, with all that they lead to, and pass the turn on', async () => {
    const { remote, ann } = makeTwo('written');
    const refs = [await ann.draft('churn@v1.0.0'), await ann.draft('churn#prod#1', 'main~1')];
    expect(await ann.repository.pushTags(ann.origin, refs, await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
    for (const { tagName, oid } of refs) expect(oidOf(remote, tagName)).toBe(oid);
    expect(remote.git('rev-parse', 'churn#prod#1^{commit}')).toBe(remote.git('rev-parse', 'main~1'));
    expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
    expect((await ann.turn()).last).toBe(refs[1]?.oid);
    expect(remote.git('for-each-ref', '--format=%(refname)').split('\n')).toEqual([
      'refs/heads/main',
      'refs/reg/churn@turn',
      'refs/tags/churn#prod#1',
      'refs/tags/churn@v1.0.0',
    ]);
  });

  test('none is nothing to do', async () => {
    const { ann, remote } = makeTwo('nothing');
    expect(await ann.repository.pushTags(ann.origin, [], await ann.turn())).toEqual(DONE);
    expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  test.each([
    ['another object', 'main', '--force'],
    ['a lightweight tag', 'main~1', '--no-sign'],
  ])('a name that is taken by %s stays what it was', async (what, rev, option) => {
    const { remote, ann } = makeTwo(`taken ${what}`);
    remote.git('tag', option, 'churn@v1.0.0', rev);
    const before = oidOf(remote, 'churn@v1.0.0');
    const refs = [await ann.draft('churn@v1.0.0')];
    expect(await ann.repository.pushTags(ann.origin, refs, await ann.turn())).toEqual(LOST);
    expect(oidOf(remote, 'churn@v1.0.0')).toBe(before);
    expect((await ann.turn()).last).toBeUndefined();
  });

  test.each(['first', 'last'])('all or none: the name that is taken comes %s', async (place) => {
    const { remote, ann } = makeTwo(`none ${place}`);
    remote.tag('churn#prod#1', 'Somebody was faster', 'main');
    const refs = [await ann.draft('churn#prod#1'), await ann.draft('churn@v1.0.0')];
    if (place === 'last') refs.reverse();
    expect(await ann.repository.pushTags(ann.origin, refs, await ann.turn())).toEqual(LOST);
    expect(remote.tags()).toEqual(['churn#prod#1']);
    expect((await ann.turn()).last).toBeUndefined();
  });

  test('the same object twice is done twice, whosever turn it is', async () => {
    const { remote, ann } = makeTwo('twice');
    const refs = [await ann.draft('churn@v1.0.0')];
    const turn = await ann.turn();
    for (const one of [turn, turn, await ann.turn()])
      expect(await ann.repository.pushTags(ann.origin, refs, one)).toEqual(DONE);
    const more = [...refs, await ann.draft('churn#prod#1')];
    expect(await ann.repository.pushTags(ann.origin, more, await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  });

  test.each([
    ['the first', []],
    ['a later', ['churn@v0.1.0']],
  ])('of two writers at once that took %s turn one wins, whatever they write', async (which, before) => {
    const { remote, ann, bo } = makeTwo(`race ${which}`);
    for (const tagName of before)
      await ann.repository.pushTags(ann.origin, [await ann.draft(tagName)], await ann.turn());
    const pushes = await Promise.all(
      [ann, bo].map(async ({ repository, origin, draft, turn }, index) => {
        const ref = await draft(['churn@v1.0.0', 'churn#dev#1'][index] ?? '');
        return { repository, origin, ref, turn: await turn() };
      }),
    );
    const results = await Promise.all(
      pushes.map(({ repository, origin, ref, turn }) => repository.pushTags(origin, [ref], turn)),
    );
    expect(results).toHaveLength(2);
    expect(results).toEqual(expect.arrayContaining([DONE, LOST]));
    const winner = pushes[results.findIndex(({ outcome }) => outcome === 'done')]?.ref;
    expect(remote.tags()).toEqual([winner?.tagName, ...before].sort());
    expect(oidOf(remote, winner?.tagName ?? '')).toBe(winner?.oid);
    expect((await ann.turn()).last).toBe(winner?.oid);
  });

  test('a turn that is over writes nothing, and the next one does', async () => {
    const { remote, ann, bo } = makeTwo('over');
    const turn = await bo.turn();
    await ann.repository.pushTags(ann.origin, [await ann.draft('churn@v1.0.0')], await ann.turn());
    const refs = [await bo.draft('churn#dev#1')];
    expect(await bo.repository.pushTags(bo.origin, refs, turn)).toEqual(LOST);
    expect(remote.tags()).toEqual(['churn@v1.0.0']);
    expect(await bo.repository.pushTags(bo.origin, refs, await bo.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#dev#1', 'churn@v1.0.0']);
  });

  test('who lost rests, and is told what the remote has after that', async () => {
    const { remote, ann, bo } = makeTwo('rest');
    const turn = await bo.turn();
    await ann.repository.pushTags(ann.origin, [await ann.draft('churn@v1.0.0')], await ann.turn());
    const later = [await ann.draft('churn@v2.0.0')];
    const meanwhile = async (): Promise<void> => {
      expect(await ann.repository.pushTags(ann.origin, later, await ann.turn())).toEqual(DONE);
    };
    const result = await bo.repository.pushTags(bo.origin, [await bo.draft('churn#dev#1')], turn, meanwhile);
    const listing = await bo.repository.listRemoteArtifact(bo.origin, CHURN);
    expect(result).toEqual({ outcome: 'lost', reason: expect.any(String), listing });
    expect(remote.tags()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
  });

  test('who won does not rest', async () => {
    const { ann } = makeTwo('no rest');
    const never = (): Promise<void> => Promise.reject(new Error('there is nothing to rest for'));
    const refs = [await ann.draft('churn@v1.0.0')];
    expect(await ann.repository.pushTags(ann.origin, refs, await ann.turn(), never)).toEqual(DONE);
  });

  test('artifacts take turns of their own, also where one is the folder of the other', async () => {
    const { remote, ann } = makeTwo('folder');
    const artifacts = ['churn', 'churn/x', 'churn/x/y', 'churn-2', 'models:churn'].map((name) =>
      artifactName(name),
    );
    const turns = [];
    for (const artifact of artifacts) turns.push(await ann.turn(artifact));
    for (const turn of turns) {
      const refs = [await ann.draft(`${turn.artifact.replace(':', '=')}@v1.0.0`)];
      expect(await ann.repository.pushTags(ann.origin, refs, turn)).toEqual(DONE);
    }
    expect(remote.tags()).toHaveLength(5);
  });

  test.each([
    ['the newest commit', 'main', []],
    ['the newest commit, which others have followed since', 'main', ['three', 'four']],
    ['an earlier commit', 'main~1', []],
    ['an earlier commit, and the branch has moved on', 'main~1', ['three', 'four']],
    ['an earlier commit by its id', '{main~1}', []],
    ['the newest commit by its id', '{main}', ['three']],
  ])('a tag on %s', async (what, rev, since) => {
    const { remote, ann } = makeTwo(what);
    const source = box.at(`${kind}-${what}-source`);
    const typed = rev.replace(/^\{(.*)\}$/, (_all, name: string) => source.git('rev-parse', name));
    const refs = [await ann.draft('churn@v1.0.0', typed)];
    for (const content of since) source.commit({ 'model.bin': content });
    source.git('push', '--quiet', remote.dir, 'main');
    expect(await ann.repository.pushTags(ann.origin, refs, await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn@v1.0.0']);
    expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

test('a lost push gives what to decide upon next, unless fetches come from elsewhere', async () => {
  const remote = makeRemote(box, 'decide');
  const [ann, bo, eve] = [cloneWriter(box, remote), cloneWriter(box, remote), cloneWriter(box, remote)];
  const push = async ({ repository, origin }: Writer, refs: readonly NewRef[], turn: Turn) =>
    repository.pushTags(origin, refs, turn);
  const turn = await ann.turn();
  const [first, second] = [[await ann.draft('churn@v1.0.0')], [await bo.draft('churn@v1.0.0')]];
  const third = [await eve.draft('churn@v1.0.0')];
  expect(await push(ann, first, turn)).toEqual(DONE);
  expect(await push(bo, second, turn)).toMatchObject({
    outcome: 'lost',
    listing: { turn: { artifact: CHURN } },
  });
  // another address of the same repository is one that may lag behind
  const config = join((await eve.repository.workTree()) ?? '', '.git', 'config');
  appendFileSync(config, `[remote "origin"]\n\tpushurl = file://${remote.dir}\n`);
  expect(await push(eve, third, turn)).toMatchObject({ outcome: 'lost', listing: undefined });
});

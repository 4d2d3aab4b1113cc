import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { tagNameOf } from '../../src/domain/refs.js';
import { type Repository, sandbox } from '../support/repo.js';
import { DONE, LOST, makeRemote, makeSource, push, writersInTurn } from './remote-bench.js';

const box = sandbox();
const oidOf = ({ git }: Repository, tagName: string): string => git('rev-parse', `refs/tags/${tagName}`);

describe.each(writersInTurn())('creating tags at a remote: %s', (kind, makeWriter, turns) => {
  const makeTwo = (name: string) => {
    const remote = makeRemote(box, `${kind}-${name}`);
    return { remote, ann: makeWriter(box, remote), bo: makeWriter(box, remote) };
  };

  turns.test(
    'they are there as they were written, with all that they lead to, and pass the turn on',
    async () => {
      const { remote, ann } = makeTwo('written');
      const refs = [await ann.draft('churn@v1.0.0'), await ann.draft('churn#prod#1', 'main~1')];
      expect(await push(ann, refs, await ann.turn())).toEqual(DONE);
      expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
      for (const { ref, to } of refs) expect(remote.git('rev-parse', ref)).toBe(to);
      expect(remote.git('rev-parse', 'churn#prod#1^{commit}')).toBe(remote.git('rev-parse', 'main~1'));
      expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
      expect((await ann.turn()).last).toBe(refs[1]?.to);
      expect(remote.git('for-each-ref', '--format=%(refname)').split('\n')).toEqual([
        'refs/heads/main',
        'refs/reg/churn@turn',
        'refs/tags/churn#prod#1',
        'refs/tags/churn@v1.0.0',
      ]);
    },
  );

  turns.test('none is nothing to do', async () => {
    const { ann, remote } = makeTwo('nothing');
    expect(await push(ann, [], await ann.turn())).toEqual(DONE);
    expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  test.each(
    turns.rows([
      ['another object', 'main', '--force'],
      ['a lightweight tag', 'main~1', '--no-sign'],
    ]),
  )('a name that is taken by %s stays what it was', async (what, rev, option) => {
    const { remote, ann } = makeTwo(`taken ${what}`);
    remote.git('tag', option, 'churn@v1.0.0', rev);
    const before = oidOf(remote, 'churn@v1.0.0');
    const refs = [await ann.draft('churn@v1.0.0')];
    expect(await push(ann, refs, await ann.turn())).toEqual(LOST);
    expect(oidOf(remote, 'churn@v1.0.0')).toBe(before);
    expect((await ann.turn()).last).toBeUndefined();
  });

  test.each(turns.rows(['first', 'last']))('all or none: the name that is taken comes %s', async (place) => {
    const { remote, ann } = makeTwo(`none ${place}`);
    remote.tag('churn#prod#1', 'Somebody was faster', 'main');
    const refs = [await ann.draft('churn#prod#1'), await ann.draft('churn@v1.0.0')];
    if (place === 'last') refs.reverse();
    expect(await push(ann, refs, await ann.turn())).toEqual(LOST);
    expect(remote.tags()).toEqual(['churn#prod#1']);
    expect((await ann.turn()).last).toBeUndefined();
  });

  turns.test('the same object twice is done twice, whosever turn it is', async () => {
    const { remote, ann } = makeTwo('twice');
    const refs = [await ann.draft('churn@v1.0.0')];
    const turn = await ann.turn();
    for (const one of [turn, turn, await ann.turn()]) expect(await push(ann, refs, one)).toEqual(DONE);
    const more = [...refs, await ann.draft('churn#prod#1')];
    expect(await push(ann, more, await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  });

  test.each(
    turns.rows([
      ['the first', []],
      ['a later', ['churn@v0.1.0']],
    ]),
  )('of two writers at once that took %s turn one wins, whatever they write', async (which, before) => {
    const { remote, ann, bo } = makeTwo(`race ${which}`);
    for (const tagName of before) await push(ann, [await ann.draft(tagName)], await ann.turn());
    const pushes = await Promise.all(
      [ann, bo].map(async (writer, index) => {
        const ref = await writer.draft(['churn@v1.0.0', 'churn#dev#1'][index] ?? '');
        return { writer, ref, turn: await writer.turn() };
      }),
    );
    const results = await Promise.all(pushes.map(({ writer, ref, turn }) => push(writer, [ref], turn)));
    expect(results).toHaveLength(2);
    expect(results).toEqual(expect.arrayContaining([DONE, LOST]));
    const winner = pushes[results.findIndex(({ kind }) => kind === 'done')]?.ref;
    expect(remote.tags()).toEqual([tagNameOf(winner?.ref ?? ''), ...before].sort());
    expect(remote.git('rev-parse', winner?.ref ?? '')).toBe(winner?.to);
    expect((await ann.turn()).last).toBe(winner?.to);
  });

  turns.test('a turn that is over writes nothing, and the next one does', async () => {
    const { remote, ann, bo } = makeTwo('over');
    const turn = await bo.turn();
    await push(ann, [await ann.draft('churn@v1.0.0')], await ann.turn());
    const refs = [await bo.draft('churn#dev#1')];
    expect(await push(bo, refs, turn)).toEqual(LOST);
    expect(remote.tags()).toEqual(['churn@v1.0.0']);
    expect(await push(bo, refs, await bo.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#dev#1', 'churn@v1.0.0']);
  });

  turns.test('artifacts take turns of their own, also where one is the folder of the other', async () => {
    const { remote, ann } = makeTwo('folder');
    const artifacts = ['churn', 'churn/x', 'churn/x/y', 'churn-2', 'models:churn'].map((name) =>
      artifactName(name),
    );
    const turns = [];
    for (const artifact of artifacts) turns.push(await ann.turn(artifact));
    for (const turn of turns) {
      const refs = [await ann.draft(`${turn.artifact.replace(':', '=')}@v1.0.0`)];
      expect(await push(ann, refs, turn)).toEqual(DONE);
    }
    expect(remote.tags()).toHaveLength(5);
  });

  test.each(
    turns.rows([
      ['the newest commit', 'main', []],
      ['the newest commit, which others have followed since', 'main', ['three', 'four']],
      ['an earlier commit', 'main~1', []],
      ['an earlier commit, and the branch has moved on', 'main~1', ['three', 'four']],
      ['an earlier commit by its id', '{main~1}', []],
      ['the newest commit by its id', '{main}', ['three']],
    ]),
  )('a tag on %s', async (what, rev, since) => {
    const { remote, ann } = makeTwo(what);
    const source = makeSource(box, `${kind}-${what}-source`);
    const typed = rev.replace(/^\{(.*)\}$/, (_all, name: string) => source.git('rev-parse', name));
    const refs = [await ann.draft('churn@v1.0.0', typed)];
    for (const content of since) source.commit({ 'model.bin': content });
    source.git('push', '--quiet', remote.dir, 'main');
    expect(await push(ann, refs, await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn@v1.0.0']);
    expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

import { describe, expect, test } from 'vitest';
import type { RefChange } from '../../src/git/port.js';
import { type Repository, sandbox } from '../support/repo.js';
import { DONE, deleting, LOST, makeRemote, push, type Writer, writersInTurn } from './remote-bench.js';

const box = sandbox();

/** Writes tags the way it is meant to be. */
async function write(writer: Writer, ...tagNames: string[]): Promise<RefChange[]> {
  const refs: RefChange[] = [];
  for (const tagName of tagNames) refs.push(await writer.draft(tagName));
  expect(await push(writer, refs, await writer.turn())).toEqual(DONE);
  return refs;
}

describe.each(writersInTurn())('deleting tags at a remote: %s', (kind, makeWriter, turns) => {
  const makeTwo = (name: string): { remote: Repository; ann: Writer; bo: Writer } => {
    const remote = makeRemote(box, `${kind}-${name}`);
    return { remote, ann: makeWriter(box, remote), bo: makeWriter(box, remote) };
  };

  turns.test('those that are named go, the others stay', async () => {
    const { remote, ann, bo } = makeTwo('named');
    const [first, , third] = await write(ann, 'churn@v1.0.0', 'churn@v2.0.0', 'churn#prod#1');
    const refs = [first, third].filter((ref) => ref !== undefined);
    // whoever deletes need not have what the tags hold
    expect(await push(bo, refs.map(deleting), await bo.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn@v2.0.0']);
  });

  test.each(turns.rows(['first', 'last']))(
    'all or none, and only what they held: the one that has moved comes %s',
    async (place) => {
      const { remote, ann } = makeTwo(`moved ${place}`);
      const refs = await write(ann, 'churn@v1.0.0', 'churn@v2.0.0');
      const moved = remote.tag('churn@v1.0.0', 'Somebody moved it', '--force');
      if (place === 'last') refs.reverse();
      expect(await push(ann, refs.map(deleting), await ann.turn())).toEqual(LOST);
      expect(remote.tags()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
      expect(remote.git('rev-parse', 'churn@v1.0.0')).toBe(moved);
    },
  );

  turns.test('those that are gone already are as good as deleted', async () => {
    const { remote, ann } = makeTwo('gone');
    const refs = await write(ann, 'churn@v1.0.0');
    for (const _time of [1, 2]) expect(await push(ann, refs.map(deleting), await ann.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual([]);
  });

  turns.test('a turn that is over deletes nothing', async () => {
    const { remote, ann, bo } = makeTwo('over');
    const refs = await write(ann, 'churn@v1.0.0');
    const turn = await bo.turn();
    await write(ann, 'churn#prod#1');
    expect(await push(bo, refs.map(deleting), turn)).toEqual(LOST);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  });

  turns.test('a deletion passes the turn on, and brings no old one back', async () => {
    const { remote, ann, bo } = makeTwo('passes');
    const before = await bo.turn();
    const refs = await write(ann, 'churn@v1.0.0');
    const between = await bo.turn();
    expect(await push(ann, refs.map(deleting), await ann.turn())).toEqual(DONE);
    const waiting = [await bo.draft('churn#dev#1')];
    for (const turn of [before, between]) expect(await push(bo, waiting, turn)).toEqual(LOST);
    expect(remote.tags()).toEqual([]);
    expect(await push(bo, waiting, await bo.turn())).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#dev#1']);
  });

  turns.test('of a creation and a deletion at once that took the same turn one wins', async () => {
    const { remote, ann, bo } = makeTwo('race');
    const refs = await write(ann, 'churn@v1.0.0');
    const [turn, draft] = [await ann.turn(), await bo.draft('churn#prod#1')];
    const results = await Promise.all([push(ann, refs.map(deleting), turn), push(bo, [draft], turn)]);
    expect(results).toEqual(expect.arrayContaining([DONE, LOST]));
    const isDeleted = results[0]?.kind === 'done';
    expect(remote.tags()).toEqual(isDeleted ? [] : ['churn#prod#1', 'churn@v1.0.0']);
  });
});

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Repository, sandbox } from '../support/repo.js';
import {
  cloneWriter,
  DONE,
  LOST,
  makeRemote,
  push,
  REFUSED,
  type Writer,
  writersInTurn,
} from './remote-bench.js';

const box = sandbox();

/** Makes a server ask a shell script before it takes anything (githooks(5)). */
function setHook({ dir }: Repository, hook: 'pre-receive' | 'update', script: string): void {
  const file = join(dir, 'hooks', hook);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Sends new tags, with the turn as it is. */
const pushNew = async (writer: Writer, ...tagNames: string[]) => {
  const refs = [];
  for (const tagName of tagNames) refs.push(await writer.draft(tagName));
  return push(writer, refs, await writer.turn());
};

/** Servers that take no turn beside a tag: refs that are not tags or branches are hidden (git-config(1)). */
const HIDING = [
  ['hides it from all', 'transfer.hideRefs'],
  ['hides it from writers', 'receive.hideRefs'],
] as const;

describe.each(writersInTurn())('servers that will not: %s', (kind, makeWriter, turns) => {
  const make = (name: string): { remote: Repository; ann: Writer; bo: Writer } => {
    const remote = makeRemote(box, `${kind}-${name}`);
    return { remote, ann: makeWriter(box, remote), bo: makeWriter(box, remote) };
  };

  test.each(turns.rows(HIDING))(
    'one that keeps turns to itself, and %s, takes tags all the same',
    async (what, setting) => {
      const { remote, ann, bo } = make(what);
      remote.git('config', setting, 'refs/reg');
      expect(await pushNew(ann, 'churn@v1.0.0')).toEqual(DONE);
      expect(await pushNew(ann, 'churn@v2.0.0', 'churn#prod#1')).toEqual(DONE);
      expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0', 'churn@v2.0.0']);
      // names alone keep writers apart there
      expect(await pushNew(bo, 'churn@v2.0.0')).toEqual(LOST);
      expect(await pushNew(bo, 'churn@v1.0.0', 'churn@v3.0.0')).toEqual(LOST);
      expect(remote.tags()).toHaveLength(3);
      const ref = 'refs/tags/churn#prod#1';
      const refs = [{ ref, from: remote.git('rev-parse', ref), to: undefined }];
      expect(await push(bo, refs, await bo.turn())).toEqual(DONE);
      expect(remote.tags()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
    },
  );

  turns.test('a server that hides the turns still accepts tags', async () => {
    const { remote, ann } = make('unread');
    remote.git('config', 'uploadpack.hideRefs', 'refs/reg');
    expect(await pushNew(ann, 'churn@v1.0.0')).toEqual(DONE);
    expect(await pushNew(ann, 'churn@v2.0.0')).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn@v1.0.0', 'churn@v2.0.0']);
  });

  turns.test('one that takes refs one by one takes one tag, and of two neither', async () => {
    const { remote, ann, bo } = make('one-by-one');
    remote.git('config', 'receive.advertiseAtomic', 'false');
    expect(await pushNew(ann, 'churn@v1.0.0', 'churn#prod#1')).toEqual(REFUSED);
    expect(remote.tags()).toEqual([]);
    expect(await pushNew(ann, 'churn@v1.0.0')).toEqual(DONE);
    expect(await pushNew(bo, 'churn@v1.0.0')).toEqual(LOST);
    expect(await pushNew(bo, 'churn#prod#1')).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  });

  test.each(turns.rows(['pre-receive', 'update'] as const))(
    'one whose %s hook says no: its words, and nothing happens',
    async (hook) => {
      const { remote, ann } = make(hook);
      setHook(remote, hook, 'echo "Only Ann may." >&2; exit 1');
      const result = await pushNew(ann, 'churn@v1.0.0', 'churn#prod#1');
      expect(result).toEqual({ kind: 'refused', reason: expect.stringContaining('Only Ann may.') });
      expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    },
  );

  turns.test('one whose update hook says no to one tag takes none of them', async () => {
    const { remote, ann } = make('partly');
    setHook(remote, 'update', 'case "$1" in *"#prod#"*) echo "not to prod" >&2; exit 1;; esac');
    const result = await pushNew(ann, 'churn@v1.0.0', 'churn#prod#1');
    expect(result).toEqual({ kind: 'refused', reason: expect.stringContaining('not to prod') });
    expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  turns.test('one whose update hook knows no turns takes the tags', async () => {
    const { remote, ann } = make('no-turns');
    setHook(remote, 'update', 'case "$1" in refs/tags/*) ;; *) echo "tags only" >&2; exit 1;; esac');
    expect(await pushNew(ann, 'churn@v1.0.0', 'churn#prod#1')).toEqual(DONE);
    expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  });

  turns.test('one where tags stay', async () => {
    const { remote, ann } = make('stay');
    await pushNew(ann, 'churn@v1.0.0');
    setHook(remote, 'update', 'case "$3" in *[1-9a-f]*) ;; *) echo "tags stay" >&2; exit 1;; esac');
    const ref = 'refs/tags/churn@v1.0.0';
    const refs = [{ ref, from: remote.git('rev-parse', ref), to: undefined }];
    const result = await push(ann, refs, await ann.turn());
    expect(result).toEqual({ kind: 'refused', reason: expect.stringContaining('tags stay') });
    expect(remote.tags()).toEqual(['churn@v1.0.0']);
  });

  turns.test('one that another writer has locked is worth another try', async () => {
    const { remote, ann } = make('locked');
    const lock = join(remote.dir, 'refs/tags/churn@v1.0.0.lock');
    writeFileSync(lock, '');
    expect(await pushNew(ann, 'churn@v1.0.0', 'churn#prod#1')).toEqual(LOST);
    expect(remote.tags()).toEqual([]);
  });
});

test('pushes go where git sends them, and what came of them is read there', async () => {
  const [remote, elsewhere] = [makeRemote(box, 'fetched-from'), makeRemote(box, 'pushed-to')];
  const ann = cloneWriter(box, remote);
  const clone = box.at((await ann.repository.workTree())?.slice(box.root.length + 1) ?? '');
  clone.git('remote', 'set-url', '--push', 'origin', elsewhere.dir);
  const turn = { artifact: (await ann.turn()).artifact, last: undefined };
  const refs = [await ann.draft('churn@v1.0.0')];
  expect(await push(ann, refs, turn)).toEqual(DONE);
  expect([remote.tags(), elsewhere.tags()]).toEqual([[], ['churn@v1.0.0']]);
  const other = [await ann.draft('churn@v1.0.0', 'main~1')];
  expect(await push(ann, other, turn)).toEqual(LOST);
});

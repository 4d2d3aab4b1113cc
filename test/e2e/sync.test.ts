import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();

/** A bare remote that writes down each push that it takes as one line (githooks(5), post-receive), and clones of it. */
function makeClones(name: string, ...clones: string[]): { remote: Repository; clones: Repository[] } {
  const registry = makeRegistry(box, name, 'churn', 'fraud');
  const remote = box.repository(`${name}.git`, '--bare');
  registry.git('push', '--quiet', remote.dir, 'main');
  hook(remote, 'post-receive', "cut -d' ' -f3 | grep ^refs/tags/ | tr '\\n' ' ' >> pushes; echo >> pushes");
  return {
    remote,
    clones: clones.map((clone) => {
      remote.git('clone', '--quiet', '.', join(box.root, `${name}-${clone}`));
      return box.at(`${name}-${clone}`);
    }),
  };
}

function hook({ dir }: Repository, name: string, script: string): void {
  writeFileSync(join(dir, 'hooks', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, 'hooks', name), 0o755);
}

/** The tags of each push, in order. */
function pushes({ dir }: Repository): string[] {
  const log = join(dir, 'pushes');
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().replaceAll('refs/tags/', ''));
}

const oids = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags');
const EVENTS = ['churn@v1.0.0', 'fraud@v1.0.0', 'churn#prod#1', 'churn#dev#2', 'fraud#prod#1'];

test('missing tags are fetched and pushed, one by one in the order of events', async () => {
  const { remote, clones } = makeClones('both', 'a');
  const [clone] = clones as [Repository];
  tagHourly(box, clone, ...EVENTS);
  remote.tag('other@v1.0.0', 'Elsewhere', 'main');
  remote.tag('release-2020', 'Nobody asks', 'main');
  clone.git('tag', 'churn@v9.0.0');
  expect(transcript(await regIn(box, clone.dir)('sync'))).toMatchInlineSnapshot(`
    "$ reg sync
    fetched	other@v1.0.0
    pushed	churn@v1.0.0
    pushed	fraud@v1.0.0
    pushed	churn#prod#1
    pushed	churn#dev#2
    pushed	fraud#prod#1
    "
  `);
  expect(pushes(remote)).toEqual(EVENTS);
  clone.git('tag', '--delete', 'churn@v9.0.0');
  remote.git('tag', '--delete', 'release-2020');
  expect(oids(clone)).toBe(oids(remote));
  expect(transcript(await regIn(box, clone.dir)('sync'))).toMatchInlineSnapshot(`
    "$ reg sync
    -- stderr --
    this repository and origin hold the same events
    "
  `);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('as JSON', async () => {
  const { remote, clones } = makeClones('json', 'a');
  const [clone] = clones as [Repository];
  const pushed = clone.tag('churn@v1.0.0');
  const fetched = remote.tag('fraud@v1.0.0', 'Elsewhere', 'main');
  expect(await jsonIn(box, clone.dir)('sync')).toEqual([
    { tag: 'fraud@v1.0.0', action: 'fetched', oid: fetched },
    { tag: 'churn@v1.0.0', action: 'pushed', oid: pushed },
  ]);
  expect(await jsonIn(box, clone.dir)('sync')).toEqual([]);
});

test('commits that the remote has not got go with their tags', async () => {
  const { remote, clones } = makeClones('commits', 'a');
  const [clone] = clones as [Repository];
  const commit = clone.commit();
  await regIn(box, clone.dir)('register', 'churn');
  expect(await regIn(box, clone.dir)('sync')).toMatchObject({ stdout: 'pushed\tchurn@v0.0.1\n', code: 0 });
  expect(remote.git('rev-parse', 'churn@v0.0.1^{commit}')).toBe(commit);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('tags that differ are left alone, lightweight tags here are replaced', async () => {
  const { remote, clones } = makeClones('differs', 'a');
  const [clone] = clones as [Repository];
  tagHourly(box, clone, 'churn@v1.0.0', 'churn#prod#1', 'churn#dev#2');
  await regIn(box, clone.dir)('sync');
  const there = remote.tag('churn#prod#1', 'Moved', '--force');
  const here = clone.git('rev-parse', 'refs/tags/churn#prod#1');
  clone.git('tag', '--force', 'churn@v1.0.0', 'churn@v1.0.0^{commit}');
  clone.tag('fraud@v1.0.0');
  expect(transcript(await regIn(box, clone.dir)('sync'))).toMatchInlineSnapshot(`
    "$ reg sync
    differs	churn#prod#1
    fetched	churn@v1.0.0
    pushed	fraud@v1.0.0
    -- stderr --
    tags that differ were left alone: decide which one is right
    hint: if the one at origin is right, take it with: git fetch origin '+refs/tags/churn#prod#1:refs/tags/churn#prod#1'
    -- exit 1 --
    "
  `);
  expect(clone.git('rev-parse', 'refs/tags/churn#prod#1')).toBe(here);
  expect(remote.git('rev-parse', 'refs/tags/churn#prod#1')).toBe(there);
  expect(clone.git('cat-file', '-t', 'refs/tags/churn@v1.0.0')).toBe('tag');
});

test('a refusal half-way: the tags before it are pushed, the rest once the cause is fixed', async () => {
  const { remote, clones } = makeClones('half-way', 'a');
  const [clone] = clones as [Repository];
  tagHourly(box, clone, ...EVENTS);
  hook(remote, 'pre-receive', 'if grep -q refs/tags/fraud@; then echo "fraud is frozen" >&2; exit 1; fi');
  expect(transcript(await regIn(box, clone.dir)('sync'))).toMatchInlineSnapshot(`
    "$ reg sync
    pushed	churn@v1.0.0
    -- stderr --
    error: origin refused fraud@v1.0.0: fraud is frozen (pre-receive hook declined)
    hint: what came before it is done; see what is left with: reg status
    -- exit 4 --
    "
  `);
  expect(remote.tags()).toEqual(['churn@v1.0.0']);
  const json = await regIn(box, clone.dir)('sync', '--json');
  expect(json).toMatchObject({ stdout: '', code: 4 });
  expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'REMOTE_REFUSED' } });
  rmSync(join(remote.dir, 'hooks/pre-receive'));
  expect(await regIn(box, clone.dir)('sync')).toMatchObject({ stderr: '', code: 0 });
  expect(pushes(remote)).toEqual(EVENTS);
  expect(oids(clone)).toBe(oids(remote));
});

test('an annotated tag that is no event is nothing to sync, as status says too', async () => {
  const { remote, clones } = makeClones('no-event', 'a');
  const [clone] = clones as [Repository];
  clone.git('tag', '--annotate', '--message', 'On a tree', 'churn@v1.0.0', 'main^{tree}');
  for (const command of ['sync', 'status']) {
    const run = await regIn(box, clone.dir)(command);
    expect(run).toMatchObject({
      stdout: '',
      stderr: 'this repository and origin hold the same events\n',
      code: 0,
    });
  }
  expect(remote.tags()).toEqual([]);
});

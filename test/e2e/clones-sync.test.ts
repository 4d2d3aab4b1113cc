import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const oids = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags');

/** Clones of a bare remote, each with events of its own that nobody else has. */
function makeClones(name: string, ...events: string[][]): { remote: Repository; clones: Repository[] } {
  const registry = makeRegistry(box, name, 'churn');
  const remote = box.repository(`${name}.git`, '--bare');
  registry.git('push', '--quiet', remote.dir, 'main');
  const clones = events.map((own, n) => {
    remote.git('clone', '--quiet', '.', join(box.root, `${name}-${n}`));
    const clone = box.at(`${name}-${n}`);
    tagHourly(box, clone, ...own);
    return clone;
  });
  return { remote, clones };
}

const syncAll = (clones: readonly Repository[]) =>
  Promise.all(clones.map(({ dir }) => regIn(box, dir)('sync')));

test('two clones that sync at once: everything is everywhere after another sync', async () => {
  const { remote, clones } = makeClones(
    'at-once',
    ['churn@v1.0.0', 'churn#dev#1', 'churn#dev#2', 'fraud@v1.0.0'],
    ['churn@v2.0.0', 'churn#prod#3', 'churn#prod#4', 'fraud@v2.0.0'],
  );
  for (const { stderr, code } of await syncAll(clones))
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(remote.tags()).toHaveLength(8);
  for (const { code } of await syncAll(clones)) expect(code).toBe(0);
  for (const clone of clones) expect(oids(clone)).toBe(oids(remote));
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('two clones that wrote the same tag: one is accepted, the other is left alone with an error', async () => {
  const { remote, clones } = makeClones(
    'one-name',
    ['churn@v1.0.0', 'churn#dev#1'],
    ['churn@v1.0.0', 'churn#dev#1'],
  );
  const runs = await syncAll(clones);
  const held = oids(remote).split('\n');
  expect(held).toHaveLength(2);
  for (const [n, { stdout, code }] of runs.entries()) {
    const own = oids(clones[n] as Repository).split('\n');
    const rows = stdout.trim().split('\n').sort();
    expect(rows).toEqual(
      held
        .map(
          (tag, place) =>
            `${tag === own[place] ? 'pushed' : 'differs'}\t${tag.slice(41 + 'refs/tags/'.length)}`,
        )
        .sort(),
    );
    expect(code).toBe(held.join() === own.join() ? 0 : 1);
  }
});

test('the same clone synced twice at once', async () => {
  const { remote, clones } = makeClones('twice', ['churn@v1.0.0', 'churn#dev#1', 'churn#dev#2']);
  remote.tag('fraud@v1.0.0', 'Elsewhere', 'main');
  const runs = await syncAll([...clones, ...clones]);
  expect(runs.map(({ stderr, code }) => ({ stderr, code }))).toEqual(
    [0, 0].map((code) => ({ stderr: '', code })),
  );
  expect(oids(clones[0] as Repository)).toBe(oids(remote));
});

test('a write and a sync at once', async () => {
  const { remote, clones } = makeClones(
    'write',
    ['churn@v1.0.0', 'churn#dev#1', 'churn#dev#2', 'churn#dev#3'],
    [],
  );
  const [full, empty] = clones as [Repository, Repository];
  empty.commit();
  const [synced, written] = await Promise.all([
    regIn(box, full.dir)('sync'),
    regIn(box, empty.dir)('register', 'churn', '--version', 'v5.0.0', '--push'),
  ]);
  expect([synced?.code, written?.code]).toEqual([0, 0]);
  expect(remote.tags()).toHaveLength(5);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});

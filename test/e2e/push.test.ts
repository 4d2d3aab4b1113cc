import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

const box = sandbox();

/** The objects of all tags, by name. */
const oids = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags');

test('--push sends every tag of a write, and then there is nothing left to do', async () => {
  const { registry, remote } = withRemote(box, 'push');
  const reg = regIn(box, registry.dir);
  expect(
    transcript(
      await reg('register', 'churn', '--push'),
      await reg('assign', 'churn', 'prod', '--push'),
      await reg('unassign', 'churn', 'prod', '--push'),
      await reg('rollback', 'churn', 'prod', '--force', '--push'),
      await reg('deregister', 'churn@v0.0.1', '--push'),
      await reg('deprecate', 'churn', '--push'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg register churn --push
    churn@v0.0.1

    $ reg assign churn prod --push
    churn#prod#1

    $ reg unassign churn prod --push
    churn#prod!#2
    -- stderr --
    no version of churn is in prod any more

    $ reg rollback churn prod --force --push
    churn#prod#3
    -- stderr --
    churn v0.0.1 is current in prod again

    $ reg deregister churn@v0.0.1 --push
    churn@v0.0.1!
    -- stderr --
    no version of churn is in prod any more

    $ reg deprecate churn --push
    churn@deprecated
    "
  `);
  registry.commit();
  registry.git('push', '--quiet', 'origin', 'main');
  const both = await reg('assign', 'churn', 'dev', '--push');
  expect(both).toMatchObject({
    stdout: 'churn@v0.0.2\nchurn#dev#4\n',
    stderr: 'churn was deprecated: this takes it back into use\n',
    code: 0,
  });
  expect(remote.tags()).toHaveLength(8);
  expect(oids(remote)).toBe(oids(registry));
});

test('push: true in the configuration is --push with every write', async () => {
  const { registry, remote } = withRemote(box, 'configured', 'upstream');
  registry.commit({ '.reg.yaml': 'push: true\n' });
  const rows = await jsonIn(box, registry.dir)('register', 'churn');
  expect(rows).toMatchObject([
    { tag: 'churn@v0.0.1', pushed: true, oid: remote.git('rev-parse', 'refs/tags/churn@v0.0.1') },
  ]);
});

test('a write that is not pushed says how to', async () => {
  const { registry, remote } = withRemote(box, 'later', 'upstream');
  registry.commit();
  const { stderr } = await regIn(box, registry.dir)('assign', 'churn', 'prod');
  expect(stderr).toBe("hint: git push upstream refs/tags/churn@v0.0.1 'refs/tags/churn#prod#1'\n");
  expect(remote.tags()).toEqual([]);
});

test('a dry run pushes nothing', async () => {
  const { registry, remote } = withRemote(box, 'dry');
  const rows = await jsonIn(box, registry.dir)('assign', 'churn', 'prod', '--push', '--dry-run');
  expect(rows).toMatchObject([{ pushed: false }, { pushed: false }]);
  expect([...remote.tags(), ...registry.tags()]).toEqual([]);
});

test('tags that are already here are sent to a remote that lacks them', async () => {
  const { registry, remote } = withRemote(box, 'standing');
  const reg = regIn(box, registry.dir);
  await reg('assign', 'churn', 'prod');
  const again = await reg('assign', 'churn', 'prod', '--push');
  expect(again).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(remote.tags()).toContain('churn#prod#1');
  expect(registry.tags()).toHaveLength(2);
});

test('a registration that stands already, as it is asked for, is done', async () => {
  const { registry, remote } = withRemote(box, 'twice');
  const reg = regIn(box, registry.dir);
  const ask = ['register', 'churn', '--version', 'v1.0.0'];
  expect(await reg(...ask, '--push')).toMatchObject({ stdout: 'churn@v1.0.0\n', stderr: '', code: 0 });
  box.advance(60);
  expect(transcript(await reg(...ask, '--push'), await reg(...ask))).toMatchInlineSnapshot(`
    "$ reg register churn --version v1.0.0 --push
    churn@v1.0.0
    -- stderr --
    churn v1.0.0 is already registered: Ann Lee registered it on 2026-01-01T00:00:00Z at <oid 1, short>, as was asked

    $ reg register churn --version v1.0.0
    -- stderr --
    error: churn v1.0.0 is already registered: Ann Lee registered it on 2026-01-01T00:00:00Z at <oid 1, short>
    hint: choose another version, or raise the latest with: reg register churn --bump patch --force
    -- exit 1 --
    "
  `);
  registry.commit();
  expect(await reg(...ask, '--push')).toMatchObject({ stdout: '', code: 1 });
  expect(registry.tags()).toEqual(['churn@v1.0.0']);
  expect(oids(remote)).toBe(oids(registry));
});

test('commits that the remote has not got go with their tags', async () => {
  const { registry, remote } = withRemote(box, 'commits');
  const commit = registry.commit();
  await regIn(box, registry.dir)('register', 'churn', '--push');
  expect(remote.git('rev-parse', 'churn@v0.0.1^{commit}')).toBe(commit);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('a remote that is gone, or was never there', async () => {
  const { registry, remote } = withRemote(box, 'gone');
  rmSync(remote.dir, { recursive: true });
  const reg = regIn(box, registry.dir);
  const gone = await reg('assign', 'churn', 'prod', '--push');
  expect(gone).toMatchObject({
    stdout: '',
    code: 4,
    stderr: expect.stringMatching(/^error: cannot reach origin: /),
  });
  registry.git('remote', 'remove', 'origin');
  const none = await reg('register', 'churn', '--push', '--json');
  expect(none).toMatchObject({ stdout: '', code: 1 });
  expect(JSON.parse(none.stderr)).toEqual({
    error: {
      code: 'NO_CLONE',
      message: "this repository has no remote 'origin'",
      hint: 'add it with: git remote add origin URL',
    },
  });
  expect(none.stderr).toBe((await reg('status', '--json')).stderr);
  expect(registry.tags()).toEqual([]);
});

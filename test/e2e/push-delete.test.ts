import { expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

const box = sandbox();
/** The objects of all tags, by name. */
const oids = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags');

test('--push with --delete deletes at both places', async () => {
  const { registry, remote } = withRemote(box, 'delete');
  const reg = regIn(box, registry.dir);
  await reg('assign', 'churn', 'prod', '--push');
  await reg('assign', 'churn', 'dev', '--push');
  const run = await reg('unassign', 'churn', 'prod', '--delete', '--yes', '--push', '--json');
  expect(run.stderr).toBe('no version of churn is in prod any more\n');
  expect(JSON.parse(run.stdout)).toMatchObject([{ tag: 'churn#prod#1', pushed: true }]);
  expect(remote.tags()).toEqual(['churn#dev#2', 'churn@v0.0.1']);
  expect(oids(registry)).toBe(oids(remote));
});

test('--push with --delete where the remote has only some of the tags', async () => {
  const { registry, remote } = withRemote(box, 'delete-some');
  const reg = regIn(box, registry.dir);
  await reg('register', 'churn', '--push');
  await reg('assign', 'churn', 'prod');
  expect(await reg('deregister', 'churn@v0.0.1', '--delete', '--yes', '--push')).toMatchObject({
    stdout: 'churn#prod#1\nchurn@v0.0.1\n',
    code: 0,
  });
  expect([...remote.tags(), ...registry.tags()]).toEqual([]);
});

test('a remote that holds another tag of that name keeps it from being deleted there and here', async () => {
  const { registry, remote } = withRemote(box, 'delete-other');
  const reg = regIn(box, registry.dir);
  await reg('assign', 'churn', 'prod', '--push');
  remote.tag('churn#prod#1', 'Somebody moved it', '--force');
  const run = await reg('unassign', 'churn', 'prod', '--delete', '--yes', '--push');
  expect(run).toMatchObject({ stdout: '', code: 1, stderr: expect.stringContaining('churn#prod#1') });
  expect(registry.tags()).toHaveLength(2);
  expect(remote.tags()).toHaveLength(2);
});

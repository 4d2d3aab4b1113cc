import { beforeEach, expect, test } from 'vitest';
import { type Run, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const TAGS = ['churn@v1.0.0 HEAD~1', 'churn#prod#1 HEAD~1', 'churn@v1.1.0', 'churn#prod#2', 'churn#dev#3'];
const NEIGHBOURS = ['churn-x@v1.1.0', 'churn/x#prod#1'];

let registry: Repository;
let registries = 0;
beforeEach(() => {
  registries += 1;
  registry = makeRegistry(box, `registry-${registries}`, 'churn');
  registry.commit();
  tagHourly(box, registry, ...TAGS, ...NEIGHBOURS);
});
const reg = (...args: string[]): Promise<Run> => regIn(box, registry.dir)(...args);
/** The tags that are gone. */
const gone = (): string[] =>
  [...TAGS, ...NEIGHBOURS]
    .map((tag) => tag.replace(/ .*/, ''))
    .filter((tag) => !registry.tags().includes(tag));

/** Each command, and the tags that it deletes, newest first. */
const DELETIONS: [string[], string[]][] = [
  [
    ['unassign', 'churn', 'prod'],
    ['churn#prod#2', 'churn#prod#1'],
  ],
  [['unassign', 'churn@v1.0.0', 'prod'], ['churn#prod#1']],
  [['rollback', 'churn', 'prod'], ['churn#prod#2']],
  [
    ['deregister', 'churn@v1.1.0'],
    ['churn#dev#3', 'churn#prod#2', 'churn@v1.1.0'],
  ],
  [
    ['deprecate', 'churn'],
    ['churn#dev#3', 'churn#prod#2', 'churn@v1.1.0', 'churn#prod#1', 'churn@v1.0.0'],
  ],
];

test.each(DELETIONS)(
  '%j: without consent, or in a dry run, nothing is deleted and every tag is named',
  async (args, tags) => {
    const run = await reg(...args, '--delete');
    expect(run).toMatchObject({ stdout: '', code: 1 });
    for (const tag of tags) expect(run.stderr).toContain(tag);
    expect(run.stderr).toContain('--yes');
    const dryRun = await reg(...args, '--delete', '--dry-run');
    expect(dryRun).toMatchObject({ stdout: tags.map((tag) => `${tag}\n`).join(''), code: 0 });
    expect(gone()).toEqual([]);
  },
);

test.each(DELETIONS)('%j: with --yes the tags are gone, and no other', async (args, tags) => {
  const run = await reg(...args, '--delete', '--yes');
  expect(run).toMatchObject({ stdout: tags.map((tag) => `${tag}\n`).join(''), code: 0 });
  expect(gone().sort()).toEqual([...tags].sort());
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
});

test('deleted tags are listed as text and as JSON', async () => {
  const oid = registry.git('rev-parse', 'refs/tags/churn#prod#2');
  const refused = await reg('rollback', 'churn', 'prod', '--delete', '--json');
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'CONFIRMATION_NEEDED' } });
  expect(transcript(await reg('rollback', 'churn', 'prod', '--delete'))).toMatchInlineSnapshot(`
    "$ reg rollback churn prod --delete
    -- stderr --
    error: nothing was deleted; --delete would remove churn#prod#2
    hint: deleted history cannot be read any more; add --yes to delete it
    -- exit 1 --
    "
  `);
  const done = await reg('rollback', 'churn', 'prod', '--delete', '--yes', '--json');
  expect(JSON.parse(done.stdout)).toEqual([
    {
      tag: 'churn#prod#2',
      event: 'assignment',
      artifact: 'churn',
      version: 'v1.1.0',
      stage: 'prod',
      commit: registry.git('rev-parse', 'HEAD'),
      oid,
      created: false,
      pushed: false,
    },
  ]);
  expect((await reg('which', 'churn', 'prod')).stdout).toBe('v1.0.0\n');
});

test('the hint names the push that deletes at the remote', async () => {
  const remote = box.repository(`remote-${registries}.git`, '--bare');
  registry.git('remote', 'add', 'origin', remote.dir);
  registry.git('push', '--quiet', 'origin', '--tags');
  const { stderr } = await reg('deregister', 'churn@v1.1.0', '--delete', '--yes');
  const push = /^hint: git (.*)$/m.exec(stderr)?.[1] ?? '';
  registry.git(...push.split(' ').map((word) => word.replaceAll("'", '')));
  expect(remote.tags()).toEqual(registry.tags());
});

test('what is not there cannot be deleted', async () => {
  expect(
    transcript(
      await reg('unassign', 'churn@v1.0.0', 'dev', '--delete', '--yes'),
      await reg('deregister', 'churn@v9.0.0', '--delete', '--yes'),
      await reg('deprecate', 'nobody', '--delete', '--yes'),
      await reg('rollback', 'churn', 'dev', '--delete', '--yes'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg unassign churn@v1.0.0 dev --delete --yes
    -- stderr --
    error: churn v1.0.0 was never in stage dev
    -- exit 1 --

    $ reg deregister churn@v9.0.0 --delete --yes
    -- stderr --
    error: churn has no version v9.0.0
    hint: there are v1.1.0, v1.0.0
    -- exit 1 --

    $ reg deprecate nobody --delete --yes
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there are churn, churn-x, churn/x
    -- exit 1 --

    $ reg rollback churn dev --delete --yes
    -- stderr --
    error: no other version of churn is in dev, so deleting would leave it empty
    hint: roll back without --delete, or empty it with: reg unassign churn dev --delete
    -- exit 1 --
    "
  `);
  expect(gone()).toEqual([]);
});

test('a deleted version never was', async () => {
  await reg('deregister', 'churn@v1.1.0', '--delete', '--yes');
  expect((await reg('history', 'churn', '--asc')).stdout.trim().split('\n')).toHaveLength(2);
  expect((await reg('register', 'churn')).stdout).toBe('churn@v1.0.1\n');
});

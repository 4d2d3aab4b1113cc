import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
registry.commit();
tagHourly(box, registry, 'churn@v1.0.0 HEAD~1', 'churn@v1.1.0', 'churn#prod#1 HEAD~1', 'churn#prod#2');
tagHourly(box, registry, 'models=fraud@v0.1.0', 'models=fraud#dev#1');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const hourly = hourlyIn(box, registry);
const messageOf = (tag: string): string => registry.git('tag', '--list', '--format=%(contents)', tag);

// one story: every test goes on where the one before it ended
test('nothing is withdrawn in a dry run', async () => {
  const before = registry.tags();
  const runs = await hourly(
    'unassign churn@v1.1.0 prod --dry-run',
    'deregister churn@v1.1.0 --dry-run',
    'deprecate churn --dry-run',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg unassign churn@v1.1.0 prod --dry-run
    churn#prod!#3
    -- stderr --
    churn v1.0.0 is current in prod now
    no event was written: this is a dry run

    $ reg deregister churn@v1.1.0 --dry-run
    churn@v1.1.0!
    -- stderr --
    churn v1.0.0 is current in prod now
    no event was written: this is a dry run

    $ reg deprecate churn --dry-run
    churn@deprecated
    -- stderr --
    no event was written: this is a dry run
    "
  `);
  expect(registry.tags()).toEqual(before);
});

test('a registration is taken back', async () => {
  const runs = await hourly(
    'deregister churn@v1.1.0 -m Leaked',
    'latest churn',
    'deregister churn --version 1.1.0',
    'deregister churn',
    'deregister churn@v9.0.0',
    'deregister churn@v1.1.0 --force',
    'assign churn@v1.1.0 prod',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg deregister churn@v1.1.0 -m Leaked
    churn@v1.1.0!
    -- stderr --
    churn v1.0.0 is current in prod now

    $ reg latest churn
    v1.0.0

    $ reg deregister churn --version 1.1.0
    -- stderr --
    error: churn v1.1.0 is already deregistered
    -- exit 1 --

    $ reg deregister churn
    -- stderr --
    error: which version?
    hint: write reg deregister churn@VERSION; see: reg show churn
    -- exit 2 --

    $ reg deregister churn@v9.0.0
    -- stderr --
    error: churn has no version v9.0.0
    hint: there is v1.0.0
    -- exit 1 --

    $ reg deregister churn@v1.1.0 --force
    churn@v1.1.0!#3

    $ reg assign churn@v1.1.0 prod
    -- stderr --
    error: churn v1.1.0 was deregistered
    hint: assign another version, or register it again with: reg register churn <oid 1> --version v1.1.0
    -- exit 1 --
    "
  `);
  expect(messageOf('churn@v1.1.0!')).toMatch(/^Leaked\n\nReg-Parent: [0-9a-f]{40}\n*$/);
});

test('a version that was taken back can be registered again, and counts', async () => {
  const [again] = await hourly('register churn --version v1.1.0');
  expect(again).toMatchObject({ stdout: 'churn@v1.1.0#4\n', code: 0 });
  expect((await reg('latest', 'churn')).stdout).toBe('v1.1.0\n');
});

test('an artifact is deprecated once, and any event revives it', async () => {
  const runs = await hourly(
    'deprecate churn --message Replaced',
    'deprecate churn',
    'show',
    'show --deprecated',
    'assign churn@v1.0.0 dev',
    'show',
    'deprecate churn',
    'deprecate churn --force',
    'deprecate nobody',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg deprecate churn --message Replaced
    churn@deprecated

    $ reg deprecate churn
    churn@deprecated
    -- stderr --
    churn already is deprecated

    $ reg show
    models:fraud	v0.1.0	dev=v0.1.0	active

    $ reg show --deprecated
    churn	v1.1.0	prod=v1.1.0	deprecated
    models:fraud	v0.1.0	dev=v0.1.0	active

    $ reg assign churn@v1.0.0 dev
    churn#dev#5
    -- stderr --
    churn was deprecated: this takes it back into use

    $ reg show
    churn	v1.1.0	dev=v1.0.0,prod=v1.1.0	active
    models:fraud	v0.1.0	dev=v0.1.0	active

    $ reg deprecate churn
    churn@deprecated#6

    $ reg deprecate churn --force
    churn@deprecated#7

    $ reg deprecate nobody
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there are churn, models:fraud
    -- exit 1 --
    "
  `);
  expect(messageOf('churn@deprecated')).toMatch(/^Replaced\n\nReg-Parent: /);
});

test('in JSON a withdrawal is one row', async () => {
  box.advance(3600);
  await reg('assign', 'models:fraud@v0.1.0', 'prod');
  box.advance(3600);
  const commit = registry.git('rev-parse', 'HEAD');
  const fraud = { artifact: 'models:fraud', stage: null, commit, created: true, pushed: false };
  expect(await json('unassign', 'models:fraud', 'prod')).toEqual([
    {
      ...fraud,
      tag: 'models=fraud#prod!#3',
      event: 'unassignment',
      version: 'v0.1.0',
      stage: 'prod',
      oid: registry.git('rev-parse', 'refs/tags/models=fraud#prod!#3'),
    },
  ]);
  expect(await json('deregister', 'models:fraud@v0.1.0', '--dry-run')).toEqual([
    { ...fraud, tag: 'models=fraud@v0.1.0!', event: 'deregistration', version: 'v0.1.0', oid: null },
  ]);
  expect(await json('deprecate', 'models:fraud', '--dry-run')).toEqual([
    { ...fraud, tag: 'models=fraud@deprecated', event: 'deprecation', version: null, oid: null },
  ]);
});

test('all of it is a sound git repository', () => {
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
});

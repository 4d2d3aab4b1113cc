import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
for (const version of ['v1.0.0', 'v2.0.0', 'v3.0.0'])
  registry.tag(`churn@${version}`, 'Register', registry.commit());
const reg = regIn(box, registry.dir);
const hourly = hourlyIn(box, registry);
const current = async (): Promise<string> => (await reg('which', 'churn', 'prod')).stdout.trim();

// one story: every test goes on where the one before it ended
test('what was current before is current again, and rolling back twice comes back', async () => {
  await hourly('assign churn@v1.0.0 prod', 'assign churn@v2.0.0 prod', 'assign churn@v3.0.0 prod');
  const runs = await hourly(
    'rollback churn prod',
    'which churn prod',
    'rollback churn prod -m Back',
    'which churn prod',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg rollback churn prod
    churn#prod#4
    -- stderr --
    churn v2.0.0 is current in prod again

    $ reg which churn prod
    v2.0.0

    $ reg rollback churn prod -m Back
    churn#prod#5
    -- stderr --
    churn v3.0.0 is current in prod again

    $ reg which churn prod
    v3.0.0
    "
  `);
});

test('a version that was deregistered since is passed over', async () => {
  await hourly('deregister churn@v2.0.0', 'rollback churn prod');
  expect(await current()).toBe('v1.0.0');
});

test('an emptied stage is filled again with --force', async () => {
  await hourly('unassign churn prod');
  const runs = await hourly(
    'which churn prod',
    'rollback churn prod',
    'rollback churn prod --force',
    'which churn prod',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg which churn prod
    -- stderr --
    error: no version of churn is in stage prod
    hint: put one there with: reg assign churn prod
    -- exit 1 --

    $ reg rollback churn prod
    -- stderr --
    error: no version of churn is in stage prod
    hint: see where its versions are, with: reg show churn
    -- exit 1 --

    $ reg rollback churn prod --force
    churn#prod#9
    -- stderr --
    churn v1.0.0 is current in prod again

    $ reg which churn prod
    v1.0.0
    "
  `);
});

test('with --delete the assignments of the current version are forgotten', async () => {
  await hourly('assign churn@v1.0.0 staging', 'assign churn@v3.0.0 staging', 'assign churn@v1.0.0 dev');
  const runs = await hourly(
    'rollback churn staging --delete --dry-run',
    'rollback churn staging --delete --yes -q',
    'which churn staging',
    'rollback churn staging --delete --yes -q',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg rollback churn staging --delete --dry-run
    churn#staging#11
    -- stderr --
    churn v1.0.0 is current in staging now
    no event was deleted: this is a dry run

    $ reg rollback churn staging --delete --yes -q
    churn#staging#11

    $ reg which churn staging
    v1.0.0

    $ reg rollback churn staging --delete --yes -q
    -- stderr --
    error: no other version of churn is in staging, so deleting would leave it empty
    hint: roll back without --delete, or empty it with: reg unassign churn staging --delete
    -- exit 1 --
    "
  `);
});

test('in JSON a rollback is an assignment', async () => {
  box.advance(3600);
  await reg('assign', 'churn@v3.0.0', 'staging');
  box.advance(3600);
  const rows = await jsonIn(box, registry.dir)('rollback', 'churn', 'staging');
  expect(rows).toMatchObject([{ event: 'assignment', version: 'v1.0.0', stage: 'staging', pushed: false }]);
});

test('a stage that was never used, or held one version only', async () => {
  const runs = await hourly('rollback churn nowhere', 'rollback churn dev', 'rollback nobody prod --force');
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg rollback churn nowhere
    -- stderr --
    error: no version of churn is in stage nowhere
    hint: there are dev, prod, staging
    -- exit 1 --

    $ reg rollback churn dev
    -- stderr --
    error: nothing to roll back to: no other version that is still active was ever current in dev of churn
    hint: choose a version with: reg assign churn@v3.0.0 dev
    -- exit 1 --

    $ reg rollback nobody prod --force
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there is churn
    -- exit 1 --
    "
  `);
});

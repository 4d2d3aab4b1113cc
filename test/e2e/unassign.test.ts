import { expect, test } from 'vitest';
import { transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
registry.commit();
tagHourly(box, registry, 'churn@v1.0.0 HEAD~1', 'churn@v1.1.0', 'churn#prod#1 HEAD~1', 'churn#prod#2');
tagHourly(box, registry, 'models=fraud@v0.1.0', 'models=fraud#dev#1');
const hourly = hourlyIn(box, registry);
const messageOf = (tag: string): string => registry.git('tag', '--list', '--format=%(contents)', tag);

// one story: every test goes on where the one before it ended
test('a version is taken out of a stage, or without one all of them', async () => {
  const runs = await hourly(
    'unassign churn@1.0.0 prod --dry-run',
    'unassign churn prod --dry-run --json=tag,version',
    'unassign churn prod --message Slow',
    'which churn prod',
    'unassign models:fraud dev --version v0.1.0',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg unassign churn@1.0.0 prod --dry-run
    churn#prod!#3
    -- stderr --
    churn v1.1.0 is current in prod now
    no event was written: this is a dry run

    $ reg unassign churn prod --dry-run --json=tag,version
    [
      {
        "tag": "churn#prod!#3",
        "version": "v1.0.0"
      },
      {
        "tag": "churn#prod!#4",
        "version": "v1.1.0"
      }
    ]
    -- stderr --
    no version of churn is in prod any more
    no event was written: this is a dry run

    $ reg unassign churn prod --message Slow
    churn#prod!#3
    churn#prod!#4
    -- stderr --
    no version of churn is in prod any more

    $ reg which churn prod
    -- stderr --
    error: no version of churn is in stage prod
    hint: put one there with: reg assign churn prod
    -- exit 1 --

    $ reg unassign models:fraud dev --version v0.1.0
    models=fraud#dev!#2
    -- stderr --
    no version of models:fraud is in dev any more
    "
  `);
  // the current one leaves last: on the way no other is current
  expect(messageOf('churn#prod!#3')).toMatch(/^Slow\n\nReg-Version: v1\.0\.0\nReg-Parent: [0-9a-f]{40}\n*$/);
  expect(messageOf('churn#prod!#4')).toMatch(/^Slow\n\nReg-Version: v1\.1\.0\n/);
});

test('unassigning a version that is in no stage needs --force', async () => {
  const before = registry.tags();
  const [...refused] = await hourly(
    'unassign churn prod',
    'unassign churn@v1.0.0 prod',
    'unassign churn@v9.0.0 prod',
    'unassign churn staging',
    'unassign nobody prod',
    'unassign churn@v1.0.0 prod --version v1.0.0',
  );
  expect(transcript(...refused)).toMatchInlineSnapshot(`
    "$ reg unassign churn prod
    -- stderr --
    error: no version of churn is in stage prod
    hint: see where its versions are, with: reg show churn
    -- exit 1 --

    $ reg unassign churn@v1.0.0 prod
    -- stderr --
    error: churn v1.0.0 is not in stage prod
    hint: see what is, with: reg which churn prod --all
    -- exit 1 --

    $ reg unassign churn@v9.0.0 prod
    -- stderr --
    error: churn has no version v9.0.0
    hint: there are v1.1.0, v1.0.0
    -- exit 1 --

    $ reg unassign churn staging
    -- stderr --
    error: no version of churn is in stage staging
    hint: there is prod
    -- exit 1 --

    $ reg unassign nobody prod
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there are churn, models:fraud
    -- exit 1 --

    $ reg unassign churn@v1.0.0 prod --version v1.0.0
    -- stderr --
    error: the version is named twice
    hint: give either artifact@version or --version
    -- exit 2 --
    "
  `);
  expect(registry.tags()).toEqual(before);
  const [forced] = await hourly('unassign churn@v1.0.0 prod --force -m Sure');
  expect(forced).toMatchObject({ stdout: 'churn#prod!#5\n', code: 0 });
  expect(messageOf('churn#prod!#5')).toMatch(/^Sure\n/);
});

test('all of it is a sound git repository', () => {
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
});

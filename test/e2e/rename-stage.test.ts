import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly, withRemote } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud', 'old');
registry.commit();
tagHourly(
  box,
  registry,
  'churn@v1.0.0 HEAD~1',
  'churn@v1.1.0',
  'churn#prod#1 HEAD~1',
  'churn#prod#2',
  'churn#dev#3 HEAD~1',
);
tagHourly(box, registry, 'models=fraud@v0.1.0', 'models=fraud#prod#1', 'models=fraud#dev#2');
const hourly = hourlyIn(box, registry);

const configure = (stages: string): void => writeFileSync(join(registry.dir, '.reg.yaml'), `${stages}\n`);

// one story: every test goes on where the one before it ended
test('what cannot be renamed', async () => {
  configure('stages: [dev, prod]');
  const before = registry.tags();
  const runs = await hourly(
    'stages rename prod production',
    'stages rename prod prod',
    'stages rename prdo dev',
    'stages rename prod dev',
    'stages rename prod',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg stages rename prod production
    -- stderr --
    error: 'production' is not among the stages that the configuration allows
    hint: add production to stages: in .reg.yaml, then rename
    -- exit 1 --

    $ reg stages rename prod prod
    -- stderr --
    error: the stage is called prod already
    hint: give it another name
    -- exit 2 --

    $ reg stages rename prdo dev
    -- stderr --
    error: no artifact was ever in stage prdo
    hint: did you mean 'prod'?
    -- exit 1 --

    $ reg stages rename prod dev
    -- stderr --
    error: churn v1.0.0 is current in dev, and v1.1.0 in prod
    hint: decide which of them stays, with: reg unassign churn dev, or reg unassign churn prod
    -- exit 1 --

    $ reg stages rename prod
    -- stderr --
    error: which stage, and its new name?
    hint: write: reg stages rename OLD NEW
    -- exit 2 --
    "
  `);
  expect(registry.tags()).toEqual(before);
});

test('every artifact moves, and the old name still answers about the past', async () => {
  configure('stages: [dev, production]');
  await hourly('register old', 'assign old prod', 'deprecate old --successor churn');
  configure('stages: [dev, prod, production]');
  await hourly('assign old prod', 'deprecate old --successor churn');
  const [planned] = await hourly('stages rename prod production --dry-run');
  expect(registry.tags()).not.toContain('churn#production#4');
  const [done, ...asked] = await hourly(
    'stages rename prod production -m Renamed',
    'stages --used',
    'which churn production --all',
    'history churn --intervals --json=stage,version,until',
  );
  expect(done?.stdout).toBe(planned?.stdout);
  expect(transcript(done as never, ...asked)).toMatchInlineSnapshot(`
    "$ reg stages rename prod production -m Renamed
    churn#production#4
    churn#prod!#5
    churn#prod!#6
    models=fraud#production#3
    models=fraud#prod!#4
    old#production#3
    old#prod!#4
    old@deprecated#5

    $ reg stages --used
    dev
    production

    $ reg which churn production --all
    v1.1.0

    $ reg history churn --intervals --json=stage,version,until
    [
      {
        "stage": "production",
        "version": "v1.1.0",
        "until": null
      },
      {
        "stage": "dev",
        "version": "v1.0.0",
        "until": null
      },
      {
        "stage": "prod",
        "version": "v1.1.0",
        "until": "2026-01-01T20:00:02Z"
      },
      {
        "stage": "prod",
        "version": "v1.0.0",
        "until": "2026-01-01T03:00:00Z"
      }
    ]
    "
  `);
  expect(await jsonIn(box, registry.dir)('show', '--deprecated')).toMatchObject([
    { artifact: 'churn', stages: { dev: 'v1.0.0', production: 'v1.1.0' } },
    { artifact: 'models:fraud', stages: { dev: 'v0.1.0', production: 'v0.1.0' } },
    { artifact: 'old', stages: { production: 'v0.0.1' }, deprecated: true },
  ]);
  expect((await hourly('which old production'))[0]?.stderr).toBe(
    'old is deprecated; its successor is churn\n',
  );
});

test('the policy of the new stage judges it, before anything is written', async () => {
  const { registry: clone, remote } = withRemote(box, 'policed');
  clone.commit({ '.reg.yaml': 'policy: {production: {by: [bo@example.com]}}\n' });
  clone.git('push', '--quiet', 'origin', 'main');
  const reg = regIn(box, clone.dir);
  await reg('register', 'churn', '--push');
  await reg('assign', 'churn', 'prod', '--push');
  expect(await reg('stages', 'rename', 'prod', 'production', '--push')).toMatchObject({
    code: 1,
    stdout: '',
  });
  expect(await reg('stages', 'rename', 'prod', 'live', '--push')).toMatchObject({ code: 0 });
  expect(remote.tags()).toEqual(clone.tags());
});

import { describe, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'waiting');
for (const file of ['2', '3', '4']) registry.commit({ file });
tagHourly(box, registry, 'churn@v1.0.0 HEAD~3', 'churn@v0.9.0 HEAD~2', 'churn@v2.0.0-rc.1 HEAD~1');
tagHourly(
  box,
  registry,
  'churn#prod#1 HEAD~3',
  'churn#prod#2 HEAD~2',
  'churn#dev#3 HEAD~2',
  'churn#qa#4 HEAD',
);
tagHourly(box, registry, 'churn@v2.0.0-rc.1!#5 HEAD~1', 'fraud@v1.0.0', 'fraud@deprecated', 'bare#dev#1');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const hourly = hourlyIn(box, registry);
const versions = async (...args: string[]): Promise<[string, string[]][]> =>
  ((await json('show', ...args)) as { version: string; stages: string[] }[]).map(({ version, stages }) => [
    version.slice(0, 7),
    stages,
  ]);
const head = registry.git('rev-parse', '--short=7', 'HEAD');

describe('one artifact', () => {
  test('all of its versions, or those that are named', async () => {
    const runs = await hourly(
      'show churn',
      'show churn@v0.9.0',
      'show churn@0.9.0',
      'show churn@latest',
      'show churn#prod',
      'show churn@v2.0.0-rc.1',
    );
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg show churn
      v2.0.0-rc.1	deregistered	2026-01-01T02:00:00Z	Ann Lee	<oid 1>	Said of churn@v2.0.0-rc.1
      v1.0.0	-	2026-01-01T00:00:00Z	Ann Lee	<oid 2>	Said of churn@v1.0.0
      v0.9.0	dev,prod	2026-01-01T01:00:00Z	Ann Lee	<oid 3>	Said of churn@v0.9.0
      <oid 4>	qa	2026-01-01T06:00:00Z	Ann Lee	<oid 4>	Said of churn#qa#4

      $ reg show churn@v0.9.0
      v0.9.0	dev,prod	2026-01-01T01:00:00Z	Ann Lee	<oid 3>	Said of churn@v0.9.0

      $ reg show churn@0.9.0
      v0.9.0	dev,prod	2026-01-01T01:00:00Z	Ann Lee	<oid 3>	Said of churn@v0.9.0

      $ reg show churn@latest
      v1.0.0	-	2026-01-01T00:00:00Z	Ann Lee	<oid 2>	Said of churn@v1.0.0

      $ reg show 'churn#prod'
      v0.9.0	dev,prod	2026-01-01T01:00:00Z	Ann Lee	<oid 3>	Said of churn@v0.9.0

      $ reg show churn@v2.0.0-rc.1
      v2.0.0-rc.1	deregistered	2026-01-01T02:00:00Z	Ann Lee	<oid 1>	Said of churn@v2.0.0-rc.1
      "
    `);
  });

  test('a commit that was assigned as it is stands for itself, unless registered ones alone are wanted', async () => {
    expect(await versions('churn')).toContainEqual([head, ['qa']]);
    expect(await versions(`churn@${head}`)).toEqual([[head, ['qa']]]);
    expect(await versions('churn', '--registered-only')).toEqual([
      ['v2.0.0-', []],
      ['v1.0.0', []],
      ['v0.9.0', ['dev', 'prod']],
    ]);
  });

  test.each([
    ['1', ['v0.9.0']],
    ['2', ['v1.0.0', 'v0.9.0']],
    ['-1', ['v1.0.0', 'v0.9.0']],
  ])('--versions-per-stage %s', async (count, inProd) => {
    const all = await versions('churn', '--versions-per-stage', count);
    expect(all.flatMap(([version, stages]) => (stages.includes('prod') ? [version] : []))).toEqual(inProd);
    expect(await versions('churn#prod', '--versions-per-stage', count)).toEqual(
      all.filter(([version]) => inProd.includes(version)),
    );
  });

  test('--assignments-per-version counts the stages of a version, the last first', async () => {
    expect(await versions('churn@v0.9.0', '--assignments-per-version', '1')).toEqual([['v0.9.0', ['dev']]]);
    expect(await versions('churn@v0.9.0', '--assignments-per-version', '-1')).toEqual([
      ['v0.9.0', ['dev', 'prod']],
    ]);
  });

  test('--sort says in which order', async () => {
    const order = async (sort: string) =>
      (await versions('churn', '--sort', sort)).map(([version]) => version);
    expect(await order('semver')).toEqual(['v2.0.0-', 'v1.0.0', 'v0.9.0', head]);
    expect(await order('timestamp')).toEqual([head, 'v2.0.0-', 'v0.9.0', 'v1.0.0']);
  });

  test('what is not there', async () => {
    const runs = await hourly('show churn@v9.0.0', 'show churn#staging', 'show waiting', 'show bare@latest');
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg show churn@v9.0.0
      -- stderr --
      error: churn has no version v9.0.0
      hint: there are v1.0.0, v0.9.0, <oid 1>
      -- exit 1 --

      $ reg show 'churn#staging'
      -- stderr --
      error: no version of churn is in stage staging
      hint: there are dev, prod, qa
      -- exit 1 --

      $ reg show waiting
      -- stderr --
      error: no artifact 'waiting' is registered here
      hint: there are bare, churn, fraud
      -- exit 1 --

      $ reg show bare@latest
      -- stderr --
      error: bare has no active registered version
      hint: register one with: reg register bare
      -- exit 1 --
      "
    `);
  });
});

describe('all artifacts', () => {
  test('deprecated ones when asked for, declared ones unless registered ones alone are', async () => {
    const runs = await hourly('show', 'show --deprecated');
    expect(transcript(...runs)).toMatchInlineSnapshot(`
      "$ reg show
      bare	-	dev=<oid 1>	active
      churn	v1.0.0	dev=v0.9.0,prod=v0.9.0,qa=<oid 1>	active
      waiting	-	-	declared

      $ reg show --deprecated
      bare	-	dev=<oid 1>	active
      churn	v1.0.0	dev=v0.9.0,prod=v0.9.0,qa=<oid 1>	active
      fraud	v1.0.0	-	deprecated
      waiting	-	-	declared
      "
    `);
    expect((await reg('show', '--registered-only')).stdout).toMatch(
      /^churn\tv1\.0\.0\tdev=v0\.9\.0,prod=v0\.9\.0\tactive$/m,
    );
    expect((await reg('show', '--registered-only')).stdout).not.toContain('waiting');
  });

  test('in JSON a declared artifact has no version and is not registered', async () => {
    const rows = (await json('show', '--deprecated')) as { artifact: string }[];
    expect(rows.map(({ artifact }) => artifact)).toEqual(['bare', 'churn', 'fraud', 'waiting']);
    expect(rows.at(-1)).toEqual({
      artifact: 'waiting',
      latest: null,
      stages: {},
      registered: false,
      deprecated: false,
      problem: null,
    });
    expect(rows.at(-2)).toMatchObject({ latest: 'v1.0.0', registered: true, deprecated: true });
  });

  test('with more versions a stage each stage is a list', async () => {
    expect(transcript(await reg('show', '--versions-per-stage', '-1'))).toMatchInlineSnapshot(`
      "$ reg show --versions-per-stage -1
      bare	-	dev=<oid 1>	active
      churn	v1.0.0	dev=v0.9.0,prod=v0.9.0,prod=v1.0.0,qa=<oid 1>	active
      waiting	-	-	declared
      "
    `);
    expect(await json('show', '--versions-per-stage', '-1', '--registered-only')).toContainEqual({
      artifact: 'churn',
      latest: 'v1.0.0',
      stages: { dev: ['v0.9.0'], prod: ['v0.9.0', 'v1.0.0'] },
      registered: true,
      deprecated: false,
      problem: null,
    });
  });

  test('none', async () => {
    const empty = box.repository('empty');
    expect(await jsonIn(box, empty.dir)('show')).toEqual([]);
    expect(await reg('show', '--versions-per-stage', 'many')).toMatchObject({ stdout: '', code: 2 });
  });
});

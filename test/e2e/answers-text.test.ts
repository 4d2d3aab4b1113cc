import { beforeAll, describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tellStory } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
const reg = regIn(box, registry.dir);
beforeAll(() => tellStory(box, registry));

describe('on a pipe: tabs, no heading, no box', () => {
  test('show', async () => {
    expect(transcript(await reg('show'), await reg('show', 'churn'))).toMatchInlineSnapshot(`
      "$ reg show
      churn	v1.1.0	dev=v1.1.0,prod=v1.0.0	active
      models:fraud	v0.0.1	-	active

      $ reg show churn
      v1.1.0	dev	2026-01-03T00:00:00Z	Ann Lee	<oid 1>	Register churn v1.1.0
      v1.0.0	prod	2026-01-01T00:00:00Z	Ann Lee	<oid 2>	First
      "
    `);
  });

  test('history', async () => {
    expect(
      transcript(
        await reg('history', 'churn'),
        await reg('history', '--since', '2026-01-05', '--asc'),
        await reg('history', '--until', '2026-01-02T00:00:00Z'),
        await reg('history', 'churn', '--stage', 'dev'),
        await reg('history', '-n', '1'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg history churn
      2026-01-06T00:00:00Z	churn	assignment	v1.0.0	prod	Ann Lee	Assign churn v1.0.0 to prod
      2026-01-05T00:00:00Z	churn	assignment	v1.1.0	dev	Ann Lee	Assign churn v1.1.0 to dev
      2026-01-04T00:00:00Z	churn	assignment	v1.1.0	prod	Ann Lee	Assign churn v1.1.0 to prod
      2026-01-03T00:00:00Z	churn	registration	v1.1.0	-	Ann Lee	Register churn v1.1.0
      2026-01-02T00:00:00Z	churn	assignment	v1.0.0	prod	Ann Lee	Assign churn v1.0.0 to prod
      2026-01-01T00:00:00Z	churn	registration	v1.0.0	-	Ann Lee	First

      $ reg history --since 2026-01-05 --asc
      2026-01-05T00:00:00Z	churn	assignment	v1.1.0	dev	Ann Lee	Assign churn v1.1.0 to dev
      2026-01-06T00:00:00Z	churn	assignment	v1.0.0	prod	Ann Lee	Assign churn v1.0.0 to prod
      2026-01-07T00:00:00Z	models:fraud	registration	v0.0.1	-	Ann Lee	Register models:fraud v0.0.1

      $ reg history --until 2026-01-02T00:00:00Z
      2026-01-02T00:00:00Z	churn	assignment	v1.0.0	prod	Ann Lee	Assign churn v1.0.0 to prod
      2026-01-01T00:00:00Z	churn	registration	v1.0.0	-	Ann Lee	First

      $ reg history churn --stage dev
      2026-01-05T00:00:00Z	churn	assignment	v1.1.0	dev	Ann Lee	Assign churn v1.1.0 to dev

      $ reg history -n 1
      2026-01-07T00:00:00Z	models:fraud	registration	v0.0.1	-	Ann Lee	Register models:fraud v0.0.1
      "
    `);
  });

  test('which and latest', async () => {
    expect(
      transcript(
        await reg('which', 'churn', 'prod'),
        await reg('which', 'churn', 'prod', '--all'),
        await reg('latest', 'churn'),
        await reg('latest', 'models:fraud'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg which churn prod
      v1.0.0

      $ reg which churn prod --all
      v1.0.0
      v1.1.0

      $ reg latest churn
      v1.1.0

      $ reg latest models:fraud
      v0.0.1
      "
    `);
  });

  test('as of a time', async () => {
    expect(
      transcript(
        await reg('show', '--at', '2026-01-01'),
        await reg('show', 'churn', '--at', '2026-01-02'),
        await reg('which', 'churn', 'prod', '--at', '2026-01-03T12:00:00+01:00'),
        await reg('which', 'churn', 'prod', '--at', '2026-01-04'),
        await reg('latest', 'churn', '--at', '2026-01-02T23:59:59Z'),
        await reg('history', '--at', '2026-01-01', 'churn'),
        await reg('which', 'churn', 'prod', '--at', '2025-12-31'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg show --at 2026-01-01
      churn	v1.0.0	-	active

      $ reg show churn --at 2026-01-02
      v1.0.0	prod	2026-01-01T00:00:00Z	Ann Lee	<oid 1>	First

      $ reg which churn prod --at 2026-01-03T12:00:00+01:00
      v1.0.0

      $ reg which churn prod --at 2026-01-04
      v1.1.0

      $ reg latest churn --at 2026-01-02T23:59:59Z
      v1.0.0

      $ reg history --at 2026-01-01 churn
      2026-01-01T00:00:00Z	churn	registration	v1.0.0	-	Ann Lee	First

      $ reg which churn prod --at 2025-12-31
      -- stderr --
      error: churn had no event yet at 2025-12-31T00:00:00Z
      hint: see when it began, with: reg history churn --asc -n 1
      -- exit 1 --
      "
    `);
  });
});

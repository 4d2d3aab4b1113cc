import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
registry.commit();
tagHourly(box, registry, 'churn@v1.0.0 HEAD~1', 'churn@v1.1.0', 'churn#prod#1 HEAD~1', 'churn#prod#2');
tagHourly(box, registry, 'churn#prod!#3', 'churn@v1.1.0!', 'models=fraud@v1.0.0', 'models=fraud@deprecated');
tagHourly(box, registry, 'models=fraud#eu/prod#1', 'models=old@v1.0.0', 'models=old@deprecated');
registry.git('tag', 'churn@v2.0.0');
registry.git('tag', 'v3.0.0');
for (const tag of ['release-2020', 'churn@v1.0', 'churn#prod#x']) registry.tag(tag);
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const hourly = hourlyIn(box, registry);

test('all five kinds of event, and whether each is still in effect', async () => {
  const runs = await hourly(
    'check-ref churn@v1.0.0',
    'check-ref churn@v1.1.0',
    'check-ref churn@v1.1.0!',
    'check-ref churn#prod#1',
    'check-ref churn#prod#2',
    'check-ref churn#prod!#3',
    'check-ref models=fraud@deprecated',
    'check-ref models=fraud#eu/prod#1',
    'check-ref models=old@deprecated',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg check-ref churn@v1.0.0
    churn	registration	v1.0.0	-	2026-01-01T00:00:00Z	Ann Lee	current
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref churn@v1.1.0
    churn	registration	v1.1.0	-	2026-01-01T01:00:00Z	Ann Lee	superseded
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref 'churn@v1.1.0!'
    churn	deregistration	v1.1.0	-	2026-01-01T05:00:00Z	Ann Lee	current
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref 'churn#prod#1'
    churn	assignment	v1.0.0	prod	2026-01-01T02:00:00Z	Ann Lee	current
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref 'churn#prod#2'
    churn	assignment	v1.1.0	prod	2026-01-01T03:00:00Z	Ann Lee	superseded
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref 'churn#prod!#3'
    churn	unassignment	v1.1.0	prod	2026-01-01T04:00:00Z	Ann Lee	current
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0

    $ reg check-ref models=fraud@deprecated
    models:fraud	deprecation	-	-	2026-01-01T07:00:00Z	Ann Lee	superseded

    $ reg check-ref 'models=fraud#eu/prod#1'
    models:fraud	assignment	v1.0.0	eu/prod	2026-01-01T08:00:00Z	Ann Lee	current

    $ reg check-ref models=old@deprecated
    models:old	deprecation	-	-	2026-01-01T10:00:00Z	Ann Lee	current
    "
  `);
});

test('a full name of a ref, as CI has it', async () => {
  for (const ref of ['refs/tags/churn#prod#1', 'tags/churn#prod#1'])
    expect(await reg('check-ref', ref)).toMatchObject({
      stdout: (await reg('check-ref', 'churn#prod#1')).stdout,
      code: 0,
    });
});

test('in JSON it is a row of history, and whether it is current', async () => {
  const rows = (await json('history', 'churn', '--asc')) as { tag: string }[];
  const current = new Set(['churn@v1.0.0', 'churn@v1.1.0!', 'churn#prod#1', 'churn#prod!#3']);
  const before = { 'churn@v1.1.0': 'v1.0.0', 'churn#prod#2': 'v1.0.0', 'churn#prod!#3': 'v1.1.0' };
  expect(rows).toHaveLength(6);
  for (const row of rows)
    expect(await json('check-ref', `refs/tags/${row.tag}`)).toEqual({
      ...row,
      current: current.has(row.tag),
      previous: before[row.tag as keyof typeof before] ?? null,
    });
});

test('what takes an event back makes it one of the past', async () => {
  tagHourly(box, registry, 'churn@v1.1.0#4', 'churn#prod#5');
  expect(await json('check-ref', 'churn@v1.1.0')).toMatchObject({ current: false });
  expect(await json('check-ref', 'churn@v1.1.0!')).toMatchObject({ current: false });
  expect(await json('check-ref', 'churn@v1.1.0#4')).toMatchObject({ current: true });
  expect(await json('check-ref', 'churn#prod!#3')).toMatchObject({ current: false });
  expect(await json('check-ref', 'churn#prod#1')).toMatchObject({ current: false });
});

test('what is no event', async () => {
  const runs = await hourly(
    'check-ref churn@v2.0.0',
    'check-ref v3.0.0',
    'check-ref release-2020',
    'check-ref churn@v1.0',
    'check-ref refs/tags/churn#prod#x',
    'check-ref churn@v9.0.0',
    'check-ref refs/heads/main',
    'check-ref churn@v2.0.0 --json',
  );
  expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 1));
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg check-ref churn@v2.0.0
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0
    error: 'churn@v2.0.0' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg doctor
    -- exit 1 --

    $ reg check-ref v3.0.0
    -- stderr --
    error: 'v3.0.0' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg history
    -- exit 1 --

    $ reg check-ref release-2020
    -- stderr --
    error: 'release-2020' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg history
    -- exit 1 --

    $ reg check-ref churn@v1.0
    -- stderr --
    error: 'churn@v1.0' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg doctor
    -- exit 1 --

    $ reg check-ref 'refs/tags/churn#prod#x'
    -- stderr --
    error: 'churn#prod#x' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg doctor
    -- exit 1 --

    $ reg check-ref churn@v9.0.0
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0
    error: churn has no version v9.0.0
    hint: there are v1.1.0, v1.0.0
    -- exit 1 --

    $ reg check-ref refs/heads/main
    -- stderr --
    error: 'refs/heads/main' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg history
    -- exit 1 --

    $ reg check-ref churn@v2.0.0 --json
    -- stderr --
    warning: ignored, because only annotated tags are events and it is lightweight: churn@v2.0.0
    {
      "error": {
        "code": "NOT_AN_EVENT",
        "message": "'churn@v2.0.0' is no event of this registry",
        "hint": "an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg doctor"
      }
    }
    -- exit 1 --
    "
  `);
});

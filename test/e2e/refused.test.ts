import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
const reg = regIn(box, registry.dir);
for (const tag of ['churn@v0.1.0', 'churn#staging#1']) registry.tag(tag);
registry.commit();
const gone = registry.commit();
registry.tag('churn@v0.2.0', 'Register', gone);
registry.tag('churn@v0.2.0!', 'Deregister', gone);
registry.commit();

test('a refused command writes nothing', async () => {
  const before = registry.tags();
  expect(
    transcript(
      await reg('register', 'churn', '--version', 'v0.1.0'),
      await reg('register', 'churn', 'churn@v0.1.0', '--version', '3.0.0'),
      await reg('assign', 'churn@v9.0.0', 'prod'),
      await reg('assign', 'churn@v0.2.0', 'prod'),
      await reg('assign', 'churn@v0.1.0', 'eu/prod'),
      await reg('register', 'Churn', '--unlinked'),
      await reg('register', 'a..b', '--unlinked'),
      await reg('rollback', 'churn', 'staging'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg register churn --version v0.1.0
    -- stderr --
    error: churn v0.1.0 is already registered: Ann Lee registered it on 2026-01-01T00:00:00Z at <oid 1, short>
    hint: choose another version, or raise the latest with: reg register churn --bump patch
    -- exit 1 --

    $ reg register churn churn@v0.1.0 --version 3.0.0
    -- stderr --
    error: churn v0.1.0 is already registered at this commit, <oid 1, short>
    hint: commit the change that makes a new version, or add --force for a second version of the same bytes
    -- exit 1 --

    $ reg assign churn@v9.0.0 prod
    -- stderr --
    error: churn has no version v9.0.0
    hint: there is v0.1.0
    -- exit 1 --

    $ reg assign churn@v0.2.0 prod
    -- stderr --
    error: churn v0.2.0 was deregistered
    hint: assign another version, or register it again with: reg register churn <oid 2> --version v0.2.0
    -- exit 1 --

    $ reg assign churn@v0.1.0 eu/prod
    -- stderr --
    error: a stage has no '/': 'eu/prod'
    hint: write eu-prod instead
    -- exit 2 --

    $ reg register Churn --unlinked
    -- stderr --
    error: 'Churn' differs from the artifact 'churn' by letter case alone
    hint: use 'churn', or a name that no file system can confuse with it
    -- exit 1 --

    $ reg register a..b --unlinked
    -- stderr --
    error: 'a..b@v0.0.1' cannot be a tag of a..b: it holds '..'
    hint: choose another name
    -- exit 2 --

    $ reg rollback churn staging
    -- stderr --
    error: nothing to roll back to: no other version that is still active was ever current in staging of churn
    hint: register another version first: reg register churn
    -- exit 1 --
    "
  `);
  expect(registry.tags()).toEqual(before);
});

test('after a tag of the day after tomorrow writes go on, and say so', async () => {
  box.advance(48 * 3600);
  registry.tag('churn@v3.0.0', 'Register', 'HEAD');
  box.advance(-48 * 3600);
  expect(transcript(await reg('assign', 'churn@v3.0.0', 'prod'))).toMatchInlineSnapshot(`
    "$ reg assign churn@v3.0.0 prod
    churn#prod#2
    -- stderr --
    the newest tag of churn, churn@v3.0.0, is dated 2026-01-03T00:00:00Z, ahead of this clock (2026-01-01T00:00:00Z); new tags are dated after it
    "
  `);
  expect(registry.tags()).toHaveLength(6);
});

test('what --force is for', async () => {
  const forced = makeRegistry(box, 'forced', 'churn');
  forced.tag('churn@v1.0.0');
  const run = await regIn(box, forced.dir)('register', 'churn', '--version', '2.0.0', '--force');
  expect(run).toMatchObject({ stdout: 'churn@v2.0.0\n', code: 0 });
});

import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
const reg = regIn(box, registry.dir);

const hourly = hourlyIn(box, registry);

// one story: every test goes on where the one before it ended
test('versions are put into stages by name', async () => {
  for (const version of ['v0.0.1', 'v0.1.0', 'v1.0.0-rc.1']) {
    registry.commit();
    await reg('register', 'churn', '--version', version);
  }
  const runs = await hourly(
    'assign churn@v0.0.1 prod',
    'assign churn@0.1.0 prod -m Faster',
    'assign churn dev --version v1.0.0-rc.1',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg assign churn@v0.0.1 prod
    churn#prod#1

    $ reg assign churn@0.1.0 prod -m Faster
    churn#prod#2

    $ reg assign churn dev --version v1.0.0-rc.1
    churn#dev#3
    "
  `);
});

test('what already is current is assigned once', async () => {
  expect(transcript(await reg('assign', 'churn@latest', 'dev'))).toMatchInlineSnapshot(`
    "$ reg assign churn@latest dev
    churn#dev#3
    -- stderr --
    churn v1.0.0-rc.1 already is current in dev
    "
  `);
});

test('a rollback brings back what was current before', async () => {
  const runs = await hourly('rollback churn prod -m Slow', 'which churn prod', 'which churn prod --all');
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg rollback churn prod -m Slow
    churn#prod#4
    -- stderr --
    churn v0.0.1 is current in prod again

    $ reg which churn prod
    v0.0.1

    $ reg which churn prod --all
    v0.0.1
    v0.1.0
    "
  `);
});

test('an assignment remembers its version and the event before it', () => {
  const tag = registry.git('cat-file', 'tag', 'churn#prod#4');
  expect(tag).toContain('\nReg-Version: v0.0.1\n');
  expect(tag).toContain(`\nReg-Parent: ${registry.git('rev-parse', 'churn#dev#3')}`);
  expect(registry.git('rev-parse', 'churn#prod#4^{}')).toBe(registry.git('rev-parse', 'churn@v0.0.1^{}'));
});

test('what has no version is registered first', async () => {
  registry.commit();
  expect(transcript(await reg('assign', 'churn', 'staging'))).toMatchInlineSnapshot(`
    "$ reg assign churn staging
    churn@v1.0.0
    churn#staging#5
    "
  `);
});

test('or assigned as it is', async () => {
  const head = registry.commit();
  const run = await reg('assign', 'churn', 'qa', '--no-register');
  expect(run).toMatchObject({ code: 0, stdout: 'churn#qa#6\n' });
  expect((await reg('which', 'churn', 'qa')).stdout).toBe(`${head}\n`);
});

test('nothing is written in a dry run', async () => {
  const before = registry.tags();
  registry.commit();
  const runs = await hourly(
    'register churn --dry-run',
    'assign churn prod --dry-run',
    'rollback churn prod --dry-run',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register churn --dry-run
    churn@v1.0.1
    -- stderr --
    no event was written: this is a dry run

    $ reg assign churn prod --dry-run
    churn@v1.0.1
    churn#prod#7
    -- stderr --
    no event was written: this is a dry run

    $ reg rollback churn prod --dry-run
    churn#prod#7
    -- stderr --
    churn v0.1.0 is current in prod again
    no event was written: this is a dry run
    "
  `);
  expect(registry.tags()).toEqual(before);
});

test('a write in JSON says what was created', async () => {
  const [run] = await hourly('assign churn@v0.1.0 dev --json');
  expect(run?.stderr).toBe('');
  expect(JSON.parse(run?.stdout ?? '')).toEqual([
    {
      tag: 'churn#dev#7',
      event: 'assignment',
      artifact: 'churn',
      version: 'v0.1.0',
      stage: 'dev',
      commit: registry.git('rev-parse', 'churn@v0.1.0^{commit}'),
      oid: registry.git('rev-parse', 'refs/tags/churn#dev#7'),
      created: true,
      pushed: false,
    },
  ]);
  const again = JSON.parse((await reg('assign', 'churn@v0.1.0', 'dev', '--json')).stdout);
  expect(again).toMatchObject([{ tag: 'churn#dev#7', created: false }]);
});

test('all of it is a sound git repository', () => {
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
});

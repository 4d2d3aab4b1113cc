import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'fraud');
for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'fraud@v1.0.0', 'fraud#staging#1']) registry.tag(tag);
const reg = regIn(box, registry.dir);

const folder = (name: string): string => {
  mkdirSync(join(box.root, name), { recursive: true });
  return join(box.root, name);
};

describe('what is not there', () => {
  test('an artifact, with the one that was probably meant', async () => {
    expect(
      transcript(
        await reg('which', 'chrun', 'prod'),
        await reg('latest', 'something-else'),
        await reg('show', 'churn/x'),
        await reg('history', 'Churn'),
        await reg('load', 'chrun#prod'),
        await reg('assign', 'chrun@v1.0.0', 'prod'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg which chrun prod
      -- stderr --
      error: no artifact 'chrun' is registered here
      hint: did you mean 'churn'?
      -- exit 1 --

      $ reg latest something-else
      -- stderr --
      error: no artifact 'something-else' is registered here
      hint: there are churn, fraud
      -- exit 1 --

      $ reg show churn/x
      -- stderr --
      error: no artifact 'churn/x' is registered here
      hint: did you mean 'churn'?
      -- exit 1 --

      $ reg history Churn
      -- stderr --
      error: no artifact 'Churn' is registered here
      hint: did you mean 'churn'?
      -- exit 1 --

      $ reg load 'chrun#prod'
      -- stderr --
      error: no artifact 'chrun' is registered here
      hint: did you mean 'churn'?
      -- exit 1 --

      $ reg assign chrun@v1.0.0 prod
      -- stderr --
      error: no artifact 'chrun' is registered here
      hint: did you mean 'churn'?
      -- exit 1 --
      "
    `);
  });

  test('a stage, a version, a rev', async () => {
    expect(
      transcript(
        await reg('which', 'churn', 'prdo'),
        await reg('which', 'churn', 'staging'),
        await reg('load', 'churn#prdo'),
        await reg('load', 'churn@v2.0.0'),
        await reg('register', 'churn', 'no-such-rev'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg which churn prdo
      -- stderr --
      error: no version of churn is in stage prdo
      hint: did you mean 'prod'?
      -- exit 1 --

      $ reg which churn staging
      -- stderr --
      error: no version of churn is in stage staging
      hint: there is prod
      -- exit 1 --

      $ reg load 'churn#prdo'
      -- stderr --
      error: no version of churn is in stage prdo
      hint: did you mean 'prod'?
      -- exit 1 --

      $ reg load churn@v2.0.0
      -- stderr --
      error: churn has no version v2.0.0
      hint: there is v1.0.0
      -- exit 1 --

      $ reg register churn no-such-rev
      -- stderr --
      error: 'no-such-rev' names no commit here
      hint: give a branch, a tag or a commit id: git log
      -- exit 1 --
      "
    `);
  });

  test('a stage that the configuration does not list', async () => {
    const strict = makeRegistry(box, 'strict', 'churn');
    strict.commit({ '.reg.yaml': 'stages: [dev, prod]\n' });
    expect(transcript(await regIn(box, strict.dir)('assign', 'churn', 'pord'))).toMatchInlineSnapshot(`
      "$ reg assign churn pord
      -- stderr --
      error: 'pord' is not among the stages that the configuration allows
      hint: did you mean 'prod'?
      -- exit 1 --
      "
    `);
    expect(strict.tags()).toEqual([]);
  });

  test('a repository', async () => {
    const nowhere = regIn(box, folder('nowhere'));
    const runs = [await nowhere('show'), await nowhere('register', 'x'), await nowhere('show', '-r', 'gone')];
    expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual([
      [1, ''],
      [1, ''],
      [1, ''],
    ]);
    for (const { stderr } of runs) expect(stderr).toMatch(/^error: .*(nowhere|gone).*\nhint: .*--repo.*\n$/);
  });

  test('a commit', async () => {
    const empty = regIn(box, box.repository('empty').dir);
    expect(
      transcript(
        await empty('show'),
        await empty('register', 'churn'),
        await empty('assign', 'churn', 'prod'),
      ),
    ).toMatchInlineSnapshot(`
      "$ reg show
      -- stderr --
      there is no artifact to show

      $ reg register churn
      -- stderr --
      error: this repository has no commit yet
      hint: commit something first: git commit
      -- exit 1 --

      $ reg assign churn prod
      -- stderr --
      error: this repository has no commit yet
      hint: commit something first: git commit
      -- exit 1 --
      "
    `);
  });

  test('an identity', async () => {
    const home = folder('nobody');
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tuseConfigOnly = true\n');
    const env = { HOME: home, GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '' };
    const run = await runReg(box, { cwd: registry.dir, env }, 'assign', 'churn@v1.0.0', 'dev');
    expect(transcript(run)).toMatchInlineSnapshot(`
      "$ reg assign churn@v1.0.0 dev
      -- stderr --
      error: git does not know who you are, and every event is signed with a name
      hint: run: git config --global user.name "Your Name" && git config --global user.email you@example.com
      -- exit 1 --
      "
    `);
    expect(registry.tags()).toHaveLength(4);
  });

  test('a declaration', async () => {
    const { tags } = registry;
    expect(transcript(await reg('register', 'undeclared'))).toMatchInlineSnapshot(`
      "$ reg register undeclared
      -- stderr --
      error: commit <oid 1, short> declares no artifact 'undeclared'
      hint: declare it with: reg link <path> undeclared; or add --unlinked
      -- exit 1 --
      "
    `);
    expect(tags()).toHaveLength(4);
    expect((await reg('register', 'undeclared', '--unlinked', '--dry-run')).code).toBe(0);
  });
});

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly, withRemote } from './registry.js';

const box = sandbox();

/** A registry with two registered artifacts and one that is declared alone. */
function makeThree(name: string): Repository {
  const registry = makeRegistry(box, name, 'churn', 'fraud', 'prices');
  tagHourly(box, registry, 'churn@v1.0.0', 'fraud@v1.0.0');
  return registry;
}

const hintOf = (stderr: string): string | undefined => /^hint: (.*)$/m.exec(stderr)?.[1];

test('a name that no commit declares, with the one that was probably meant', async () => {
  const reg = regIn(box, makeThree('typos').dir);
  const runs = [
    await reg('register', 'chrun'),
    await reg('describe', 'prises'),
    await reg('register', 'weather'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register chrun
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'chrun'
    hint: did you mean 'churn'? If not, declare it with: reg link <path> chrun; or add --unlinked
    -- exit 1 --

    $ reg describe prises
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'prises'
    hint: did you mean 'prices'? If not, declare it with: reg link <path> prises
    -- exit 1 --

    $ reg register weather
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'weather'
    hint: declare it with: reg link <path> weather; or add --unlinked
    -- exit 1 --
    "
  `);
});

test('a name that was registered once, and is not declared any more, is known too', async () => {
  const registry = makeThree('dropped');
  registry.git('rm', '--quiet', 'fraud.model.yaml');
  registry.commit();
  const reg = regIn(box, registry.dir);
  expect(hintOf((await reg('register', 'fruad')).stderr)).toMatch(
    /^did you mean 'fraud'\? If not, declare it with: /,
  );
  // the name itself is no other one
  expect(hintOf((await reg('register', 'fraud')).stderr)).toMatch(/^declare it with: /);
});

test('an artifact that a clone without tags does not know: its remote may', async () => {
  const origin = makeThree('sync-origin');
  for (const [name, ...options] of [
    ['untagged', '--no-tags'],
    ['shallow', '--no-tags', '--depth=1'],
  ]) {
    const dir = join(box.root, name ?? '');
    origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, dir);
    const reg = regIn(box, dir);
    const asked = [await reg('latest', 'churn'), await reg('unassign', 'churn', 'prod', '--offline')];
    const mayLack =
      'get tags that may be missing here with: reg sync; or register a first version with: reg register churn';
    const fetchIt = 'ask with --fetch, or get them with: reg sync';
    for (const { code } of asked) expect(code).toBe(1);
    const hints = asked.map(({ stderr }) => hintOf(stderr));
    // a shallow clone without any tag is known to lack them
    expect(hints).toEqual([name === 'shallow' ? 'get them with: reg sync' : fetchIt, mayLack]);
    // what the hint says helps
    await reg('sync');
    expect((await reg('latest', 'churn')).stdout).toBe('v1.0.0\n');
  }
});

test('an artifact that a registry without a remote, or at a URL, does not know', async () => {
  const registry = makeRegistry(box, 'alone', 'churn');
  const first = 'register a first version with: reg register churn';
  const url = `file://${registry.dir}`;
  expect(hintOf((await regIn(box, registry.dir)('latest', 'churn')).stderr)).toBe(first);
  const far = await regIn(box, box.root)('latest', 'churn', '--repo', url);
  expect(hintOf(far.stderr)).toBe(`${first} --repo ${url}`);
});

test('a HEAD that names no branch that is there, and a repository without a commit', async () => {
  const origin = makeRegistry(box, 'unborn-origin', 'churn');
  const unborn = box.repository('unborn.git', '--bare', '--initial-branch=master');
  origin.git('push', '--quiet', unborn.dir, 'main');
  const empty = box.repository('empty.git', '--bare');
  const [far, near] = [`file://${unborn.dir}`, unborn.dir];
  const nowhere = regIn(box, box.root);
  const runs = [];
  for (const repo of [far, near, `file://${empty.dir}`, empty.dir])
    runs.push(await nowhere('register', 'churn', '--repo', repo));
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register churn --repo file://<tmp>/unborn.git
    -- stderr --
    error: HEAD of file://<tmp>/unborn.git names no branch that is there
    hint: give a rev, such as main, or set HEAD there: git symbolic-ref HEAD refs/heads/main
    -- exit 1 --

    $ reg register churn --repo <tmp>/unborn.git
    -- stderr --
    error: HEAD of this repository names no branch that is there
    hint: give a rev, such as main, or set HEAD there: git symbolic-ref HEAD refs/heads/main
    -- exit 1 --

    $ reg register churn --repo file://<tmp>/empty.git
    -- stderr --
    error: this repository has no commit yet
    hint: commit something first: git commit
    -- exit 1 --

    $ reg register churn --repo <tmp>/empty.git
    -- stderr --
    error: this repository has no commit yet
    hint: commit something first: git commit
    -- exit 1 --
    "
  `);
  // both ways out lead on
  const way = ['register', 'churn', '--dry-run', '--repo', far];
  expect(await nowhere(...way, 'main')).toMatchObject({ stdout: 'churn@v0.0.1\n', code: 0 });
  unborn.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  expect(await nowhere(...way)).toMatchObject({ stdout: 'churn@v0.0.1\n', code: 0 });
});

test('hints ask the registry that was asked', async () => {
  const { registry } = withRemote(box, 'hinted');
  tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1', 'churn#prod!#2');
  const away = regIn(box, box.root);
  for (const repo of [`file://${registry.dir}`, 'hinted']) {
    const hint = async (...args: string[]) => hintOf((await away(...args, '--repo', repo)).stderr);
    expect(await hint('which', 'churn', 'prod')).toBe(
      `put one there with: reg assign churn prod --repo ${repo}`,
    );
    expect(await hint('check-ref', 'v1')).toMatch(new RegExp(`; see: reg history --repo ${repo}$`));
    expect(await hint('deregister', 'churn')).toBe(
      `write reg deregister churn@VERSION --repo ${repo}; see: reg show churn --repo ${repo}`,
    );
  }
  const json = await away('which', 'churn', 'prod', '--json', '--repo', 'hinted');
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { hint: expect.stringMatching(/ --repo hinted$/) },
  });
  expect(hintOf((await away('status', '--repo', 'hinted')).stderr)).toBe('reg sync --repo hinted');
  // where the environment names it, it still does
  const told = await regIn(box, box.root, { REG_REPO: 'hinted' })('status');
  expect(hintOf(told.stderr)).toBe('reg sync');
  registry.git('push', '--quiet', 'origin', 'refs/tags/churn#prod!#2');
  const pushed = await away('assign', 'churn@v1.0.0', 'dev', '--push', '--repo', 'hinted');
  expect(pushed.stderr).toContain('to push all the same: reg sync --repo hinted\n');
});

test('the fix of the doctor asks the registry that was asked', async () => {
  const registry = makeRegistry(box, 'doctored', 'churn');
  registry.tag('churn#prod#1');
  for (const repo of [`file://${registry.dir}`, 'doctored']) {
    const { stdout } = await regIn(box, box.root)('doctor', '--json', '--repo', repo);
    const commit = registry.git('rev-parse', 'HEAD');
    expect(JSON.parse(stdout)).toMatchObject([{ fix: `reg register churn ${commit} --repo ${repo}` }]);
  }
});

test('artifact, version and stage put together in another way, with the command that was meant', async () => {
  const registry = makeThree('mistyped');
  tagHourly(box, registry, 'churn#prod#1', 'churn#dev#2', 'churn#dev!#3');
  const reg = regIn(box, registry.dir);
  for (const [typed, hint] of [
    ['which churn #prod', 'give the name alone: prod'],
    ['assign churn v1.0.0 prod', 'did you mean: reg assign churn@v1.0.0 prod'],
    ['assign prod churn', 'did you mean: reg assign churn prod'],
    ['load churn prod', "did you mean: reg load 'churn#prod'"],
    ['load churn@lates', "did you mean 'latest'?"],
    ['unassign churn dev', 'see where its versions are, with: reg show churn'],
    ['rollback churn dev', 'see where its versions are, with: reg show churn'],
    ['rollback churn prod', 'register another version first: reg register churn'],
    ['assign churn Prod', "use 'prod', or list both as stages: in .reg.yaml"],
    ['latest churn --json=', 'name fields: artifact, version, '],
  ] as const) {
    const { stderr, code } = await reg(...typed.split(' '));
    expect(code, typed).not.toBe(0);
    expect(typed.endsWith('=') ? stderr : hintOf(stderr), typed).toContain(hint);
  }
});

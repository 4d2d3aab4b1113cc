import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

const box = sandbox();
/** Lets the next push to a remote wait until a clone has pushed a tag of its own. */
function overtake(remote: Repository, faster: Repository, tagName: string): void {
  // what git tells a hook of the push that is under way would keep another push out (githooks(5), pre-receive)
  const push = `env -i PATH="$PATH" git -C '${faster.dir}' push --quiet origin '${tagName}'`;
  const hook = join(remote.dir, 'hooks/pre-receive');
  writeFileSync(hook, `#!/bin/sh\nrm '${hook}'\n${push}\n`);
  chmodSync(hook, 0o755);
}

const oidOf = ({ git }: Repository, tagName: string): string => git('rev-parse', `refs/tags/${tagName}`);

test('what a write brings here first is what the remote has of that artifact, and nothing else', async () => {
  const { registry, remote } = withRemote(box, 'behind');
  for (const name of ['churn@v1.0.0', 'churn#dev#1', 'fraud@v1.0.0', 'churn-2@v1.0.0', 'release-1'])
    remote.tag(name, 'Somebody was here', 'main');
  registry.commit({ 'model.bin': 'another model' });
  const reg = regIn(box, registry.dir);
  const dry = await reg('register', 'churn', '--dry-run');
  expect(dry).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  const run = await reg('register', 'churn');
  expect(run).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  expect(dry.stderr + run.stderr).toMatchInlineSnapshot(`
    "fetched from origin first: churn#dev#1, churn@v1.0.0
    no event was written: this is a dry run
    hint: git push origin refs/tags/churn@v1.0.1
    "
  `);
  expect(registry.tags()).toEqual(['churn#dev#1', 'churn@v1.0.0', 'churn@v1.0.1']);
  expect(remote.tags()).toHaveLength(5);
});

test('of many tags that come first, some are named and the others counted', async () => {
  const { registry, remote } = withRemote(box, 'many');
  for (let n = 1; n <= 45; n += 1) remote.tag(`churn#dev#${n}`, 'Somebody was here', 'main');
  const { stderr } = await regIn(box, registry.dir)('register', 'churn', '--dry-run');
  expect(stderr).toMatch(/^fetched from origin first: (churn#dev#\d+, ){4}churn#dev#\d+ and 40 more\n/);
  expect(registry.tags()).toHaveLength(45);
});

test('a version that only the remote knew of comes here first, and counts', async () => {
  const { registry, remote } = withRemote(box, 'taken');
  remote.tag('churn@v0.0.1', 'Somebody was faster', 'main');
  const before = oidOf(remote, 'churn@v0.0.1');
  const reg = regIn(box, registry.dir);
  expect(transcript(await reg('register', 'churn', '--push'))).toMatchInlineSnapshot(`
    "$ reg register churn --push
    churn@v0.0.1
    -- stderr --
    fetched from origin first: churn@v0.0.1
    churn v0.0.1 has these bytes already; --version or --bump, with --force, gives them another number
    "
  `);
  expect(remote.tags()).toEqual(['churn@v0.0.1']);
  expect(registry.tags()).toEqual(['churn@v0.0.1']);
  for (const side of [registry, remote]) expect(oidOf(side, 'churn@v0.0.1')).toBe(before);
  registry.commit({ 'model.bin': 'another model' });
  expect(await reg('register', 'churn', '--push')).toMatchObject({ stdout: 'churn@v0.0.2\n', code: 0 });
});

test('a name that something else than an event has at the remote is taken, and stays there', async () => {
  const { registry, remote } = withRemote(box, 'lightweight');
  remote.git('tag', 'churn@v0.0.1', 'main');
  const run = await regIn(box, registry.dir)('register', 'churn', '--push');
  expect(run).toMatchObject({ stdout: 'churn@v0.0.1#1\n', stderr: '', code: 0 });
  expect(registry.tags()).toEqual(['churn@v0.0.1#1']);
  expect(remote.git('cat-file', '-t', 'churn@v0.0.1')).toBe('commit');
});

test('a lightweight tag here, as CI checkouts leave it, becomes the event that it is at the remote', async () => {
  const { registry, remote } = withRemote(box, 'flattened');
  remote.tag('churn@v1.0.0', 'Register', 'main');
  registry.git('tag', 'churn@v1.0.0');
  const run = await regIn(box, registry.dir)('assign', 'churn', 'prod');
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(run.stderr).toContain('fetched from origin first: churn@v1.0.0\n');
  expect(oidOf(registry, 'churn@v1.0.0')).toBe(oidOf(remote, 'churn@v1.0.0'));
});

test('--offline asks no remote, and says so', async () => {
  const { registry, remote } = withRemote(box, 'offline');
  rmSync(remote.dir, { recursive: true });
  const reg = regIn(box, registry.dir);
  expect(
    transcript(
      await reg('register', 'churn', '--offline'),
      await reg('assign', 'churn', 'prod', '--offline', '--push'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg register churn --offline
    churn@v0.0.1
    -- stderr --
    origin was not asked: what it has may change the answer
    hint: git push origin refs/tags/churn@v0.0.1

    $ reg assign churn prod --offline --push
    -- stderr --
    error: a push cannot stay offline
    hint: leave out --offline
    -- exit 2 --
    "
  `);
  expect((await reg('assign', 'churn', 'prod')).code).toBe(4);
  expect(registry.tags()).toEqual(['churn@v0.0.1']);
});

test('of two clones that push the same number the later one starts again, from what the first wrote', async () => {
  const { registry, remote } = withRemote(box, 'clones');
  registry.git('clone', '--quiet', remote.dir, join(box.root, 'other'));
  const clones = [registry, box.at('other')];
  const stages = ['dev', 'prod'] as const;
  const runs = await Promise.all(
    clones.map(({ dir }, index) => regIn(box, dir)('assign', 'churn', stages[index] ?? '', '--push')),
  );
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const [first, second] = remote.tags();
  expect(remote.tags()).toEqual([
    expect.stringMatching(/^churn#dev#[12]$/),
    expect.stringMatching(/^churn#prod#[12]$/),
    'churn@v0.0.1',
  ]);
  expect(first?.at(-1)).not.toBe(second?.at(-1));
  const loser = runs.findIndex(({ stdout }) => stdout.includes('#2'));
  expect(runs[loser]?.stdout).toBe(`churn#${stages[loser]}#2\n`);
  expect(runs[loser]?.stderr).toBe(`fetched from origin first: churn#${stages[1 - loser]}#1, churn@v0.0.1\n`);
  expect(clones[loser]?.tags()).toEqual(remote.tags());
});

test('a push that is overtaken at the last moment starts again', async () => {
  const { registry, remote } = withRemote(box, 'overtaken');
  registry.git('clone', '--quiet', remote.dir, join(box.root, 'faster'));
  const faster = box.at('faster');
  faster.tag('churn@v0.0.1', 'Faster');
  overtake(remote, faster, 'churn@v0.0.1');
  const run = await regIn(box, registry.dir)('register', 'churn', '--force', '--push');
  expect(run).toMatchObject({
    stdout: 'churn@v0.0.2\n',
    stderr: 'fetched from origin first: churn@v0.0.1\nthese are the bytes of churn v0.0.1\n',
  });
  expect(remote.tags()).toEqual(['churn@v0.0.1', 'churn@v0.0.2']);
  expect(registry.tags()).toEqual(remote.tags());
  expect(oidOf(registry, 'churn@v0.0.1')).toBe(oidOf(faster, 'churn@v0.0.1'));
});

test('tags that a lost attempt fetched are listed too', async () => {
  const { registry, remote } = withRemote(box, 'told');
  registry.git('clone', '--quiet', remote.dir, join(box.root, 'faster-still'));
  const faster = box.at('faster-still');
  faster.tag('churn@v0.0.1', 'Faster');
  remote.tag('churn#dev#1', 'Earlier', 'main');
  overtake(remote, faster, 'churn@v0.0.1');
  const run = await regIn(box, registry.dir)('register', 'churn', '--force', '--push');
  expect(run).toMatchObject({ stdout: 'churn@v0.0.2\n', code: 0 });
  expect(registry.tags()).toEqual(['churn#dev#1', 'churn@v0.0.1', 'churn@v0.0.2']);
  for (const name of ['churn#dev#1', 'churn@v0.0.1'])
    expect(run.stderr).toMatch(new RegExp(`fetched from origin first: .*${name}`));
});

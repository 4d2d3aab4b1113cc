import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { hourlyIn, withRemote } from './registry.js';

const box = sandbox();

/** The objects of all tags, by name. */
const oids = ({ git }: Repository): string =>
  git('for-each-ref', '--format=%(objectname) %(refname)', 'refs/tags');

/** Registries with their remotes by the commands that were run in them. */
const told = new Map<string, ReturnType<typeof withRemote>>();

/** Copies a registry with its remote, which then is that of the copy. */
function copy({ registry, remote }: ReturnType<typeof withRemote>, name: string) {
  for (const [from, to] of [
    [registry.dir, name],
    [remote.dir, `${name}.git`],
  ] as const)
    cpSync(from, join(box.root, to), { recursive: true });
  const copied = { registry: box.at(name), remote: box.at(`${name}.git`) };
  const config = join(copied.registry.dir, '.git/config');
  writeFileSync(config, readFileSync(config, 'utf8').replace(remote.dir, copied.remote.dir));
  return copied;
}

/** One in which these commands were run, one an hour; those that begin alike are told once. */
async function tell(...commands: string[]): Promise<ReturnType<typeof withRemote>> {
  const key = commands.join('; ');
  const known = told.get(key);
  if (known !== undefined) return known;
  const last = commands.at(-1);
  const name = `told-${told.size}`;
  const made =
    last === undefined
      ? withRemote(box, name)
      : copy(await tell(...commands.slice(0, -1)), `${name}-${commands.length}`);
  told.set(key, made);
  if (last === undefined) return made;
  const [run] = await hourlyIn(box, made.registry)(last);
  if (run?.code !== 0) throw new Error(run?.stderr);
  return made;
}

/** A registry with a remote, and the commands that were run in it, one an hour, none of them pushed unless they say so. */
async function withLocal(name: string, ...commands: string[]) {
  const made = copy(await tell(...commands), name);
  box.advance(3600);
  return { ...made, reg: regIn(box, made.registry.dir), json: jsonIn(box, made.registry.dir) };
}

/** What someone else pushes meanwhile: a tag of their own, on what the remote has. */
const elsewhere = (remote: Repository, ...names: string[]): void => {
  for (const name of names) remote.tag(name, 'Written elsewhere', 'main');
};

test('an assignment takes along the registration that it needs', async () => {
  const { registry, remote, reg } = await withLocal('needs', 'register churn');
  registry.commit({ 'notes.txt': 'not pushed' });
  const rows = JSON.parse((await reg('assign', 'churn@v0.0.1', 'prod', '--push', '--json')).stdout);
  expect(rows).toMatchObject([
    { tag: 'churn@v0.0.1', created: false, pushed: true },
    { tag: 'churn#prod#1', created: true, pushed: true },
  ]);
  expect(oids(remote)).toBe(oids(registry));
  expect(await reg('status')).toMatchObject({ stdout: '', code: 0 });
  expect(await regIn(box, remote.dir)('which', 'churn', 'prod')).toMatchObject({ stdout: 'v0.0.1\n' });
});

test('as text the answer is the tags of the write, and a note names the others', async () => {
  const { reg } = await withLocal('text', 'register churn', 'assign churn dev');
  const dry = await reg('assign', 'churn@v0.0.1', 'prod', '--push', '--dry-run');
  const run = await reg('assign', 'churn@v0.0.1', 'prod', '--push');
  expect(transcript(dry, run)).toMatchInlineSnapshot(`
    "$ reg assign churn@v0.0.1 prod --push --dry-run
    churn#prod#2
    -- stderr --
    to be pushed with it: churn@v0.0.1, churn#dev#1
    no event was written: this is a dry run

    $ reg assign churn@v0.0.1 prod --push
    churn#prod#2
    -- stderr --
    pushed with it: churn@v0.0.1, churn#dev#1
    "
  `);
});

test.each([
  ['register', ['register churn'], 'register churn'],
  ['register --version', ['register churn 1.0.0'], 'register churn 1.0.0'],
  ['register --bump', ['register churn --bump minor'], 'register churn --bump minor'],
  ['assign', ['assign churn prod'], 'assign churn prod'],
  ['assign of a version', ['register churn', 'assign churn@v0.0.1 prod'], 'assign churn@v0.0.1 prod'],
  ['unassign', ['assign churn prod --push', 'unassign churn prod'], 'unassign churn prod'],
  [
    'unassign of a version',
    ['assign churn prod', 'unassign churn@v0.0.1 prod'],
    'unassign churn@v0.0.1 prod',
  ],
  ['deregister', ['register churn --push', 'deregister churn@v0.0.1'], 'deregister churn@v0.0.1'],
  [
    'deregister of what was never pushed',
    ['register churn', 'deregister churn@v0.0.1'],
    'deregister churn@v0.0.1',
  ],
  ['deprecate', ['register churn --push', 'deprecate churn'], 'deprecate churn'],
  [
    'rollback',
    [
      'register churn --version 1.0.0',
      'assign churn@1.0.0 prod',
      'register churn --version 2.0.0 --force',
      'assign churn@2.0.0 prod --push',
      'rollback churn prod',
    ],
    'rollback churn prod',
  ],
  [
    'unassign, and something else since',
    ['assign churn prod --push', 'unassign churn prod', 'assign churn@v0.0.1 dev'],
    'unassign churn prod',
  ],
])('done again with --push, %s is pushed and not written twice', async (name, commands, again) => {
  const { registry, remote, reg } = await withLocal(name.replaceAll(' ', '-'), ...commands);
  const before = oids(registry);
  const run = await reg(...again.split(' '), '--push', '--json');
  expect(run.code, run.stderr).toBe(0);
  const rows = JSON.parse(run.stdout);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toMatchObject({ created: false, pushed: true });
  expect(oids(registry)).toBe(before);
  expect(oids(remote)).toBe(before);
});

test('an unassignment that was pushed is not taken for the one that is asked for now', async () => {
  const { registry, remote, reg } = await withLocal(
    'second',
    'register churn 1.0.0',
    'register churn 2.0.0 --force',
    'assign churn@1.0.0 prod',
    'assign churn@2.0.0 prod',
    'unassign churn@2.0.0 prod --push',
  );
  expect(await reg('unassign', 'churn', 'prod', '--push')).toMatchObject({
    stdout: 'churn#prod!#4\n',
    code: 0,
  });
  expect(oids(remote)).toBe(oids(registry));
});

test('a second unassignment is not written where the first one only has to be pushed', async () => {
  const { registry, remote, reg } = await withLocal(
    'not-second',
    'register churn 1.0.0',
    'register churn 2.0.0 --force',
    'assign churn@1.0.0 prod',
    'assign churn@2.0.0 prod --push',
    'unassign churn@2.0.0 prod',
  );
  expect(await reg('unassign', 'churn@2.0.0', 'prod', '--push')).toMatchObject({
    stdout: 'churn#prod!#3\n',
    code: 0,
  });
  expect(oids(remote)).toBe(oids(registry));
  expect(await reg('which', 'churn', 'prod')).toMatchObject({ stdout: 'v1.0.0\n' });
});

test('what was undone here since is written again', async () => {
  const { registry, remote, reg } = await withLocal(
    'undone',
    'assign churn prod --push',
    'unassign churn prod',
    'assign churn prod',
  );
  expect(await reg('unassign', 'churn', 'prod', '--push')).toMatchObject({
    stdout: 'churn#prod!#4\n',
    code: 0,
  });
  expect(oids(remote)).toBe(oids(registry));
});

test('what holds at the remote already still takes along what was written here since', async () => {
  const { registry, remote, reg } = await withLocal(
    'holds',
    'assign churn prod --push',
    'assign churn@v0.0.1 dev',
  );
  expect(await reg('assign', 'churn@v0.0.1', 'prod', '--push')).toMatchObject({
    stdout: 'churn#prod#1\n',
    code: 0,
  });
  expect(oids(remote)).toBe(oids(registry));
});

test('older tags that the remote lacks are named and not pushed, but for the registration that is needed', async () => {
  const { registry, remote, reg } = await withLocal(
    'older',
    'register churn 1.0.0',
    'register churn 2.0.0 --force',
    'assign churn@1.0.0 dev',
  );
  elsewhere(remote, 'churn@v3.0.0', 'churn#qa#1');
  box.advance(3600);
  const run = await reg('assign', 'churn@v1.0.0', 'prod', '--push');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg assign churn@v1.0.0 prod --push
    churn#prod#2
    -- stderr --
    fetched from origin first: churn#qa#1, churn@v3.0.0
    pushed with it: churn@v1.0.0
    origin lacks earlier tags, not pushed because they may have been deleted there: churn#dev#1, churn@v2.0.0; to push all the same: reg sync
    "
  `);
  expect(remote.tags()).toEqual(['churn#prod#2', 'churn#qa#1', 'churn@v1.0.0', 'churn@v3.0.0']);
  expect(registry.tags()).toContain('churn@v2.0.0');
});

test('a local assignment that came before is decided again, on the events of the remote', async () => {
  const { remote, reg } = await withLocal('again', 'register churn --push', 'assign churn@v0.0.1 prod');
  elsewhere(remote, 'churn#dev#1');
  box.advance(3600);
  expect(await reg('assign', 'churn@v0.0.1', 'prod', '--push')).toMatchObject({
    stdout: 'churn#prod#2\n',
    code: 0,
  });
  expect(remote.tags()).toEqual(['churn#dev#1', 'churn#prod#2', 'churn@v0.0.1']);
});

test('a hint names the registration that an assignment needs', async () => {
  const { reg } = await withLocal('hint', 'register churn');
  expect((await reg('assign', 'churn@v0.0.1', 'prod')).stderr).toBe(
    "hint: git push origin refs/tags/churn@v0.0.1 'refs/tags/churn#prod#1'\n",
  );
  expect((await reg('register', 'churn', '--push')).code).toBe(0);
  expect((await reg('register', 'churn')).stderr).not.toContain('hint');
});

test('a deletion takes nothing along', async () => {
  const { remote, reg } = await withLocal(
    'deletion',
    'register churn --push',
    'assign churn@v0.0.1 prod',
    'assign churn@v0.0.1 dev',
  );
  const run = await reg('unassign', 'churn', 'prod', '--delete', '--yes', '--push');
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(remote.tags()).toEqual(['churn@v0.0.1']);
});

test('a local assignment that the policy of the remote refuses does not get there with another push', async () => {
  const { registry, remote, reg } = await withLocal('policy', 'register churn --push');
  registry.commit({ '.reg.yaml': 'policy: {prod: {by: [bo@example.com]}}\n' });
  expect((await reg('assign', 'churn@v0.0.1', 'prod', '--offline')).code).toBe(0);
  registry.git('push', '--quiet', 'origin', 'main');
  box.advance(3600);
  const run = await reg('assign', 'churn@v0.0.1', 'dev', '--push');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg assign churn@v0.0.1 dev --push
    -- stderr --
    error: churn#prod#1 is only here, and cannot be pushed with it: ann@example.com may not change prod of churn
    hint: ask one of those who may: bo@example.com; or take it back here: git tag --delete 'churn#prod#1'
    -- exit 1 --
    "
  `);
  expect(remote.tags()).toEqual(['churn@v0.0.1']);
  expect(registry.tags()).toEqual(['churn#prod#1', 'churn@v0.0.1']);
});

test('an approval is pushed where the version is, and not before', async () => {
  const { remote, reg } = await withLocal('approval', 'register churn');
  const run = await reg('approve', 'churn@v0.0.1', 'prod', '--push');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg approve churn@v0.0.1 prod --push
    -- stderr --
    error: churn v0.0.1 is registered here, and not at origin
    hint: push its registration first: git push origin refs/tags/churn@v0.0.1
    -- exit 1 --
    "
  `);
  expect(await reg('approve', 'churn@v0.0.1', 'prod')).toMatchObject({ code: 0 });
  expect(await reg('register', 'churn', '--push')).toMatchObject({ code: 0 });
  expect(await reg('approve', 'churn@v0.0.1', 'prod', '--push')).toMatchObject({ code: 0 });
  expect(remote.tags()).toHaveLength(2);
});

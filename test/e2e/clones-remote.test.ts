import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();

/** A bare registry with two events, and a clone of it that lacks them. */
function makeClone(name: string, ...options: string[]): { origin: Repository; clone: Repository } {
  const source = makeRegistry(box, `${name}-source`, 'churn');
  tagHourly(box, source, 'churn@v1.0.0', 'churn#prod#1');
  source.git('clone', '--quiet', '--bare', '.', join(box.root, `${name}.git`));
  const origin = box.at(`${name}.git`);
  origin.git('clone', '--quiet', '--no-tags', ...options, '.', join(box.root, name));
  const clone = box.at(name);
  clone.commit({ 'model.bin': 'another model' });
  return { origin, clone };
}

test('offline a write decides on what is here, and says so', async () => {
  const { clone } = makeClone('offline');
  expect(
    transcript(await regIn(box, clone.dir)('assign', 'churn', 'prod', '--offline')),
  ).toMatchInlineSnapshot(`
    "$ reg assign churn prod --offline
    churn@v0.0.1
    churn#prod#1
    -- stderr --
    origin was not asked: what it has may change the answer
    hint: git push origin refs/tags/churn@v0.0.1 'refs/tags/churn#prod#1'
    "
  `);
});

test('a push that is to stay offline is a mistake', async () => {
  const { clone } = makeClone('both');
  const run = await regIn(box, clone.dir)('register', 'churn', '--offline', '--push');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg register churn --offline --push
    -- stderr --
    error: a push cannot stay offline
    hint: leave out --offline
    -- exit 2 --
    "
  `);
  clone.commit({ '.reg.yaml': 'push: true\n' });
  const configured = await regIn(box, clone.dir)('register', 'churn', '--offline');
  expect(configured).toMatchObject({ stdout: 'churn@v0.0.1\n', code: 0 });
  expect(box.at('both.git').tags()).not.toContain('churn@v0.0.1');
});

describe('a remote that cannot be reached', () => {
  const { origin, clone } = makeClone('lonely');
  rmSync(origin.dir, { recursive: true });
  const reg = regIn(box, clone.dir);

  test.each([[[]], [['--dry-run']], [['--push']]])('ends a write with %j', async (options) => {
    const run = await reg('register', 'churn', ...options, '--json');
    expect(run).toMatchObject({ stdout: '', code: 4 });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'REMOTE_FAILED' } });
    expect(clone.tags()).toEqual([]);
  });

  test('says how to write all the same', async () => {
    expect((await reg('register', 'churn')).stderr).toMatch(/^hint: .*--offline/m);
  });

  test('keeps no question from its answer', async () => {
    clone.tag('churn@v0.0.1');
    const note =
      'tags of origin may be missing in this clone, because it fetches no tags; ask with --fetch, or get them with: reg sync\n';
    expect(await reg('latest', 'churn')).toMatchObject({ stdout: 'v0.0.1\n', stderr: note, code: 0 });
    for (const option of ['--offline', '--quiet'])
      expect(await reg('latest', 'churn', option)).toMatchObject({ stdout: 'v0.0.1\n', stderr: '', code: 0 });
    expect((await reg('latest', 'churn', '--fetch')).code).toBe(4);
  });

  test('is not missed offline', async () => {
    clone.commit({ 'model.bin': 'a third model' });
    expect((await reg('register', 'churn', '--offline')).stdout).toBe('churn@v0.0.2\n');
  });
});

test('a repository without a remote is complete in itself', async () => {
  const registry = makeRegistry(box, 'alone', 'churn');
  const reg = regIn(box, registry.dir);
  expect(transcript(await reg('register', 'churn', '-q'))).toMatchInlineSnapshot(`
    "$ reg register churn -q
    churn@v0.0.1
    "
  `);
  registry.commit({ 'model.bin': 'another model' });
  const offline = await reg('register', 'churn', '--offline');
  expect(offline).toMatchObject({ stdout: 'churn@v0.0.2\n', code: 0 });
  expect(offline.stderr).not.toContain('was not asked');
});

test('the remote that git’s configuration names is asked, and no other', async () => {
  const { origin, clone } = makeClone('upstream', '--origin=upstream');
  clone.git('remote', 'add', 'origin', join(box.root, 'nowhere'));
  clone.git('config', 'reg.remote', 'upstream');
  const reg = regIn(box, clone.dir);
  expect(
    transcript(await reg('register', 'churn'), await reg('assign', 'churn', 'dev', '--push')),
  ).toMatchInlineSnapshot(`
    "$ reg register churn
    churn@v1.0.1
    -- stderr --
    fetched from upstream first: churn#prod#1, churn@v1.0.0
    hint: git push upstream refs/tags/churn@v1.0.1

    $ reg assign churn dev --push
    churn#dev#2
    -- stderr --
    pushed with it: churn@v1.0.1
    "
  `);
  expect(origin.tags()).toEqual(['churn#dev#2', 'churn#prod#1', 'churn@v1.0.0', 'churn@v1.0.1']);
});

test('the remote of the branch is asked, and a write goes to remote.pushDefault first', async () => {
  const { origin, clone } = makeClone('tracking');
  const reg = regIn(box, clone.dir);
  clone.git('remote', 'add', 'other', join(box.root, 'nowhere'));
  clone.git('config', 'branch.main.remote', 'other');
  expect((await reg('status')).stderr).toMatch(/^error: cannot reach other: /);
  clone.git('config', 'remote.pushDefault', 'origin');
  expect((await reg('status')).stderr).toMatch(/^error: cannot reach other: /);
  expect((await reg('register', 'churn', '--push')).stdout).toBe('churn@v1.0.1\n');
  expect(origin.tags()).toContain('churn@v1.0.1');
});

test('a remote that a file of the checkout names is not asked', async () => {
  const { origin, clone } = makeClone('chosen');
  clone.git('remote', 'add', 'other', join(box.root, 'nowhere'));
  clone.commit({ '.reg.yaml': 'remote: other\n' });
  const run = await regIn(box, clone.dir)('register', 'churn', '--push');
  expect(run).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  expect(run.stderr).toBe(
    'warning: .reg.yaml:1: remote: is ignored, because the configuration of git names the remote\n' +
      'hint: where you trust other, name it with: git config reg.remote other\n' +
      'fetched from origin first: churn#prod#1, churn@v1.0.0\n',
  );
  expect(origin.tags()).toContain('churn@v1.0.1');
});

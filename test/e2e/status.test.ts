import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
let origin: Repository;
let clone: Repository;
let count = 0;
/** A registry with two events, and a clone of it; other tags are nobody's business. */
beforeEach(() => {
  count += 1;
  origin = makeRegistry(box, `origin-${count}`, 'churn');
  tagHourly(box, origin, 'churn@v1.0.0', 'churn#prod#1', 'release-2020');
  origin.git('clone', '--quiet', '.', join(box.root, `clone-${count}`));
  clone = box.at(`clone-${count}`);
});
const oid = ({ git }: Repository, tag: string): string => git('rev-parse', `refs/tags/${tag}`);
const status = (...args: string[]) => regIn(box, clone.dir)('status', ...args);

test('the same tags on both sides', async () => {
  expect(transcript(await regIn(box, clone.dir, { REG_REMOTE: 'origin' })('status'))).toMatchInlineSnapshot(`
    "$ reg status
    -- stderr --
    this repository and origin hold the same events
    "
  `);
  expect(await status('--json')).toMatchObject({ stdout: '[]\n', code: 0 });
});

test('each way in which tags differ, by name', async () => {
  const { there } = makeDifferences();
  expect(transcript(await regIn(box, clone.dir, { REG_REMOTE: 'origin' })('status'))).toMatchInlineSnapshot(`
    "$ reg status
    local-only	churn#dev#2	<oid 1, short>	-
    differs	churn#prod#1	<oid 2, short>	<oid 3, short>
    remote-only	churn@v1.0.0	<oid 4, short>	<oid 5, short>
    remote-only	fraud@v1.0.0	-	<oid 6, short>
    -- stderr --
    hint: reg sync
    -- exit 1 --
    "
  `);
  expect(clone.tags()).not.toContain('fraud@v1.0.0');
  expect(await jsonIn(box, clone.dir)('status')).toEqual([
    { tag: 'churn#dev#2', state: 'local-only', local: oid(clone, 'churn#dev#2'), remote: null },
    { tag: 'churn#prod#1', state: 'differs', local: oid(clone, 'churn#prod#1'), remote: there },
    {
      tag: 'churn@v1.0.0',
      state: 'remote-only',
      local: clone.git('rev-parse', 'main'),
      remote: oid(origin, 'churn@v1.0.0'),
    },
    { tag: 'fraud@v1.0.0', state: 'remote-only', local: null, remote: oid(origin, 'fraud@v1.0.0') },
  ]);
});

/** One tag of each kind, and some that are no events on either side. */
function makeDifferences(): { there: string } {
  clone.tag('churn#dev#2');
  const there = origin.tag('churn#prod#1', 'Moved', '--force');
  clone.git('tag', '--force', 'churn@v1.0.0', 'main');
  origin.tag('fraud@v1.0.0');
  for (const { git } of [clone, origin]) {
    git('tag', 'fraud@v2.0.0');
    git('tag', 'churn@v1');
  }
  clone.git('tag', 'fraud@v3.0.0');
  origin.git('tag', 'fraud@v4.0.0');
  clone.tag('release-2021');
  origin.tag('release-2022');
  return { there };
}

test('of a tag that was here the hint says how to delete it there too', async () => {
  clone.git('tag', '--delete', 'churn#prod#1');
  expect((await status()).stderr).toBe(
    "hint: reg sync; or, for tags that were deleted here on purpose: git push --delete origin 'refs/tags/churn#prod#1'\n",
  );
});

test('the remote is the one that REG_REMOTE names, or the only one', async () => {
  clone.git('remote', 'rename', 'origin', 'upstream');
  expect(transcript(await regIn(box, clone.dir, { REG_REMOTE: 'origin' })('status'))).toMatchInlineSnapshot(`
    "$ reg status
    -- stderr --
    error: this repository has no remote 'origin'
    hint: add it with: git remote add origin URL
    -- exit 1 --
    "
  `);
  clone.tag('churn#dev#2');
  expect(await status()).toMatchObject({
    stdout: expect.stringMatching(/^local-only\tchurn#dev#2\t/),
    code: 1,
  });
});

test('a remote that cannot be reached is no answer', async () => {
  rmSync(origin.dir, { recursive: true });
  const run = await status('--json');
  expect(run).toMatchObject({ stdout: '', code: 4 });
  expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'REMOTE_FAILED' } });
});

test('a tag whose object is gone spoils nothing', async () => {
  clone.writeTagRef('churn@v2.0.0', `${'12'.repeat(20)}\n`);
  origin.tag('fraud@v1.0.0');
  const { stdout, code } = await status();
  expect(stdout.split('\n')).toContainEqual(expect.stringMatching(/^remote-only\tfraud@v1\.0\.0\t/));
  expect(code).toBe(1);
});

test('a bare clone, a shallow one, and one that has tags of no kind', async () => {
  for (const [kind, ...options] of [
    ['bare', '--bare'],
    ['shallow', '--depth=1'],
    ['none', '--no-tags'],
  ]) {
    const dir = join(box.root, `${kind}-${count}`);
    origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, dir);
    const { stdout, code } = await regIn(box, dir)('status');
    const missing = kind === 'none' ? ['churn#prod#1', 'churn@v1.0.0'] : [];
    expect(stdout).toBe(
      missing.map((tag) => `remote-only\t${tag}\t-\t${oid(origin, tag).slice(0, 12)}\n`).join(''),
    );
    expect(code).toBe(kind === 'none' ? 1 : 0);
  }
});

test('where syncing does not help, no hint proposes it', async () => {
  origin.tag('churn#prod#1', 'Moved', '--force');
  const { stderr, code } = await status();
  expect(stderr).toContain("git fetch origin '+refs/tags/churn#prod#1:refs/tags/churn#prod#1'");
  expect(code).toBe(1);
});

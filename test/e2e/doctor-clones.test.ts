import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { findingsIn, pasteFix } from './findings.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
/** A registry of two commits, and a clone of it. */
function makeClone(name: string, ...options: string[]): { origin: Repository; clone: Repository } {
  const origin = makeRegistry(box, `${name}-origin`, 'churn');
  tagHourly(box, origin, 'churn@v1.0.0', 'churn#prod#1');
  origin.commit();
  tagHourly(box, origin, 'churn@v1.1.0');
  origin.git('clone', '--quiet', ...options, `file://${origin.dir}`, join(box.root, name));
  return { origin, clone: box.at(name) };
}
const briefly = async (clone: Repository, ...args: string[]) =>
  (await findingsIn(box, clone, ...args)).map(({ check, subject, fix }) => [check, subject, fix]);
const fetched = (from: string, tag: string, plus = ''): string => {
  const refspec = `${plus}refs/tags/${tag}:refs/tags/${tag}`;
  return `git fetch --no-tags ${from} ${/[#!]/.test(tag) ? `'${refspec}'` : refspec}`;
};

test('a whole clone has no fault', async () => {
  expect(await briefly(makeClone('whole').clone)).toEqual([]);
});

test('a lightweight tag that the remote has too is deleted at both, or it would come back', async () => {
  const { origin, clone } = makeClone('light');
  origin.git('tag', 'churn@v9.9.9');
  clone.git('fetch', '--quiet', '--tags');
  const fix = 'git push --delete origin refs/tags/churn@v9.9.9 && git update-ref -d refs/tags/churn@v9.9.9';
  expect(await briefly(clone)).toEqual([['lightweight', 'churn@v9.9.9', fix]]);
  clone.git('update-ref', '-d', 'refs/tags/churn@v9.9.9');
  expect(await briefly(clone)).toEqual([['only-at-remote', 'churn@v9.9.9', null]]);
  clone.git('fetch', '--quiet', '--tags');
  pasteFix(box, clone, fix);
  expect(await briefly(clone)).toEqual([]);
});

test('a clone of depth 1: one command gets everything', async () => {
  const { origin, clone } = makeClone('shallow', '--depth=1');
  const fix = 'git fetch --unshallow --tags';
  expect(await briefly(clone)).toEqual([
    ['shallow', null, fix],
    ['only-at-remote', null, 'reg sync'],
  ]);
  pasteFix(box, clone, fix);
  expect(await briefly(clone)).toEqual([]);
  expect(clone.tags()).toEqual(origin.tags());
});

test('a shallow clone with all tags lacks commits by design, and says so once', async () => {
  const { clone } = makeClone('cut', '--depth=1');
  clone.git('fetch', '--quiet', '--depth=1', 'origin', 'refs/tags/*:refs/tags/*');
  expect(await briefly(clone)).toEqual([['shallow', null, 'git fetch --unshallow --tags']]);
  // it is no fault, and CI goes on
  expect(await regIn(box, clone.dir)('doctor')).toMatchObject({
    stdout: expect.stringMatching(/^info\tshallow\t-\t[^\n]*\n$/),
    code: 0,
  });
});

test('a clone without tags: one finding, whose fix gets them', async () => {
  const { origin, clone } = makeClone('untagged', '--no-tags');
  const findings = await findingsIn(box, clone);
  expect(findings.map(({ check, subject }) => [check, subject])).toEqual([['only-at-remote', null]]);
  expect(findings[0]?.fix).toBe('reg sync');
  await regIn(box, clone.dir)('sync');
  expect(await briefly(clone)).toEqual([]);
  expect(clone.tags()).toEqual(origin.tags());
});

test('a tag that the remote has otherwise', async () => {
  const { origin, clone } = makeClone('differs');
  origin.git('tag', '--force', '--annotate', '--message', 'Moved', 'churn#prod#1', 'HEAD');
  const fix = fetched('origin', 'churn#prod#1', '+');
  expect(await briefly(clone)).toEqual([['differs-from-remote', 'churn#prod#1', fix]]);
  pasteFix(box, clone, fix);
  expect(await briefly(clone)).toEqual([]);
  expect(clone.git('rev-parse', 'refs/tags/churn#prod#1')).toBe(
    origin.git('rev-parse', 'refs/tags/churn#prod#1'),
  );
});

test('an annotated tag that a checkout in CI left as a lightweight one', async () => {
  const { origin, clone } = makeClone('checkout');
  const commit = origin.git('rev-parse', 'churn@v1.1.0^{commit}');
  clone.git('fetch', '--quiet', '--no-tags', 'origin', `+${commit}:refs/tags/churn@v1.1.0`);
  expect((await regIn(box, clone.dir)('latest', 'churn', '--offline')).stdout).toBe('v1.0.0\n');
  const offline = await regIn(box, clone.dir)('doctor', '--offline');
  expect(offline.stdout).toContain('reg sync'); // the remote may hold it annotated: not to be deleted
  expect(offline.stdout).not.toContain('update-ref');
  const findings = await findingsIn(box, clone);
  expect(findings.map(({ check, subject }) => [check, subject])).toContainEqual([
    'lightweight',
    'churn@v1.1.0',
  ]);
  for (const { fix } of findings) expect(fix).toBe(fetched('origin', 'churn@v1.1.0', '+'));
  pasteFix(box, clone, findings[0]?.fix ?? '');
  expect(await briefly(clone)).toEqual([]);
  expect((await regIn(box, clone.dir)('latest', 'churn')).stdout).toBe('v1.1.0\n');
});

test('a tag that is only here is not pushed yet, and no fault', async () => {
  const { clone } = makeClone('ahead');
  expect((await regIn(box, clone.dir)('assign', 'churn@v1.1.0', 'prod')).code).toBe(0);
  expect(await briefly(clone)).toEqual([]);
});

test('the only remote is asked, under any name', async () => {
  const { clone } = makeClone('renamed', '--no-tags', '--origin=upstream');
  expect(await briefly(clone)).toEqual([['only-at-remote', null, 'reg sync']]);
  const [finding] = await findingsIn(box, clone);
  expect(finding?.message).toMatch(/^upstream has 3 tags /);
});

test('a remote that cannot be reached is a warning; offline it is not asked', async () => {
  const { origin, clone } = makeClone('lonely', '--no-tags');
  expect(await briefly(clone, '--offline')).toEqual([]);
  rmSync(origin.dir, { recursive: true });
  expect(await briefly(clone, '--offline')).toEqual([]);
  const run = await regIn(box, clone.dir)('doctor');
  expect(run.stdout).toMatch(/^warning\tremote\torigin\tcannot reach origin: /);
  expect(await findingsIn(box, clone)).toMatchObject([
    { level: 'warning', check: 'remote', subject: 'origin' },
  ]);
});

test('in words', async () => {
  const { clone } = makeClone('words', '--depth=1', '--no-tags');
  expect(transcript(await regIn(box, clone.dir)('doctor'))).toMatchInlineSnapshot(`
    "$ reg doctor
    info	shallow	-	this clone is shallow: the history of commits is cut off, and tags may be missing: reg sync	git fetch --unshallow --tags
    error	only-at-remote	-	origin has 3 tags of the registry that this clone does not have	reg sync
    -- exit 1 --
    "
  `);
});

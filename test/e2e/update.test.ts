import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

const box = sandbox();
let count = 0;
let research: Repository;
let registry: Repository;
let reg: ReturnType<typeof regIn>;

/** A link to a branch, one to a tag, and one to a commit, each pinned. */
beforeEach(async () => {
  count += 1;
  research = box.repository(`research-${count}`);
  research.commit({ 'm.bin': 'one' });
  research.tag('v1.0.0');
  registry = box.repository(`registry-${count}`);
  reg = regIn(box, registry.dir);
  for (const [artifact = '', rev = ''] of [
    ['branch', 'main'],
    ['tag', 'v1.0.0'],
    ['commit', research.git('rev-parse', 'HEAD')],
  ])
    await reg('link', 'm.bin', artifact, '--source', `../research-${count}`, '--rev', rev);
  registry.commit();
});

const linkOf = (artifact: string): string =>
  readFileSync(join(registry.dir, `${artifact}.model.yaml`), 'utf8');
const goOn = (): string => {
  box.advance(60);
  const commit = research.commit({ 'm.bin': 'two' });
  research.tag('v1.1.0');
  return commit;
};

test('nothing is out of date before the source goes on', async () => {
  expect(transcript(await reg('outdated'))).toMatchInlineSnapshot(`
    "$ reg outdated
    -- stderr --
    every link is up to date
    "
  `);
  expect(transcript(await reg('update'))).toMatchInlineSnapshot(`
    "$ reg update
    -- stderr --
    every link is pinned to that already
    "
  `);
  expect(registry.git('status', '--porcelain')).toBe('');
});

test('a branch that moved and a newer version tag are listed; a commit stays what it is', async () => {
  const before = research.git('rev-parse', 'HEAD');
  const commit = goOn();
  expect(transcript(await reg('outdated'))).toMatchInlineSnapshot(`
    "$ reg outdated
    branch	main	<oid 1, short>	<oid 2, short>	-
    tag	v1.0.0	<oid 1, short>	<oid 1, short>	v1.1.0
    -- stderr --
    hint: reg update branch; reg update tag --rev v1.1.0
    -- exit 1 --
    "
  `);
  expect(await jsonIn(box, registry.dir)('outdated')).toMatchObject([
    {
      artifact: 'branch',
      path: 'branch.model.yaml',
      commit: before,
      now: commit,
      newer: null,
      problem: null,
    },
    { artifact: 'tag', commit: before, now: before, newer: 'v1.1.0', problem: null },
  ]);
  expect((await reg('outdated', 'commit')).code).toBe(0);
});

test('updating pins a branch again, and leaves everything else as it is', async () => {
  registry.commit({
    '.reg.yaml': 'revs: floating\n',
    'branch.model.yaml': `# ours\n${linkOf('branch')}labels: {team: a} # keep\n`,
  });
  const commit = goOn();
  const { stdout, stderr, code } = await reg('update');
  expect({ stdout, code }).toEqual({ stdout: 'branch.model.yaml\n', code: 0 });
  expect(stderr).toContain('git add branch.model.yaml');
  const text = linkOf('branch');
  expect(text).toContain(`commit: ${commit}`);
  expect(text).toContain(`sha256: ${sha256('two')}`);
  expect(text).toMatch(/^# ours\n[\s\S]*labels: \{ ?team: a ?\} # keep\n$/);
  expect((await reg('validate')).code).toBe(0);
  expect(registry.git('status', '--porcelain')).toBe(' M branch.model.yaml');
});

test('another rev is written down', async () => {
  const commit = goOn();
  expect(await jsonIn(box, registry.dir)('update', 'tag', '--rev', 'v1.1.0')).toEqual([
    {
      artifact: 'tag',
      path: 'tag.model.yaml',
      from: research.git('rev-parse', 'HEAD~1'),
      to: commit,
      sha256: sha256('two'),
      size: 3,
      changed: true,
      dropped: [],
    },
  ]);
  expect(linkOf('tag')).toMatch(/rev: v1\.1\.0\n/);
});

test('nothing is written unless every link can be', async () => {
  goOn();
  const commit = '1'.repeat(40);
  registry.commit({
    'gone.model.yaml': `source: {repo: ../nowhere, rev: main, commit: "${commit}", path: m}\n`,
  });
  expect(await reg('update')).toMatchObject({ stdout: '', code: 1 });
  expect(registry.git('status', '--porcelain')).toBe('');
  const { stdout, stderr, code } = await reg('outdated');
  expect(stdout).toContain('branch\tmain');
  expect(stderr).toContain('gone: there is no git repository');
  expect(code).toBe(1);
});

test.each([
  ['a link to a commit of this repository', ['here'], 1, 'no rev that it could be pinned to'],
  ['an artifact without a link', ['chrun'], 1, 'there is no chrun.model.yaml'],
  ['a rev that is not there', ['branch', '--rev', 'nope'], 1, "'nope' names no commit"],
  ['a rev for a URL', ['stored', '--rev', 'v1'], 2, 'has no revs'],
])('%s', async (_what, args, code, message) => {
  registry.commit({
    'here.model.yaml': `source: {commit: "${'1'.repeat(40)}", path: m.bin}\n`,
    'stored.model.yaml': 'source: {url: "./m.bin"}\n',
  });
  const run = await reg('update', ...args);
  expect(run).toMatchObject({ stdout: '', code });
  expect(run.stderr).toContain(message);
  expect(registry.git('status', '--porcelain')).toBe('');
});

test.each(['update', 'link', 'upload'])(
  '%s changes the lines of its values, and no letter more',
  async (command) => {
    const path = 'branch.model.yaml';
    const before = linkOf('branch')
      .replace(/^(reg|type): .*\n/gm, '')
      .replace('rev: main', "rev:   'main'   # of the team");
    const mine = `\ufeff# by Ann\n${before}labels: {team: a}   # short`.replaceAll('\n', '\r\n');
    writeFileSync(join(registry.dir, path), mine);
    registry.commit();
    goOn();
    writeFileSync(join(registry.dir, 'n.bin'), 'two');
    const typed: Record<string, string[]> = {
      update: ['update', 'branch'],
      link: ['link', 'm.bin', 'branch', '--source', `../research-${count}`, '--rev', 'main', '--force'],
      upload: ['upload', 'n.bin', 'branch', '--store', './store'],
    };
    expect(await reg(...(typed[command] ?? []))).toMatchObject({ code: 0 });
    // the commit and the digest; the size is the same, and a store has neither repository nor commit
    const [added, removed] = command === 'upload' ? ['2', '5'] : ['2', '2'];
    expect(registry.git('diff', '--numstat', '--', path)).toBe(`${added}\t${removed}\t${path}`);
    const others = (text: string): string =>
      text.replaceAll(/^ *(repo|rev|commit|path|url|sha256):[^\n]*\n/gm, '');
    expect(others(linkOf('branch'))).toBe(others(mine));
  },
);

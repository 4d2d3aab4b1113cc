import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makePlain, tagHourly } from './registry.js';

const box = sandbox();

/** A fork without tags, cloned as `origin`; `upstream` has two events of `churn`. */
let fork: Repository;
let clone: Repository;
let reg: ReturnType<typeof regIn>;

beforeAll(() => {
  const source = makePlain(box, 'upstream', 'churn', 'fresh');
  tagHourly(box, source, 'churn@v1.0.0', 'churn#prod#1');
  source.git('clone', '--quiet', '--bare', '--no-tags', '.', join(box.root, 'fork.git'));
  fork = box.at('fork.git');
  for (const tag of fork.tags()) fork.git('tag', '--delete', tag);
  clone = cloneOf('clone');
  reg = regIn(box, clone.dir);
});

function cloneOf(name: string): Repository {
  fork.git('clone', '--quiet', '.', join(box.root, name));
  const made = box.at(name);
  made.git('remote', 'add', 'upstream', join(box.root, 'upstream'));
  made.commit({ 'artifacts.yaml': 'churn: {type: model}\nfresh: {type: model}\n# again\n' });
  return made;
}

describe('a write that would begin a second history', () => {
  test('is refused, with the ways out', async () => {
    expect(transcript(await reg('register', 'churn', '--push'))).toMatchInlineSnapshot(`
      "$ reg register churn --push
      -- stderr --
      error: origin has no tag of churn, and upstream has 2: a write there would begin a second history
      hint: ask upstream with --remote upstream, or always with: git config reg.remote upstream; to begin at origin all the same, add --remote origin
      -- exit 1 --
      "
    `);
  });

  test.each([
    ['register', 'churn'],
    ['register', 'churn', '--push', '--dry-run'],
    ['assign', 'churn', 'prod', '--push'],
    ['deprecate', 'churn'],
    ['approve', 'churn@v1.0.0', 'prod'],
    ['upload', 'artifacts.yaml', 'churn', '--register'],
  ])('%s %s %s', async (...args) => {
    const run = await reg(...args, '--json');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(run.stderr)).toMatchObject({
      error: { code: 'BEHIND_REMOTE', hint: expect.stringContaining('--remote upstream') },
    });
    expect([clone.tags(), fork.tags()]).toEqual([[], []]);
    expect(clone.git('status', '--porcelain')).toBe('');
  });

  test('goes on at the remote that is named, which is asked alone', async () => {
    const run = await reg('register', 'churn', '--push', '--dry-run', '--remote', 'origin');
    expect(run).toMatchObject({ code: 0, stdout: 'churn@v0.0.1\n' });
    const elsewhere = await reg('register', 'churn', '--dry-run', '--remote', 'upstream', '--offline');
    expect(elsewhere).toMatchObject({ code: 0 });
  });

  test('of an artifact that no remote has goes on', async () => {
    expect(await reg('register', 'fresh', '--dry-run')).toMatchObject({ code: 0, stdout: 'fresh@v0.0.1\n' });
  });
});

describe('what reads', () => {
  const NOTE = 'origin has no tag of churn, and upstream has 2: ask upstream with --remote upstream';
  test.each([['status'], ['sync'], ['doctor'], ['validate', '--tags'], ['stages', 'rename', 'prod', 'live']])(
    '%s names the remote that has tags',
    async (...args) => {
      const { stdout, stderr } = await reg(...args);
      expect(stdout + stderr).toContain(NOTE);
      expect(stderr).not.toContain('hold the same events');
    },
  );

  test('check-ref --fetch does too', async () => {
    expect((await reg('check-ref', 'churn@v1.0.0', '--fetch')).stderr).toContain(NOTE);
  });

  test.each([['which', 'churn', 'prod'], ['show'], ['approvals'], ['verify']])(
    '%s asks no remote, and its hint names both',
    async (...args) => {
      expect((await reg(...args)).stderr).toContain(
        'with: reg sync, or from upstream: reg sync --remote upstream',
      );
    },
  );
});

test('a write that stays here goes on where all tags of the other remote are here', async () => {
  const whole = cloneOf('whole');
  whole.git('fetch', '--quiet', '--tags', 'upstream');
  const run = await regIn(box, whole.dir)('register', 'churn', '--dry-run');
  expect(run).toMatchObject({ code: 0, stdout: 'churn@v1.0.1\n' });
  expect(run.stderr).toContain('origin has no tag of churn, and upstream has 2');
  expect(await regIn(box, whole.dir)('register', 'churn', '--push')).toMatchObject({ code: 1 });
});

test('another remote that cannot be reached is a warning', async () => {
  const lonely = cloneOf('lonely');
  lonely.git('remote', 'set-url', 'upstream', join(box.root, 'nowhere'));
  const run = await regIn(box, lonely.dir)('register', 'churn', '--dry-run');
  expect(run).toMatchObject({ code: 0, stdout: 'churn@v0.0.1\n' });
  expect(run.stderr).toMatch(/^warning: upstream may have tags that origin lacks: cannot reach upstream/m);
  const offline = await regIn(box, lonely.dir)('register', 'churn', '--dry-run', '--offline');
  expect(offline.stderr).not.toContain('upstream');
});

describe('reg init --remote', () => {
  test('settles it for reg alone', async () => {
    const settled = cloneOf('settled');
    const own = regIn(box, settled.dir);
    expect(transcript(await own('init', '--remote', 'upstream'))).toMatchInlineSnapshot(`
      "$ reg init --remote upstream
      .reg.yaml
      -- stderr --
      reg uses the remote upstream in this clone (git config reg.remote)
      hint: git add .reg.yaml && git commit -m 'Configure the registry'
      "
    `);
    expect(settled.git('config', 'reg.remote')).toBe('upstream');
    expect((await own('sync')).stdout).toBe('fetched\tchurn#prod#1\nfetched\tchurn@v1.0.0\n');
    expect(await own('register', 'churn', '--dry-run')).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
    expect(await own('status')).toMatchObject({ code: 0 });
    const again = await own('init', '--remote', 'upstream');
    expect(again).toMatchObject({ code: 0, stdout: '.reg.yaml\n' });
    expect(again.stderr).not.toContain('git commit');
    expect(await own('init', '--remote', 'upstream', '--stages', 'dev')).toMatchObject({ code: 1 });
  });

  test('names a remote that is there', async () => {
    expect(await reg('init', '--remote', 'nosuch')).toMatchObject({ code: 1 });
    expect(clone.git('status', '--porcelain')).toBe('');
  });
});

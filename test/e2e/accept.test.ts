import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { type Run, runReg } from '../support/cli-here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';
import { withRemote } from './registry.js';

// a secret is removed from the whole history, as GitHub's guide does it; one story: every test goes on where the one before it ended

const box = sandbox();
const [ann, bo, eve] = ['Ann', 'Bo', 'Eve'].map((name) => person(box, name)) as [
  ReturnType<typeof person>,
  ReturnType<typeof person>,
  ReturnType<typeof person>,
];
const { registry, remote } = withRemote(box, 'registry');
let clone: Repository;
const run = (dir: string, env: Env, ...args: string[]): Promise<Run> => {
  box.advance(60);
  return runReg(box, { cwd: dir, env }, ...args);
};
const good = async (dir: string, env: Env, ...args: string[]): Promise<string> => {
  const { stdout, stderr, code } = await run(dir, env, ...args);
  expect(code, stderr).toBe(0);
  return stdout;
};
const cloned = (name: string): Repository => {
  box.at('').git('clone', '--quiet', `file://${remote.dir}`, join(box.root, name));
  return box.at(name);
};
const goneIn = async ({ dir }: Repository, env: Env = ann.env): Promise<string[]> =>
  (JSON.parse((await run(dir, env, 'verify', '--json')).stdout) as { gone: string | null }[]).flatMap(
    ({ gone }) => gone ?? [],
  );

beforeAll(async () => {
  // git would wait ten seconds for its warning to be read
  box.env.FILTER_BRANCH_SQUELCH_WARNING = '1';
  const reg = (...args: string[]): Promise<string> => good(registry.dir, ann.env, ...args);
  registry.commit({ 'secret.txt': 'hunter2' });
  await reg('register', 'churn', 'HEAD', '--version', 'v1.0.0');
  await reg('assign', 'churn@v1.0.0', 'prod');
  registry.commit({ 'model.bin': 'a later model' });
  await reg('register', 'churn', 'HEAD', '--version', 'v1.1.0');
  await reg('assign', 'churn@v1.1.0', 'prod');
  const filter = 'git rm --quiet --cached --ignore-unmatch secret.txt';
  registry.git(
    '-c',
    'advice.x=false',
    'filter-branch',
    '--index-filter',
    filter,
    '--tag-name-filter',
    'cat',
    '--',
    '--all',
  );
  registry.git('push', '--quiet', '--force', '--all', remote.dir);
  registry.git('push', '--quiet', '--force', '--tags', remote.dir);
  clone = cloned('clone');
});

test('until it is accepted, every clone lacks what the events name', async () => {
  expect(await run(clone.dir, ann.env, 'which', 'churn', 'prod')).toMatchObject({ code: 1 });
  await good(clone.dir, ann.env, 'sync');
  const { code, stdout, stderr } = await run(clone.dir, ann.env, 'verify');
  expect(code).toBe(1);
  expect(stdout).toContain('is gone');
  expect(stderr).toMatch(
    /^hint: accept what was done on purpose: reg verify --accept( [0-9a-f]{12}){3} -m why --push$/m,
  );
});

test('it needs a reason, and ids that are gone', async () => {
  const [first = ''] = await goneIn(clone);
  const accept = (...args: string[]): Promise<Run> => run(clone.dir, ann.env, 'verify', ...args);
  for (const [args, code, message] of [
    [['--accept', first], 2, 'say so with -m'],
    [['--accept', 'f'.repeat(40), '-m', 'why'], 1, 'see what is gone'],
    [['--accept', 'prod', '-m', 'why'], 2, 'not an object id'],
    [['--push'], 2, 'name the tag objects that are gone with --accept'],
  ] as const) {
    const refused = await accept(...args);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(message)]);
  }
  expect((await accept('--accept', first, '-m', 'why', '--dry-run')).stdout).toBe('reg/accept/churn/1\n');
  expect(clone.tags()).not.toContain('reg/accept/churn/1');
});

test('it is accepted by the hint of verify, and pushed', async () => {
  const { stderr } = await run(clone.dir, ann.env, 'verify', 'churn');
  const [, ids = ''] = /--accept (.*) -m why --push$/m.exec(stderr) ?? [];
  const args = ['verify', 'churn', '--accept', ...ids.split(' '), '-m', 'a password was removed', '--push'];
  expect(await good(clone.dir, ann.env, ...args)).toBe('reg/accept/churn/1\n');
  expect(remote.git('cat-file', 'tag', 'reg/accept/churn/1').match(/^Reg-Accept: /gm)).toHaveLength(3);
});

test('once more there is nothing to do', async () => {
  const tag = remote.git('rev-parse', 'refs/tags/reg/accept/churn/1');
  const [, gone = ''] = /^Reg-Accept: \S+ (\S+)/m.exec(remote.git('cat-file', 'tag', tag)) ?? [];
  const again = await run(
    clone.dir,
    bo.env,
    'verify',
    '--accept',
    gone,
    '-m',
    'I saw it too',
    '--push',
    '--json',
  );
  expect(JSON.parse(again.stdout)).toMatchObject([{ oid: tag, email: 'ann@example.com', pushed: true }]);
  expect(again).toMatchObject({ code: 0, stderr: 'it is accepted already\n' });
  expect(remote.tags()).not.toContain('reg/accept/churn/2');
});

describe('then', () => {
  test('verify is clean in every clone, and shows it', async () => {
    for (const dir of [clone.dir, cloned('other').dir]) {
      const { code, stderr } = await run(dir, ann.env, 'verify');
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(
        'ann@example.com accepts 3 gaps with reg/accept/churn/1: a password was removed',
      );
    }
    const rows = JSON.parse(await good(clone.dir, ann.env, 'verify', '--json')) as object[];
    expect(rows).toMatchObject([
      ...Array(3).fill({ problem: null, gone: null, accepted: ['reg/accept/churn/1'] }),
      { problem: null, gone: null, accepted: [] },
    ]);
  });

  test('so are the other checks, and questions are answered', async () => {
    const { dir } = box.at('other');
    expect(await good(dir, ann.env, 'which', 'churn', 'prod')).toBe('v1.1.0\n');
    expect(await good(dir, ann.env, 'which', 'churn', 'prod', '--verify')).toBe('v1.1.0\n');
    expect(await good(dir, { ...ann.env, REG_GIT: 'embedded' }, 'which', 'churn', 'prod')).toBe('v1.1.0\n');
    await good(dir, ann.env, 'validate', '--tags');
    await good(dir, ann.env, 'doctor', '--offline');
    await good(dir, ann.env, 'verify', '--offline');
    await good(dir, ann.env, 'verify', '--repo', `file://${remote.dir}`);
    expect(
      await good(dir, ann.env, 'which', 'churn', 'prod', '--verify', '--repo', `file://${remote.dir}`),
    ).toBe('v1.1.0\n');
  });

  test('work goes on', async () => {
    await good(clone.dir, ann.env, 'unassign', 'churn', 'prod', '--push');
    await good(clone.dir, ann.env, 'verify');
  });
});

test.each<[string, (git: Repository['git']) => void, RegExp]>([
  [
    'moved again',
    (git) => git('tag', '-f', '-a', '-m', 'Moved', 'churn#prod#1', 'HEAD'),
    /churn#prod#1 was moved or recreated: when that was accepted/,
  ],
  ['deleted', (git) => git('tag', '-d', 'churn#prod#1'), /churn#prod#1 was deleted/],
  ['lost after it was accepted', (git) => git('tag', '-d', 'churn#prod#2'), /churn#prod#2 was deleted/],
])('a tag that is %s later is found again', async (what, damage, message) => {
  const later = cloned(`damaged ${what}`);
  damage(later.git);
  const { code, stdout } = await run(later.dir, ann.env, 'verify', '--offline');
  expect([code, stdout]).toEqual([1, expect.stringMatching(message)]);
});

test('a later loss is accepted by the next tag', async () => {
  clone.git('tag', '-d', 'churn#prod#1');
  clone.git('push', '--quiet', '--delete', 'origin', 'churn#prod#1');
  const gone = await goneIn(clone);
  expect(gone).toHaveLength(1);
  expect(await good(clone.dir, ann.env, 'verify', '--accept', ...gone, '-m', 'nor that one', '--push')).toBe(
    'reg/accept/churn/2\n',
  );
  await good(clone.dir, ann.env, 'verify');
});

describe('with a policy', () => {
  let gone: string[];
  const POLICY = 'policy:\n  prod: {by: [ann@example.com], signed: true}\n  dev: {by: [bo@example.com]}\n';
  beforeAll(async () => {
    clone.commit({ '.reg.yaml': POLICY, '.reg-signers': signersFile(ann, bo) });
    clone.git('push', '--quiet', 'origin', 'main');
    gone = await goneIn(clone);
  });

  test('what was accepted by someone who may not counts no more', () => {
    expect(gone).toHaveLength(2);
  });

  test('someone who may change no stage cannot accept', async () => {
    for (const env of [eve.env, eve.signing, ann.env]) {
      const { code, stderr } = await run(
        clone.dir,
        env,
        'verify',
        '--accept',
        ...gone,
        '-m',
        'why',
        '--push',
      );
      expect([code, stderr]).toEqual([1, expect.stringContaining('would not count')]);
    }
    expect(remote.tags()).not.toContain('reg/accept/churn/3');
  });

  test('nor do verified answers count it', async () => {
    const { code, stderr } = await run(clone.dir, ann.env, 'latest', 'churn');
    expect([code, stderr]).toEqual([0, '']);
    const verified = await run(clone.dir, ann.env, 'load', 'churn@v1.1.0', '-o', '-', '--verify');
    expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining('cannot be trusted')]);
  });

  test('nor by hand', async () => {
    const forged = clone.git('cat-file', 'tag', 'reg/accept/churn/2').replace('churn/2', 'churn/9');
    clone.writeRawTag(`${forged}\n`, 'reg/accept/churn/9');
    clone.git('push', '--quiet', 'origin', 'reg/accept/churn/9');
    expect(await goneIn(clone)).toEqual(gone);
    clone.git('push', '--quiet', '--delete', 'origin', 'reg/accept/churn/9');
    clone.git('tag', '-d', 'reg/accept/churn/9');
  });

  test('each stage wants one who may change it', async () => {
    const accept = ['verify', '--accept', ...gone, '-m', 'all of it', '--push'];
    const first = await run(clone.dir, ann.signing, ...accept);
    expect(first).toMatchObject({ code: 0, stdout: 'reg/accept/churn/3\n' });
    expect(first.stderr).toContain('it counts once someone accepts the same who may change dev');
    expect(await goneIn(clone)).toEqual(gone);
    const second = await run(clone.dir, bo.env, ...accept);
    expect(second).toMatchObject({ code: 0, stdout: 'reg/accept/churn/4\n' });
    expect(second.stderr).not.toContain('counts once');
    await good(clone.dir, ann.env, 'verify');
    await good(clone.dir, ann.env, 'load', 'churn@v1.1.0', '-o', '-', '--verify');
  });
});

test('offline nothing is accepted that the remote may still have', async () => {
  const { code, stderr } = await run(
    clone.dir,
    ann.signing,
    'verify',
    '--accept',
    'abcdef0',
    '-m',
    'why',
    '--offline',
  );
  expect([code, stderr]).toEqual([2, expect.stringContaining('leave out --offline')]);
});

test('what the remote still has is not gone', async () => {
  const behind = cloned('behind');
  behind.git('tag', '-d', 'churn#prod#2');
  const [gone = ''] = await goneIn(behind);
  expect(gone).not.toBe('');
  const { code, stderr } = await run(behind.dir, ann.signing, 'verify', '--accept', gone, '-m', 'why');
  expect([code, stderr]).toEqual([1, expect.stringContaining('get it first: reg sync')]);
});

test('a server keeps it, and takes none that would not count', async () => {
  const hook = join(remote.dir, 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' hook pre-receive\n`);
  chmodSync(hook, 0o755);
  const push = (...refspecs: string[]): string => {
    const { stderr } = spawnSync('git', ['push', 'origin', ...refspecs], {
      cwd: clone.dir,
      env: box.env,
      encoding: 'utf8',
    });
    return /^remote: reg: (.*?)\s*$/m.exec(stderr)?.[1] ?? stderr;
  };
  const four = clone.git('cat-file', 'tag', 'reg/accept/churn/4');
  const wrong = four.replace('churn/4', 'churn/5').replace(/bo@example/, 'eve@example');
  clone.writeRawTag(`${wrong}\n`, 'reg/accept/churn/5');
  clone.writeRawTag(`${four.replace('churn/4', 'churn/6')}\n`, 'reg/accept/churn/6');
  clone.git('tag', '-a', '-m', 'none', 'reg/accept/churn/x');
  expect(push('reg/accept/churn/5')).toContain('does not count an acceptance by eve@example.com');
  expect(push('reg/accept/churn/x')).toContain('it is no acceptance: its name cannot be read');
  expect(push('--delete', 'reg/accept/churn/4')).toContain('it is an acceptance, and history is not deleted');
  expect(push('reg/accept/churn/6')).toContain('[new tag]');
  const { stdout } = await run(clone.dir, ann.env, 'validate', '--tags');
  expect(stdout).toContain('reg/accept/churn/x:1: warning: it accepts nothing');
});

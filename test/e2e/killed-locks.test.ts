import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { regIn, startReg } from '../support/cli.js';
import { type Repository, sandbox } from '../support/repo.js';
import { ageLocks, locksIn, signalGroup } from '../support/writers-killed.js';
import { makeRegistry } from './registry.js';

const box = sandbox();

/** A clone and its bare remote. */
function makeClone(name: string): { clone: Repository; remote: Repository } {
  const clone = makeRegistry(box, name, 'churn');
  const remote = box.repository(`${name}.git`, '--bare');
  clone.git('remote', 'add', 'origin', remote.dir);
  clone.git('push', '--quiet', 'origin', 'main');
  return { clone, remote };
}

/** Kills `reg` while git holds the locks of the refs that it is about to write (githooks(5), reference-transaction). */
async function killAtLocks(clone: Repository, at: Repository, ...args: string[]): Promise<void> {
  const folder = join(at.dir, at.git('rev-parse', '--git-dir'));
  const [hook, held] = [join(folder, 'hooks/reference-transaction'), join(folder, 'held')];
  const isTag = 'grep -q refs/tags/ || exit 0';
  writeFileSync(hook, `#!/bin/sh\n${isTag}\n[ "$1" = prepared ] || exit 0\ntouch '${held}'\nsleep 60\n`);
  chmodSync(hook, 0o755);
  const child = startReg(box, { cwd: clone.dir }, args);
  while (!existsSync(held) && child.exitCode === null) await sleep(5);
  const { pid = 0 } = child;
  signalGroup(pid, 'SIGKILL');
  while (signalGroup(pid, 0)) await sleep(5);
  rmSync(hook);
  expect(locksIn(at).filter((path) => path.startsWith('refs/tags/'))).not.toEqual([]);
}

describe.concurrent('a git that was killed with locks in its hands', () => {
  test('in a repository without a remote', async () => {
    const registry = makeRegistry(box, 'alone', 'churn');
    await killAtLocks(registry, registry, 'assign', 'churn', 'prod');
    expect(registry.tags()).toEqual([]);
    const { stdout, stderr, code } = await regIn(box, registry.dir)('assign', 'churn', 'prod', '-q');
    expect({ stdout, stderr, code }).toEqual({ stdout: 'churn@v0.0.1\nchurn#prod#1\n', stderr: '', code: 0 });
    expect(locksIn(registry)).toEqual([]);
  });

  test('in a clone, when the remote had taken the tags', async () => {
    const { clone, remote } = makeClone('here');
    await killAtLocks(clone, clone, 'assign', 'churn', 'prod', '--push');
    expect([remote.tags(), clone.tags()]).toEqual([['churn#prod#1', 'churn@v0.0.1'], []]);
    const { stdout, code } = await regIn(box, clone.dir)('assign', 'churn', 'prod', '--push');
    expect({ stdout, code }).toEqual({ stdout: 'churn#prod#1\n', code: 0 });
    expect(clone.tags()).toEqual(remote.tags());
    expect(locksIn(clone)).toEqual([]);
  });

  test('at the remote: nothing is written, and the error names the lock', async () => {
    const { clone, remote } = makeClone('there');
    await killAtLocks(clone, remote, 'assign', 'churn', 'prod', '--push');
    expect([remote.tags(), clone.tags()]).toEqual([[], []]);
    ageLocks(remote, 20);
    // a clock by which each attempt takes ten seconds
    let time = 0;
    const now = (): number => {
      time += 10_000;
      return time;
    };
    const late = await openRegistry(clone.dir, { env: box.env, now });
    await expect(late.assign('churn', 'prod', { push: true })).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringMatching(/tried 4 times: .*\.lock/),
    });
    expect([remote.tags(), clone.tags()]).toEqual([[], []]);
  });
});

describe.concurrent('a git that holds locks for a long time', () => {
  test('keeps them while it lives, however old they are: no counter is given twice', async () => {
    const registry = makeRegistry(box, 'slow', 'churn');
    await regIn(box, registry.dir)('register', 'churn');
    const held = join(registry.dir, '.git/held');
    const hook = join(registry.dir, '.git/hooks/reference-transaction');
    // the first writer has its locks for three seconds, and they look like those of twenty
    writeFileSync(
      hook,
      `#!/bin/sh\n[ "$1" = prepared ] || exit 0\n[ -e '${held}' ] && exit 0\ntouch '${held}'\nsleep 3\n`,
    );
    chmodSync(hook, 0o755);
    const first = regIn(box, registry.dir)('assign', 'churn', 'prod', '-q');
    while (!existsSync(held)) await sleep(5);
    ageLocks(registry, 20);
    const second = regIn(box, registry.dir)('assign', 'churn', 'dev', '-q');
    expect([(await first).stdout, (await second).stdout]).toEqual(['churn#prod#1\n', 'churn#dev#2\n']);
    expect(locksIn(registry)).toEqual([]);
  });

  test('a lock of a git that reg did not start is left alone, and named', async () => {
    const registry = makeRegistry(box, 'foreign', 'churn');
    await regIn(box, registry.dir)('register', 'churn');
    const lock = join(registry.dir, '.git/refs/tags/churn#prod#1.lock');
    writeFileSync(lock, '');
    ageLocks(registry, 3600);
    let time = 0;
    const now = (): number => {
      time += 10_000;
      return time;
    };
    const late = await openRegistry(registry.dir, { env: box.env, now });
    await expect(late.assign('churn', 'prod')).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('churn#prod#1.lock'),
    });
    expect(existsSync(lock)).toBe(true);
  });
});

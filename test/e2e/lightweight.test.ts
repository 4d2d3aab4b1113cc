import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { tagHourly, withRemote } from './registry.js';

// A lightweight tag with an event's name (docs/specification.md, 1 Tags).

const box = sandbox();
const { registry, remote } = withRemote(box, 'whole');
tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1');
registry.commit();
tagHourly(box, registry, 'churn@v2.0.0', 'churn#prod#2');
registry.git('push', '--quiet', 'origin', 'main', '--tags');

const TAG = 'churn#prod#2';

/** A checkout of one tag as CI makes it: the others are annotated, and that one is not. */
function checkout(name: string): Repository {
  registry.git('clone', '--quiet', `file://${remote.dir}`, join(box.root, name));
  const clone = box.at(name);
  clone.git('update-ref', `refs/tags/${TAG}`, clone.git('rev-parse', `refs/tags/${TAG}^{}`));
  return clone;
}

const regAt =
  ({ dir }: Repository, env: Record<string, string> = {}) =>
  (...args: string[]) =>
    runHere(
      { cwd: dir, env: { ...box.env, XDG_CACHE_HOME: join(dir, '..', `cache of ${dir}`), ...env } },
      ...args,
    );

describe('a tag that is lightweight here and annotated at the remote', () => {
  test.each([
    [['which', 'churn', 'prod'], 'v2.0.0\n'],
    [['show', '#prod'], 'v2.0.0'],
    [['show'], 'v2.0.0'],
    [['history'], TAG],
    [['describe', 'churn#prod'], 'v2.0.0'],
    [['check-ref', TAG], 'v2.0.0'],
  ])('is fetched without a flag: %j', async (args, answer) => {
    const clone = checkout(`fetched by ${args.join(' ')}`);
    const { code, stdout, stderr } = await regAt(clone)(...args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(answer);
    expect(clone.git('cat-file', '-t', `refs/tags/${TAG}`)).toBe('tag');
  });

  test('is an error where the remote cannot be reached, and offline a warning', async () => {
    const reg = regAt(checkout('unreachable'));
    const away = `${remote.dir} away`;
    renameSync(remote.dir, away);
    try {
      for (const args of [['which', 'churn', 'prod'], ['show'], ['history', 'churn']]) {
        const { code, stdout, stderr } = await reg(...args);
        expect([args, code, stdout]).toEqual([args, 4, '']);
        expect(stderr).toContain('--offline');
        const offline = await reg(...args, '--offline');
        expect([args, offline.code]).toEqual([args, 0]);
        expect(offline.stdout).toContain('v1.0.0');
        expect(offline.stderr).toMatch(new RegExp(`^warning: ignored.*${TAG}`));
      }
    } finally {
      renameSync(away, remote.dir);
    }
    expect(existsSync(remote.dir)).toBe(true);
  });
});

test('a write that stays offline warns, and does not give its counter again', async () => {
  const reg = regAt(checkout('written to'));
  const run = await reg('assign', 'churn@v1.0.0', 'dev', '--offline', '--dry-run');
  expect(run).toMatchObject({ code: 0, stdout: 'churn#dev#3\n' });
  expect(run.stderr).toMatch(/^warning: ignored, .* and the remote was not asked: churn#prod#2$/m);
});

test('a tag that is lightweight at the remote too, or without a remote, is ignored with a warning', async () => {
  const clone = checkout('both');
  clone.git('update-ref', 'refs/tags/churn#prod#9', 'HEAD');
  clone.git('push', '--quiet', 'origin', 'refs/tags/churn#prod#9');
  const both = await regAt(clone)('which', 'churn', 'prod');
  expect(both).toMatchObject({ code: 0, stdout: 'v2.0.0\n' });
  expect(both.stderr).toMatch(/^warning: ignored.*churn#prod#9\n$/);
  clone.git('remote', 'remove', 'origin');
  const alone = await regAt(clone)('which', 'churn', 'prod');
  expect(alone).toMatchObject({ code: 0, stdout: 'v2.0.0\n' });
  expect(alone.stderr).toMatch(/^warning: ignored.*lightweight: churn#prod#9\n$/);
  const url = await regAt(clone, { REG_REPO: `file://${clone.dir}` })('which', 'churn', 'prod');
  expect(url).toMatchObject({
    code: 0,
    stdout: 'v2.0.0\n',
    stderr: expect.stringMatching(/^warning: ignored/),
  });
});

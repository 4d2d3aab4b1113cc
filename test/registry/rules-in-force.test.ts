import { describe, expect, test } from 'vitest';
import { openContext } from '../../src/open-context.js';
import { rulesInForce } from '../../src/registry/policy/rules-in-force.js';
import type { Vantage } from '../../src/registry/policy/vantage.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const rulesOf = async ({ dir }: Repository, vantage: Vantage) =>
  rulesInForce(
    await openContext('.', { env: box.env, cwd: dir, now: () => 0, signal: new AbortController().signal }),
    vantage,
  );

const work = box.repository('work');
const merged = work.commit({ '.reg.yaml': 'policy: {prod: {branch: release}}\n' });
const server = box.repository('server.git', '--bare');
work.git('push', '--quiet', server.dir, 'main', 'main:master');
work.commit({ '.reg.yaml': 'policy: {}\n' });
// what `git rev-parse refs/heads/release` takes where there is no such branch, and anybody may push it
work.git('push', '--quiet', server.dir, 'HEAD:refs/tags/refs/heads/release', 'HEAD:refs/tags/HEAD');
const HERE = { kind: 'here' } as const;

describe('a server', () => {
  test('no tag passes for a branch that is not there', async () => {
    const rules = await rulesOf(server, HERE);
    expect(await rules.tip('release')).toBeUndefined();
    expect(await rules.tip('main')).toBe(merged);
  });

  test.each(['refs/heads/gone', 'refs/heads/main'])(
    'rules are those of main where HEAD is %s',
    async (head) => {
      server.git('symbolic-ref', 'HEAD', head);
      const { policy } = await rulesOf(server, HERE);
      expect(policy).toEqual({ prod: { branch: 'release' } });
    },
  );
});

describe('a clone that does not ask', () => {
  const clone = box.repository('clone');
  clone.commit({ 'sub/file': 'a', '.reg.yaml': 'policy: {}\n' });
  clone.git('remote', 'add', 'origin', server.dir);
  clone.git(
    'fetch',
    '--quiet',
    'origin',
    'refs/heads/*:refs/remotes/origin/*',
    'refs/tags/refs/*:refs/tags/refs/*',
  );
  const memory = { kind: 'memory', remote: 'origin' } as const;

  test.each(['.', 'sub'])('goes by what it remembers, in %s', async (folder) => {
    const rules = await rulesOf({ ...clone, dir: `${clone.dir}/${folder}` }, memory);
    expect(rules.policy).toEqual({ prod: { branch: 'release' } });
    expect(await rules.tip('release')).toBeUndefined();
  });
});

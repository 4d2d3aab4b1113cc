import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openContext } from '../../src/open.js';
import { ignoredHere, type RulesSource, readRules, rulesSourceOf } from '../../src/registry/policy.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const contextOf = ({ dir }: Repository) =>
  openContext('.', { env: box.env, cwd: dir, now: () => 0, signal: new AbortController().signal });
const rulesOf = async (repository: Repository, source: RulesSource) =>
  readRules(await contextOf(repository), source);

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
  const memory = { kind: 'tracking', remote: 'origin' } as const;

  test.each(['.', 'sub'])('goes by what it remembers, in %s', async (folder) => {
    const rules = await rulesOf({ ...clone, dir: `${clone.dir}/${folder}` }, memory);
    expect(rules.policy).toEqual({ prod: { branch: 'release' } });
    expect(await rules.tip('release')).toBeUndefined();
  });

  const policy =
    'the policy in .reg.yaml here is not that of the default branch of origin, which is the one asked';
  test.each([
    [undefined, undefined],
    ['policy: {prod: {branch: release}}\nstages: [prod]\n', undefined],
    ['policy: {prod: {branch: main}}\n', policy],
    ['policy: {prod: {branch: release, signed: true}}\n', policy],
    ['stages: [prod]\n', policy],
  ])('says that %s is not what counts', async (text, note) => {
    const file = join(clone.dir, '.reg.yaml');
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
    const context = await contextOf(clone);
    expect(await ignoredHere(context, await readRules(context, memory))).toBe(note);
  });

  test('says so of signers, where a stage asks for them', async () => {
    const text = 'policy: {prod: {signed: true}}\n';
    work.commit({ '.reg.yaml': text, '.reg-signers': 'a' });
    work.git('push', '--quiet', server.dir, 'main');
    clone.git('fetch', '--quiet', 'origin');
    clone.commit({ '.reg.yaml': text, '.reg-signers': 'b' });
    const context = await contextOf(clone);
    const rules = await readRules(context, memory);
    expect(await ignoredHere(context, rules)).toMatch(/^the signers in \.reg-signers here are not/);
  });
});

describe('a repository without a remote', () => {
  const alone = box.repository('alone');
  alone.commit({ '.reg.yaml': 'policy: {prod: {branch: main}}\n' });
  alone.git('checkout', '--quiet', '-b', 'topic');
  alone.commit({ '.reg.yaml': 'remote: nowhere\npolicy: {}\n' });
  writeFileSync(join(alone.dir, '.reg.yaml'), 'policy: {dev: {branch: main}}\n');

  test.each([undefined, 'embedded'])(
    'goes by what its default branch has committed (git: %s)',
    async (git) => {
      const env = git === undefined ? box.env : { ...box.env, REG_GIT: git };
      const context = await openContext('.', {
        env,
        cwd: alone.dir,
        now: () => 0,
        signal: new AbortController().signal,
      });
      const source = await rulesSourceOf(context, false);
      expect(source).toEqual(HERE);
      const rules = await readRules(context, source);
      expect(rules.policy).toEqual({ prod: { branch: 'main' } });
      expect(await ignoredHere(context, rules)).toBe(
        'the policy in .reg.yaml here is not that of the default branch, which is the one asked',
      );
    },
  );
});

test('remote: of a checkout does not choose where rules come from', async () => {
  const clone = box.repository('checkout');
  clone.git('remote', 'add', 'origin', server.dir);
  clone.commit({ '.reg.yaml': 'remote: nowhere\npolicy: {}\n' });
  const context = await contextOf(clone);
  const source = await rulesSourceOf(context, false);
  expect(source).toEqual({ kind: 'remote', remote: 'origin' });
  expect(Object.keys((await readRules(context, source)).policy)).toEqual(['prod']);
});

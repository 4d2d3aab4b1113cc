import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { person } from '../support/signers.js';
import { withRemote } from './registry.js';

// `verify: true` in the configuration of a registry that has no work tree, and answers about all artifacts

const box = sandbox();
const eve = person(box, 'Eve');
const { registry, remote } = withRemote(box, 'registry');
const POLICY = 'policy:\n  prod: {by: [ann@example.com]}\n';
registry.commit({ '.reg.yaml': `${POLICY}verify: true\n` });
registry.git('push', '--quiet', 'origin', 'main');

beforeAll(async () => {
  const reg = regIn(box, registry.dir);
  await reg('register', 'churn', '--version', 'v1.0.0', '--push');
  await reg('assign', 'churn@v1.0.0', 'prod', '--push');
  registry.commit({ 'README.md': 'Another one\n' });
  await reg('register', 'churn', '--version', 'v2.0.0', '--push');
  box.advance(60);
});

let copies = 0;
/** A copy of the remote with a tag that Eve made with git. */
function remoteWith(tag: string, at: string): Repository {
  copies += 1;
  const copy = box.at(`remote-${copies}.git`);
  cpSync(remote.dir, copy.dir, { recursive: true });
  const parent = copy.git('rev-parse', 'churn#prod#1');
  const message = `Message\n\nReg-Version: ${at}\nReg-Parent: ${parent}`;
  const env = { ...box.env, ...eve.env };
  spawnSync('git', ['tag', '-a', '-m', message, tag, `churn@${at}^{}`], { cwd: copy.dir, env });
  return copy;
}

const regAt = ({ dir }: Repository, isUrl: boolean) =>
  regIn(box, box.root, { REG_REPO: isUrl ? `file://${dir}` : dir });

describe.each([true, false])('at a URL: %s', (isUrl) => {
  test.each<[string, (copy: Repository) => void]>([
    ['as it is', () => undefined],
    [
      'whose server allows no filter of trees',
      (copy) => {
        copy.git('config', 'uploadpack.allowFilter', 'true');
        copy.git('config', 'uploadpackfilter.tree.maxDepth', '0');
      },
    ],
    ['whose HEAD names no branch', (copy) => void copy.git('symbolic-ref', 'HEAD', 'refs/heads/nothing')],
  ])('a registry %s answers with what the policy accepts', async (_what, change) => {
    const copy = remoteWith('churn#prod#2', 'v2.0.0');
    change(copy);
    const run = await regAt(copy, isUrl)('which', 'churn', 'prod');
    expect(run).toMatchObject({ code: 0, stdout: 'v1.0.0\n' });
    expect(run.stderr).toContain('passed over churn#prod#2: eve@example.com may not change prod');
  });

  test('a forged unassignment takes nothing out of the answer about all artifacts', async () => {
    const run = await regAt(remoteWith('churn#prod!#2', 'v1.0.0'), isUrl)('which', '#prod');
    expect(run).toMatchObject({ code: 0, stdout: 'churn\tv1.0.0\n' });
    expect(run.stderr).toContain('passed over churn#prod!#2');
  });

  test('a configuration that is a symbolic link is an error', async () => {
    const copy = remoteWith('churn#prod#2', 'v2.0.0');
    const work = box.at(`work-${copies}`);
    copy.git('clone', '--quiet', '.', work.dir);
    rmSync(join(work.dir, '.reg.yaml'));
    symlinkSync('README.md', join(work.dir, '.reg.yaml'));
    work.git('commit', '--quiet', '-a', '-m', 'Link');
    work.git('push', '--quiet', 'origin', 'main');
    expect(await regAt(copy, isUrl)('which', 'churn', 'prod')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('.reg.yaml is not a plain file at HEAD'),
    });
  });
});

test.each<[string, (copy: Repository) => void]>([
  [
    'has lost its commit',
    (copy) => {
      const head = copy.git('rev-parse', 'HEAD');
      rmSync(join(copy.dir, 'objects', head.slice(0, 2), head.slice(2)));
    },
  ],
  ['is an empty file', (copy) => writeFileSync(join(copy.dir, 'refs/heads/main'), '')],
])('in a bare repository whose branch %s nothing is answered', async (_what, damage) => {
  const copy = remoteWith('churn#prod#2', 'v2.0.0');
  damage(copy);
  for (const REG_GIT of ['git', 'embedded']) {
    const run = await regIn(box, box.root, { REG_REPO: copy.dir, REG_GIT })('which', 'churn', 'prod');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain(
      'of the default branch cannot be read here, so the configuration is not known',
    );
  }
});

test('letters may be escaped', async () => {
  const copy = remoteWith('churn#prod#2', 'v2.0.0');
  const work = box.at(`work-${copies}`);
  copy.git('clone', '--quiet', '.', work.dir);
  work.commit({ '.reg.yaml': `${POLICY}"verif\\x79": true\n` });
  work.git('push', '--quiet', 'origin', 'main');
  expect((await regIn(box, work.dir)('which', 'churn', 'prod')).stdout).toBe('v1.0.0\n');
});

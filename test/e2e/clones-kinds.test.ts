import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { CLONES, makeOrigin, NEWEST } from '../support/clones.js';
import { sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
const origin = await makeOrigin(box, 'origin');
const NOTHING_TO_TELL = 'this repository and origin hold the same events\n';

let count = 0;
async function cloneOf(name: string) {
  count += 1;
  const clone = CLONES.find((one) => one.name === name);
  const dir = (await clone?.make(origin, join(box.root, `clone-${count}`))) ?? '';
  return { dir, reg: regIn(box, dir) };
}

describe('a mirror', () => {
  test('pushes single tags', async () => {
    const { reg } = await cloneOf('a mirror');
    box.advance(3600);
    expect(await reg('register', 'models:fraud', '--bump', 'minor', '--push')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^models:fraud@|^models=fraud@v0\.1\.0\n/),
    });
    expect(await reg('status')).toMatchObject({ code: 0, stderr: NOTHING_TO_TELL });
  });

  test('names the command that pushes, and sync does so', async () => {
    const { dir, reg } = await cloneOf('a mirror');
    box.advance(3600);
    const { stderr } = await reg('assign', 'models:fraud@v0.0.1', 'dev');
    const [, hint = ''] = /^hint: git (.*)$/m.exec(stderr) ?? [];
    expect(hint).toMatch(/^-c remote\.origin\.mirror=false push origin 'refs\/tags\/models=fraud#dev#\d'$/);
    box.at(dir.slice(box.root.length + 1)).git(...hint.replaceAll("'", '').split(' '));
    expect((await reg('status')).code).toBe(0);
    box.advance(3600);
    await reg('unassign', 'models:fraud', 'dev');
    expect((await reg('sync')).stdout).toMatch(/^pushed\tmodels=fraud#dev!#\d\n$/);
  });
});

test('what git refuses before it sends anything is no question of the remote', async () => {
  const { dir, reg } = await cloneOf('clone -o company');
  box.at(dir.slice(box.root.length + 1)).git('config', 'push.gpgSign', 'true');
  expect(await reg('assign', 'churn@v0.0.1', 'dev', '--push')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^error: git does not push to company: fatal: .*--signed push.*\nhint: nothing was sent/,
    ),
  });
});

test.each(['clone -o company', 'a submodule', 'a linked work tree', 'a sparse checkout', '--depth 1'])(
  'a write from %s',
  async (name) => {
    const { reg } = await cloneOf(name);
    box.advance(3600);
    const { stdout, code } = await reg('assign', 'churn@v0.0.1', 'dev', '--push');
    expect({ stdout, code }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^churn#dev#\d+\n$/) });
    expect((await reg('assign', 'churn@v0.0.2', 'dev', '--push')).code).toBe(0);
    // the policy is that of the remote
    expect(await reg('assign', 'models:fraud@v0.1.0', 'prod', '--push')).toMatchObject({ code: 1 });
  },
);

describe('what is not checked out', () => {
  const PARTS = [
    'a sparse checkout',
    'a sparse checkout without cones',
    'a partial clone without blobs',
    'a partial clone without a checkout',
  ];

  test.each(PARTS)('%s: a link that leads nowhere is found there too', async (name) => {
    const { dir: plainDir, reg: plain } = await cloneOf('clone -o company');
    const at = box.at(plainDir.slice(box.root.length + 1));
    at.git('checkout', '--quiet', '-B', 'broken');
    at.commit({ 'models/broken.model.yaml': 'source: {path: nowhere.bin}\n' });
    at.git('push', '--quiet', '--force', 'company', 'broken');
    const { dir, reg } = await cloneOf(name);
    const here = box.at(dir.slice(box.root.length + 1));
    here.git('fetch', '--quiet', 'origin');
    const isBare = !existsSync(join(dir, '.git/index'));
    here.git(...(isBare ? ['symbolic-ref', 'HEAD', 'refs/heads/broken'] : ['checkout', '--quiet', 'broken']));
    if (isBare) here.git('update-ref', 'refs/heads/broken', 'origin/broken');
    for (const asked of [['validate'], ['validate', '--base', 'HEAD~1'], ['validate', 'models'], ['show']]) {
      const { code, stdout } = await plain(...asked);
      expect({ asked, ...(await reg(...asked)) }).toMatchObject({ asked, code, stdout });
      if (asked[0] === 'validate')
        expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringMatching('nowhere') });
    }
  });

  test('a link that is deleted in a sparse checkout is gone', async () => {
    const { dir, reg } = await cloneOf('a sparse checkout without cones');
    expect((await reg('validate')).stdout).toMatch(/^churn\.model\.yaml:/m);
    box.at(dir.slice(box.root.length + 1)).git('rm', '--quiet', '--sparse', 'churn.model.yaml');
    expect((await reg('validate')).stdout).not.toMatch(/^churn\.model\.yaml:/m);
  });

  test('a model is loaded from outside of a sparse checkout, which stays as it is', async () => {
    const { dir, reg } = await cloneOf('a sparse checkout without cones');
    expect(await reg('load', 'churn', '-o', '-')).toMatchObject({ code: 0, stdout: 'a better model' });
    expect(existsSync(join(dir, 'churn.model.yaml'))).toBe(false);
  });
});

describe('a clone that lacks the newest tags alone', () => {
  const NAMES = ['--single-branch', '--depth 1 --no-single-branch', '--no-tags', '--depth 2'];
  const ASKED = [
    ['which', 'churn', 'dev'],
    ['show', 'churn'],
    ['describe', 'churn', '--stage', 'dev'],
    ['load', 'churn#dev', '-o', '-'],
    ['diff', '#dev', '--log', '0'],
  ];

  test.each(pairs(NAMES, ASKED))(
    '%s: %j says that they may be missing, or fetches them',
    async (name, asked) => {
      const { dir, reg } = await cloneOf(name);
      await reg('sync');
      box.advance(3600);
      const away = await cloneOf('clone -o company');
      const other = (await away.reg('which', 'churn', 'dev')).stdout === 'v0.0.1\n' ? 'v0.0.2' : 'v0.0.1';
      expect((await away.reg('assign', `churn@${other}`, 'dev', '--push')).code).toBe(0);
      const right = await away.reg(...asked);
      const note = expect.stringMatching(
        /^tags of origin may be missing in this clone, because it .*; ask with --fetch, or get them with: reg sync\n$/,
      );
      const old = await reg(...asked);
      expect(old).toMatchObject({ code: 0, stderr: note });
      expect(old.stdout).not.toBe(right.stdout);
      expect(await reg(...asked, '--offline')).toMatchObject({ stdout: old.stdout, stderr: '' });
      expect(await reg(...asked, '--fetch')).toMatchObject({ code: 0, stdout: right.stdout, stderr: '' });
      // an answer that a newer tag does not change has no note
      expect(await reg('describe', 'churn@v0.0.1')).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(dir)).toBe(true);
    },
  );
});

test('two fetches at once in a shallow clone', async () => {
  const { reg } = await cloneOf('--depth 1');
  const runs = await Promise.all([
    reg('which', 'churn', 'prod', '--fetch'),
    reg('history', '--fetch'),
    reg('validate', '--tags'),
    reg('sync'),
  ]);
  expect(runs.map(({ code, stderr }) => ({ code, said: /shallow|cannot reach/.test(stderr) }))).toEqual(
    runs.map(() => ({ code: 0, said: false })),
  );
});

test.each(
  pairs(
    [
      'a tag that the checkout made lightweight, as at GitHub',
      'a tag in a part of the history, as at GitLab',
      'one tag alone, as Jenkins leaves it',
      'a detached commit without branches, as at Azure',
    ],
    ['validate first', 'check-ref first'],
  ),
)('%s: the gate and the load of a deploy job, %s', async (name, order) => {
  const { dir } = await cloneOf(name);
  const output = join(dir, '..', `outputs-${count}`);
  const reg = regIn(box, dir, { CI: 'true', GITHUB_OUTPUT: output });
  const gate = () => reg('validate', '--tags', '--since', `refs/tags/${NEWEST}`);
  const check = () => reg('check-ref', `refs/tags/${NEWEST}`, '--output-format', 'github');
  // at Azure the tag comes with what is asked first
  const isHere = !name.includes('Azure');
  const steps = order === 'validate first' && isHere ? [gate, check] : [check, gate];
  for (const step of steps)
    expect(await step()).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/error|shallow/) });
  expect(readFileSync(output, 'utf8')).toContain('v0.0.2');
  expect(await reg('load', 'churn#prod', '-o', '-', '--frozen')).toMatchObject({
    code: 0,
    stdout: 'a better model',
  });
});

test('offline an artifact that lacks tags is answered for with a warning, and is not verified', async () => {
  const { reg } = await cloneOf('one tag alone, as Jenkins leaves it');
  const warning =
    /^warning: tags of churn are missing in this clone, and the answer may be an old one; get them with: reg sync$/m;
  for (const asked of [
    ['history', 'churn'],
    ['check-ref', NEWEST],
  ])
    expect(await reg(...asked, '--offline')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('v0.0.2'),
      stderr: expect.stringMatching(warning),
    });
  for (const asked of [
    ['verify', 'churn', '--offline'],
    ['history', 'churn'],
  ])
    expect(await reg(...asked)).toMatchObject({
      code: 1,
      stderr: 'error: tags of churn are missing in this clone\nhint: get them with: reg sync\n',
    });
});

test('fetching and staying offline is a mistake', async () => {
  const { reg } = await cloneOf('clone -o company');
  expect(await reg('which', 'churn', 'prod', '--fetch', '--offline')).toMatchObject({
    code: 2,
    stderr: 'error: --fetch and --offline exclude each other\nhint: leave out one of them\n',
  });
});

test('without git nothing can be fetched', async () => {
  const { dir } = await cloneOf('--no-tags');
  const reg = regIn(box, dir, { REG_GIT: 'embedded' });
  expect(await reg('which', 'churn', 'prod', '--fetch')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('needs the git program'),
  });
});

describe('with CI=true', () => {
  test('an answer that may be an old one is fetched, and a remote that does not answer leaves a note', async () => {
    const { dir, reg: other } = await cloneOf('--depth 2');
    await other('sync');
    const away = await cloneOf('clone -o company');
    const held = (await away.reg('which', 'churn', 'dev')).stdout;
    box.advance(3600);
    const next = held === 'v0.0.1\n' ? 'v0.0.2' : 'v0.0.1';
    expect((await away.reg('assign', `churn@${next}`, 'dev', '--push')).code).toBe(0);
    const at = box.at(dir.slice(box.root.length + 1));
    const reg = regIn(box, dir, { CI: 'true' });
    at.git('remote', 'set-url', 'origin', join(box.root, 'nowhere.git'));
    expect(await reg('which', 'churn', 'dev')).toMatchObject({
      code: 0,
      stdout: held,
      stderr: expect.stringMatching(/^tags of origin may be missing in this clone/),
    });
    at.git('remote', 'set-url', 'origin', origin.url);
    expect(await reg('which', 'churn', 'dev')).toMatchObject({ code: 0, stdout: `${next}\n`, stderr: '' });
  });

  test('a clone without tags that is not shallow asks its remote before it says that there is nothing', async () => {
    const { dir } = await cloneOf('clone -o company');
    const at = box.at(dir.slice(box.root.length + 1));
    for (const tag of at.git('tag').split('\n').filter(Boolean)) at.git('tag', '--delete', tag);
    const reg = regIn(box, dir, { CI: 'true' });
    expect((await reg('show')).stdout).toMatch(/^churn\tv0\.0\.2\t/);
  });
});

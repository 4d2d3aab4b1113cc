import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type Run, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { serveHttp } from '../support/servers.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const http = await serveHttp(box);
afterAll(() => http.close());

let remote: Repository;
let url: string;
let count = 0;
const source = makeRegistry(box, 'source', 'churn');
for (const n of [2, 3]) source.commit({ 'model.bin': `model ${n}` });
source.git('checkout', '--quiet', '-b', 'side');
source.commit({ 'model.bin': 'on the side' });
const made = box.repository('made.git', '--bare');
made.git('config', 'http.receivepack', 'true');
source.git('push', '--quiet', made.dir, 'main', 'side');
/** A bare registry with three commits on `main` and one more on `side`: here, and behind a web server that takes pushes, by turns. */
beforeEach(() => {
  count += 1;
  cpSync(made.dir, join(box.root, `remote-${count}.git`), { recursive: true });
  remote = box.at(`remote-${count}.git`);
  url = count % 2 === 1 ? `file://${remote.dir}` : `${http.url}/remote-${count}.git`;
});

const reg = (...args: string[]): Promise<Run> => regIn(box, box.root)(...args, '--repo', url);
const leadsTo = (tag: string): string => remote.git('rev-parse', `refs/tags/${tag}^{commit}`);

test('the whole story without a clone', async () => {
  const runs = [
    await reg('register', 'churn', 'main~1'),
    await reg('register', 'churn', 'side', '--bump', 'minor', '-m', 'From the side'),
    await reg('register', 'churn', '--version', '1.0.0'),
    await reg('assign', 'churn@v0.1.0', 'prod'),
    await reg('assign', 'churn', 'prod'),
    await reg('assign', 'churn', 'prod'),
    await reg('rollback', 'churn', 'prod'),
    await reg('unassign', 'churn@v0.1.0', 'prod'),
    await reg('deregister', 'churn@v0.0.1'),
    await reg('deprecate', 'churn'),
  ];
  expect(
    transcript(...runs).replaceAll(` --repo file://<tmp>/remote-${count}.git`, ''),
  ).toMatchInlineSnapshot(`
    "$ reg register churn 'main~1'
    churn@v0.0.1

    $ reg register churn side --bump minor -m 'From the side'
    churn@v0.1.0

    $ reg register churn --version 1.0.0
    churn@v1.0.0

    $ reg assign churn@v0.1.0 prod
    churn#prod#1

    $ reg assign churn prod
    churn#prod#2

    $ reg assign churn prod
    churn#prod#2
    -- stderr --
    churn v1.0.0 already is current in prod

    $ reg rollback churn prod
    churn#prod#3
    -- stderr --
    churn v0.1.0 is current in prod again

    $ reg unassign churn@v0.1.0 prod
    churn#prod!#4
    -- stderr --
    churn v1.0.0 is current in prod now

    $ reg deregister churn@v0.0.1
    churn@v0.0.1!

    $ reg deprecate churn
    churn@deprecated
    "
  `);
  expect(['churn@v0.0.1', 'churn@v0.1.0', 'churn@v1.0.0'].map(leadsTo)).toEqual(
    ['main~1', 'side', 'main'].map((rev) => remote.git('rev-parse', rev)),
  );
  expect(remote.tags()).toHaveLength(9);
  expect(remote.git('fsck', '--strict', '--no-dangling')).toBe('');
  expect(await regIn(box, remote.dir)('doctor')).toMatchObject({ stderr: 'nothing is wrong\n', code: 0 });
});

test('a commit by its id, and a pair of tags', async () => {
  const commit = remote.git('rev-parse', 'main~2');
  expect((await reg('assign', 'churn', 'dev', '--rev', commit)).stdout).toBe('churn@v0.0.1\nchurn#dev#1\n');
  expect(
    (await reg('assign', 'churn', 'dev', '--rev', remote.git('rev-parse', '--short', 'side'))).stdout,
  ).toBe('churn@v0.0.2\nchurn#dev#2\n');
  expect([leadsTo('churn@v0.0.1'), leadsTo('churn#dev#2')]).toEqual([
    commit,
    remote.git('rev-parse', 'side'),
  ]);
});

test('as JSON it is pushed, with the oid that the remote has', async () => {
  const { stdout, stderr } = await reg('assign', 'churn', 'prod', '--json');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject(
    ['churn@v0.0.1', 'churn#prod#1'].map((tag) => ({
      tag,
      pushed: true,
      oid: remote.git('rev-parse', `refs/tags/${tag}`),
    })),
  );
  expect(await reg('assign', 'churn', 'prod', '--json')).toMatchObject({
    stdout: expect.stringContaining('"pushed": true'),
    code: 0,
  });
});

test('a dry run says what would be written, and writes nothing', async () => {
  const run = await reg('assign', 'churn', 'prod', '--dry-run');
  expect(run).toMatchObject({
    stdout: 'churn@v0.0.1\nchurn#prod#1\n',
    stderr: 'no event was written: this is a dry run\n',
    code: 0,
  });
  expect(JSON.parse((await reg('register', 'churn', '--dry-run', '--json')).stdout)).toMatchObject([
    { pushed: false },
  ]);
  expect(remote.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\nrefs/heads/side');
});

test('with --delete and consent, tags are deleted at the remote', async () => {
  await reg('assign', 'churn', 'prod');
  await reg('assign', 'churn', 'dev');
  const asked = await reg('unassign', 'churn', 'prod', '--delete', '--json');
  expect(JSON.parse(asked.stderr)).toMatchObject({ error: { code: 'CONFIRMATION_NEEDED' } });
  expect(remote.tags()).toHaveLength(3);
  const run = await reg('unassign', 'churn', 'prod', '--delete', '--yes');
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(run.stderr).not.toContain('hint:');
  expect(remote.tags()).toEqual(['churn#dev#2', 'churn@v0.0.1']);
  expect((await reg('deregister', 'churn@v0.0.1', '--delete', '--yes')).code).toBe(0);
  expect(remote.tags()).toEqual([]);
  expect((await reg('assign', 'churn', 'prod')).stdout).toBe('churn@v0.0.1\nchurn#prod#1\n');
});

test('other tags and the folder in which it runs are left alone', async () => {
  remote.tag('release-2020', 'Nobody asks', 'main');
  remote.git('tag', 'churn@v9.9.9', 'main');
  const before = readdirSync(box.root);
  tagHourly(box, remote, 'fraud@v1.0.0 main');
  expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
  expect(await reg('register', 'churn', 'side', '--version', 'v9.9.9')).toMatchObject({
    stdout: 'churn@v9.9.9#1\n',
    code: 0,
  });
  expect(remote.tags()).toHaveLength(5);
  expect(readdirSync(box.root)).toEqual(before);
  expect(readdirSync(join(box.root, 'home'))).toEqual(['.cache']);
});

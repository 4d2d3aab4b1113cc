import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { serveDaemon, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const origin = makeRegistry(box, 'origin', 'churn');
tagHourly(box, origin, 'churn@v1.0.0', 'churn#prod#1');
const url = `file://${origin.dir}`;
const clone = box.repository('somewhere');
const reg = regIn(box, clone.dir);
const [http, daemon] = [await serveHttp(box), await serveDaemon(box)];
afterAll(() => Promise.all([http.close(), daemon.close()]));

test('commands about the files of a clone say that they need one', async () => {
  const files = [['init'], ['link', 'model.bin', 'x', '--rev', 'main'], ['validate'], ['import', 'mlem']];
  for (const args of [...files, ['status'], ['sync']]) {
    const { stdout, stderr, code } = await reg(...args, '--repo', url);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    const why = files.includes(args) ? 'has no work tree' : 'only a clone can be compared with its remote';
    expect(stderr).toMatch(new RegExp(`^error: [^\n]*${why}[^\n]*\nhint: [^\n]*clone[^\n]*\n$`));
  }
  expect(readdirSync(clone.dir)).toEqual(['.git']);
});

test('what is not there has the hint that a clone gives', async () => {
  const at = (...args: string[]) => reg(...args, '--repo', url);
  const runs = [
    await at('latest', 'chrun'),
    await at('which', 'churn', 'prd'),
    await at('show', 'churn@v2.0.0'),
    await at('load', 'nobody#prod', '-o', '-'),
    await at('check-ref', 'fraud@v1.0.0'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg latest chrun --repo file://<tmp>/origin
    -- stderr --
    error: no artifact 'chrun' is registered here
    hint: did you mean 'churn'?
    -- exit 1 --

    $ reg which churn prd --repo file://<tmp>/origin
    -- stderr --
    error: no version of churn is in stage prd
    hint: did you mean 'prod'?
    -- exit 1 --

    $ reg show churn@v2.0.0 --repo file://<tmp>/origin
    -- stderr --
    error: churn has no version v2.0.0
    hint: there is v1.0.0
    -- exit 1 --

    $ reg load 'nobody#prod' -o - --repo file://<tmp>/origin
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there is churn
    -- exit 1 --

    $ reg check-ref fraud@v1.0.0 --repo file://<tmp>/origin
    -- stderr --
    error: 'fraud@v1.0.0' is no event of this registry
    hint: an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: reg doctor --repo file://<tmp>/origin
    -- exit 1 --
    "
  `);
});

test('a repository without a single tag, and one without a commit', async () => {
  const bare = makeRegistry(box, 'no-tags', 'churn');
  const empty = box.repository('empty');
  for (const { dir } of [bare, empty]) {
    const at = (...args: string[]) => reg(...args, '--repo', `file://${dir}`);
    expect(await at('history')).toMatchObject({
      stdout: '',
      stderr: 'there is no event to show\n',
      code: 0,
    });
    expect(await at('stages', '--used')).toMatchObject({ stdout: '', code: 0 });
    expect(await at('doctor')).toMatchObject({ stderr: 'nothing is wrong\n', code: 0 });
    expect(await at('latest', 'churn')).toMatchObject({ stdout: '', code: 1 });
    expect(await at('show')).toMatchObject({
      stdout: dir === bare.dir ? 'churn\t-\t-\tdeclared\n' : '',
      code: 0,
    });
  }
});

test('an address without a repository ends with exit code 4, in one line and a hint', async () => {
  const closed = await serveHttp(box);
  await closed.close();
  const guarded = await serveHttp(box, { login: 'ann:secret' });
  const addresses = [
    `${http.url}/no-such`,
    `${daemon.url}/no-such`,
    `${closed.url}/origin/.git`,
    `${guarded.url}/origin/.git`,
    `file://${join(box.root, 'no-such')}`,
    'http://models.invalid/registry.git',
  ];
  const commands = [
    ['show'],
    ['which', 'churn', 'prod'],
    ['load', 'churn', '-o', '-'],
    ['register', 'churn'],
  ];
  for (const [address, args] of pairs(addresses, commands)) {
    const run = await reg(...args, '--repo', address);
    expect(run).toMatchObject({ stdout: '', code: 4 });
    expect(run.stderr).toMatch(/^error: cannot reach [^\n]+\nhint: [^\n]+\n$/);
    expect(run.stderr).toContain(address);
  }
  await guarded.close();
});

test('a user name and a password are shown nowhere', async () => {
  const guarded = await serveHttp(box, { login: 'ann:s3cret/word' });
  const address = `${guarded.url.replace('://', '://ann:s3cret%2Fword@')}/origin/.git`;
  const wrong = address.replace('s3cret', 's4cret');
  expect((await reg('which', 'churn', 'prod', '--repo', address)).stdout).toBe('v1.0.0\n');
  const commands = [['show'], ['doctor'], ['register', 'churn'], ['status'], ['init']];
  for (const [args, repo] of pairs(commands, [wrong, address])) {
    const { stdout, stderr } = await reg(...args, '--repo', repo);
    expect(stdout + stderr).not.toMatch(/s[34]cret|ann:/);
  }
  await guarded.close();
});

let slips = 0;
const SLIPS = [
  { address: 'http://bob:s3cr/3t@pw@127.0.0.1:1/r', code: 1, shown: 'http://127.0.0.1:1/r' },
  { address: 'http://bob:s3@cr/3tpw@127.0.0.1:1/r', code: 4, shown: 'http://127.0.0.1:1/r' },
  {
    address: 'http://127.0.0.1:1/org/r@2?token=s3cr3tpw',
    code: 4,
    shown: 'http://127.0.0.1:1/org/r@2?…',
  },
  { address: 'https:/bob:s3cr3tpw@127.0.0.1/r', code: 1, shown: 'it lacks a slash' },
  { address: 'https:bob:s3cr3tpw@127.0.0.1/r', code: 1, shown: 'it lacks a slash' },
];
const slipsByTurns = pairs(SLIPS, [[], ['--json'], ['-v']]).map(([row, options]) => ({ ...row, options }));
test.each(slipsByTurns)(
  'nor those of an address with a slip: $address $options',
  async ({ address, code, shown, options }) => {
    slips += 1;
    const elsewhere = box.repository(`slip-${slips}`);
    elsewhere.git('remote', 'add', 'origin', address);
    const far = await reg('show', ...options, '--repo', address);
    expect(far).toMatchObject({ stdout: '', code, stderr: expect.stringContaining(shown) });
    const near = await regIn(box, elsewhere.dir)('status', ...options);
    for (const { stdout, stderr } of [far, near])
      expect(stdout + stderr).not.toMatch(/bob|s3cr|3t@|cr\/|s3@|@pw|3tpw/);
  },
);

test('an address that is no repository is refused before any program runs', async () => {
  for (const address of [
    'ext::sh -c touch% here',
    'ftp://models.invalid/x',
    '--upload-pack=touch here',
    'file://elsewhere/x',
  ]) {
    const run = await reg('show', '--json', `--repo=${address}`);
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'SOURCE_UNSUPPORTED' } });
  }
  expect(readdirSync(clone.dir)).toEqual(['.git']);
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openS3 } from '../../src/stores/s3.js';
import { jsonIn, runReg } from '../support/cli-here.js';
import { type Emulator, serveAnswers, serveS3 } from '../support/emulators.js';
import { type LfsServer, serveLfs } from '../support/lfs-server.js';
import { type Env, sandbox } from '../support/repo.js';

// `load --url`: the address of the bytes, for other programs.

const box = sandbox();
const registry = box.repository('registry');
const MD5 = '0123456789abcdef0123456789abcdef';
const COMMITTED = { text: 'in git itself' };
let bucket: Emulator;
let lfs: LfsServer;
let pointer: string;
beforeAll(async () => {
  [bucket, lfs] = [await serveS3(box), await serveLfs(box, { token: 'canary-token' })];
  pointer = lfs.put(Buffer.from('large'));
  registry.git('config', 'lfs.url', `${lfs.url}/registry/.git/info/lfs`);
  const store = await openS3(`s3://${bucket.bucket}`, {}, { env: bucket.env });
  await store.write('churn/m.bin', Readable.from([Buffer.from('bytes')]), 5);
  const dvc = (path: string, more = '') =>
    `outs:\n- md5: ${MD5}${more}\n  size: 5\n  hash: md5\n  path: ${path}\n`;
  registry.commit({
    'churn.model.yaml': `source: {url: s3://${bucket.bucket}/churn/m.bin}\nsha256: ${'1'.repeat(64)}\nsize: 5\n`,
    'all.model.yaml': `source: {url: s3://${bucket.bucket}/churn/}\n`,
    'signed.model.yaml': 'source: {url: "https://models.example/m.bin?sig=canary-link"}\n',
    'login.model.yaml': 'source: {url: "https://me:canary-link@models.example/m.bin"}\n',
    'committed.model.yaml': 'source: {path: committed.bin}\n',
    'committed.bin': COMMITTED.text,
    'large.model.yaml': 'source: {path: large.bin}\n',
    'large.bin': pointer,
    '.dvc/config': `[core]\n remote = web\n['remote "web"']\n url = https://me:canary-dvc@dvc.example/store\n['remote "s3"']\n url = s3://dvc/store\n['remote "local"']\n url = ../store\n`,
    'tracked.model.yaml': 'source: {path: tracked.bin}\n',
    'tracked.bin.dvc': dvc('tracked.bin'),
    'old.model.yaml': 'source: {path: old.bin}\n',
    'old.bin.dvc': `outs:\n- md5: ${MD5}\n  size: 5\n  path: old.bin\n  remote: s3\n`,
    'dvc.yaml': 'artifacts: {entry: {path: tracked.bin}}\n',
    'here.model.yaml': 'source: {path: here.bin}\n',
    'here.bin.dvc': `outs:\n- md5: ${MD5}\n  size: 5\n  hash: md5\n  path: here.bin\n  remote: local\n`,
    'folder.model.yaml': 'source: {path: folder}\n',
    'folder.dvc': dvc('folder', '.dir'),
  });
  for (const name of ['churn', 'large']) registry.tag(`${name}@v1.0.0`);
});
afterAll(async () => {
  await bucket?.close();
  await lfs?.close();
});

const run = (env: Env, ...args: string[]) =>
  runReg(box, { cwd: registry.dir, env: { ...bucket.env, ...env } }, ...args);

describe.each(['', 'embedded'])('with REG_GIT=%s', (git) => {
  const reg = (...args: string[]) => run({ REG_GIT: git }, ...args);

  test.each<[artifact: string, url: () => string, note: string]>([
    ['churn@v1.0.0', () => 's3://models/churn/m.bin', ''],
    ['all', () => 's3://models/churn/', ''],
    [
      'tracked',
      () => `https://dvc.example/store/files/md5/01/${MD5.slice(2)}`,
      'the address needs a login, which is not shown\n',
    ],
    ['old', () => `s3://dvc/store/01/${MD5.slice(2)}`, ''],
    [
      'folder',
      () => `https://dvc.example/store/files/md5/01/${MD5.slice(2)}.dir`,
      'folder is a folder, and this is its manifest: the list of its files; the address needs a login, which is not shown\n',
    ],
    [
      'large@v1.0.0',
      () => `${lfs.url}/storage/${/sha256:(\w+)/.exec(pointer)?.[1]}?signature=canary`,
      'the address is of a Git LFS server: it may expire soon, and needs a login, which is not shown\n',
    ],
  ])('the address of %s', async (artifact, url, note) => {
    const { stdout, stderr, code } = await reg('load', artifact, '--url');
    expect({ stdout, code }).toEqual({ stdout: `${url()}\n`, code: 0 });
    expect(stderr.replace(/^warning: the link of .*\n/gm, '')).toBe(note);
    expect(stdout + stderr).not.toMatch(/canary-/);
  });

  test.each([
    [
      'committed',
      /^error: committed\.bin is in git itself at commit \w+, and no address leads to its bytes\n/,
    ],
    ['signed', /^error: https:\/\/models\.example\/m\.bin\?… is not printed as a whole/],
    ['login', /^error: https:\/\/models\.example\/m\.bin is not printed as a whole/],
  ])('there is none of %s', async (artifact, message) => {
    const { stdout, stderr, code } = await reg('load', artifact, '--url');
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('canary');
  });
});

test('in JSON, with what the link promises', async () => {
  expect(await jsonIn(box, registry.dir)('load', 'churn@v1.0.0', '--url')).toEqual({
    artifact: 'churn',
    version: 'v1.0.0',
    commit: registry.git('rev-parse', 'HEAD'),
    url: 's3://models/churn/m.bin',
    expires: null,
    sha256: '1'.repeat(64),
    size: 5,
    pinned: true,
    note: null,
  });
});

test('an address that needs no login for a while', async () => {
  const { stdout, code } = await run({}, 'load', 'churn@v1.0.0', '--url', '--expires', '1h');
  expect(code).toBe(0);
  expect(stdout).toContain('X-Amz-Expires=3600');
  expect(await (await fetch(stdout.trim())).text()).toBe('bytes');
  const { expires } = JSON.parse(
    (await run({}, 'load', 'churn', '--url', '--expires', '1h', '--json')).stdout,
  );
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(3_500_000);
  for (const [artifact, expected] of [
    ['large', 1],
    ['all', 1],
  ] as const)
    expect(await run({}, 'load', artifact, '--url', '--expires', '1h')).toMatchObject({ code: expected });
});

test('for later steps of a job: the log and the page of the run do not show the signature', async () => {
  const [output, page] = [join(box.root, 'output'), join(box.root, 'page')];
  for (const file of [output, page]) writeFileSync(file, '');
  const env = { GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: page };
  const asked = ['load', 'churn@v1.0.0', '--url', '--expires', '15m'];
  const github = await run(env, ...asked, '--github-output');
  expect(github).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http:\/\/.*\/m\.bin\?…\n$/) });
  const [, , url = ''] = /^url<<(.*)\n(.*)\n\1$/m.exec(readFileSync(output, 'utf8')) ?? [];
  expect(await (await fetch(url)).text()).toBe('bytes');
  // the one line with the signature is that which hides it
  expect(github.stderr.split('\n').filter((line) => line.includes('X-Amz-Signature'))).toEqual([
    `::add-mask::${url.replaceAll('%', '%25')}`,
  ]);
  expect(readFileSync(page, 'utf8')).toContain('| name | churn |');
  expect(readFileSync(page, 'utf8')).not.toContain('Amz');
  const plain = await run({}, ...asked.slice(0, 3), '--output-format', 'dotenv');
  expect(plain.stdout).toContain('MODEL_URL=s3://models/churn/m.bin\n');
  const azure = await run({}, ...asked, '--output-format', 'azure');
  expect(azure.stdout).toContain('##vso[task.setvariable variable=url;isOutput=true;issecret=true]http');
  expect(azure.stdout).toContain('##vso[task.setvariable variable=tag;isOutput=true]churn@v1.0.0\n');
});

test('options that mean nothing together', async () => {
  for (const more of [
    ['--url', '-o', 'm.bin'],
    ['--url', '--force'],
    ['--expires', '1h'],
    ['--url', '--expires', '8d'],
    ['--url', '--expires', 'soon'],
  ])
    expect(await run({}, 'load', 'churn', ...more)).toMatchObject({ code: 2, stdout: '' });
});

test('describe says where DVC has the bytes of a model of this repository', async () => {
  const described = jsonIn(box, registry.dir);
  for (const artifact of ['tracked', 'entry'])
    expect(await described('describe', artifact)).toMatchObject({
      source: { path: 'tracked.bin', url: `https://dvc.example/store/files/md5/01/${MD5.slice(2)}` },
    });
  expect(await described('describe', 'here')).toMatchObject({
    source: { url: join(registry.dir, 'store/files/md5/01', MD5.slice(2)) },
  });
  expect(await described('describe', 'committed')).toMatchObject({ source: { path: 'committed.bin' } });
});

test('describe asks a Git LFS server only for the source, and shows no signature', async () => {
  const asked = (): number => lfs.requests.length;
  const source = async (...more: string[]) =>
    JSON.parse((await run({}, 'describe', 'large', ...more)).stdout).source;
  const before = asked();
  expect(await source('--json')).toEqual({ path: 'large.bin' });
  expect(await source('--json=source', '--offline')).toEqual({ path: 'large.bin' });
  expect(asked()).toBe(before);
  expect(await source('--json=source')).toEqual({ path: 'large.bin' });
  expect(asked()).toBe(before + 1);
  const plain = await serveAnswers(async (request, response) => {
    const { objects } = JSON.parse(String(await buffer(request)));
    const href = `${plain.url}/objects/${objects[0].oid}`;
    response.end(JSON.stringify({ objects: [{ ...objects[0], actions: { download: { href } } }] }));
  });
  registry.git('config', 'lfs.url', plain.url);
  expect(await source('--json=source')).toEqual({
    path: 'large.bin',
    url: `${plain.url}/objects/${/sha256:(\w+)/.exec(pointer)?.[1]}`,
  });
  await plain.close();
});

import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Env, sandbox } from '../support/repo.js';
import { type GitServer, serveDaemon, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { MODEL, MODEL_PATH, makeResearch, sha256 } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const first = research.git('rev-parse', 'HEAD');
research.git('tag', 'light');
research.git('branch', 'stable');
research.commit({ [MODEL_PATH]: 'retrained' });

const sshLog = join(box.root, 'ssh.log');
const ssh = join(box.root, 'ssh.sh');
// what ssh would run at the other end is run here
writeFileSync(ssh, `#!/bin/sh\necho "$@" >> '${sshLog}'\nfor last; do :; done\nexec sh -c "$last"\n`);
chmodSync(ssh, 0o755);
const SSH: Env = { GIT_SSH_COMMAND: `'${ssh}'`, GIT_SSH_VARIANT: 'simple' };

let http: GitServer;
let guarded: GitServer;
let daemon: GitServer;
beforeAll(async () => {
  http = await serveHttp(box);
  guarded = await serveHttp(box, { login: 'ann:secret' });
  daemon = await serveDaemon(box);
});
afterAll(() => Promise.all([http.close(), guarded.close(), daemon.close()]));

let registries = 0;
const empty = box.repository('empty');
/** Links to a source in a registry and with a cache of its own, and loads it again. */
async function linkAndLoad(source: string, rev: string, env: Env = {}) {
  registries += 1;
  cpSync(empty.dir, join(box.root, `registry-${registries}`), { recursive: true });
  const registry = box.at(`registry-${registries}`);
  const reg = regIn(box, registry.dir, { XDG_CACHE_HOME: join(box.root, `cache-${registries}`), ...env });
  const linked = await reg('link', MODEL_PATH, 'cost', '--source', source, '--rev', rev, '--json');
  expect(linked).toMatchObject({ code: 0 });
  registry.commit();
  const { bytes, stderr, code } = await reg('load', 'cost', '-o', '-');
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(bytes.equals(MODEL)).toBe(true);
  expect(JSON.parse(linked.stdout)).toMatchObject({ commit: first, sha256: sha256(MODEL), size: 154 });
  return reg;
}

const REVS = [
  { what: 'a branch', rev: 'stable' },
  { what: 'a lightweight tag', rev: 'light' },
  { what: 'an annotated tag', rev: 'v1' },
  { what: 'a full commit id', rev: first },
  { what: 'an abbreviated commit id', rev: first.slice(0, 9) },
];

const overSchemes = pairs(REVS, ['http', 'git'] as const).map(([row, scheme]) => ({ ...row, scheme }));
test.each(overSchemes)('$scheme://: $what', async ({ rev, scheme }) => {
  await linkAndLoad(`${(scheme === 'http' ? http : daemon).url}/research/.git`, rev);
});

describe('http', () => {
  test('a server of before protocol 2 that gives no single commits away', async () => {
    const home = join(box.root, 'old-protocol');
    mkdirSync(home);
    writeFileSync(join(home, '.gitconfig'), '[protocol]\n\tversion = 0\n');
    const old = makeResearch(box, 'old');
    old.git('tag', '--delete', 'v1');
    old.commit({ [MODEL_PATH]: 'retrained' });
    await linkAndLoad(`${http.url}/old/.git`, first, { HOME: home });
  });

  test('a commit that was fetched once is not fetched again', async () => {
    const reg = await linkAndLoad(`${http.url}/research/.git`, 'v1');
    const before = http.requests.length;
    expect((await reg('load', 'cost', '-o', '-')).bytes.equals(MODEL)).toBe(true);
    expect(http.requests.slice(before)).toEqual([]);
  });

  test('a login that git knows is used', async () => {
    const home = join(box.root, 'with-login');
    mkdirSync(home);
    const helper = '!f() { echo username=ann; echo password=secret; }; f';
    writeFileSync(join(home, '.gitconfig'), `[credential]\n\thelper = "${helper}"\n`);
    await linkAndLoad(`${guarded.url}/research/.git`, 'v1', { HOME: home });
  });
});

describe('ssh', () => {
  test.each([
    ['a URL', `ssh://git@models.example.com${research.dir}`],
    ['user@host:path', `git@models.example.com:${research.dir}`],
  ])('%s', async (_what, source) => {
    rmSync(sshLog, { force: true });
    await linkAndLoad(source, 'v1', SSH);
    expect(readFileSync(sshLog, 'utf8')).toContain('git@models.example.com git-upload-pack');
  });
});

test('what cannot be reached ends with exit code 4', async () => {
  const registry = box.repository('unreached');
  registry.commit();
  const reg = regIn(box, registry.dir, SSH);
  const closed = await serveHttp(box);
  await closed.close();
  const link = (source: string) => reg('link', MODEL_PATH, 'x', '--source', source, '--rev', 'v1');
  const runs = [
    await link(`${http.url}/no-such-repository`),
    await link(`${guarded.url}/research/.git`),
    await link(`${closed.url}/research/.git`),
    await link(`${daemon.url}/no-such-repository`),
    await link('ssh://git@models.example.com/no/such/repository'),
  ];
  expect(runs.map(({ code }) => code)).toEqual([4, 4, 4, 4, 4]);
  for (const { stderr } of runs) expect(stderr).toMatch(/^error: cannot reach .*\n(.*\n)*hint: /);
  expect(existsSync(join(registry.dir, 'x.model.yaml'))).toBe(false);
});

test('a rev that the server does not have is not found, which is no fault of the network', async () => {
  const registry = box.repository('no-rev');
  registry.commit();
  const reg = regIn(box, registry.dir);
  const source = `${http.url}/research/.git`;
  const run = await reg('link', MODEL_PATH, 'x', '--source', source, '--rev', 'no-such');
  expect(transcript(run).replaceAll(http.url, '<server>')).toMatchInlineSnapshot(`
    "$ reg link models/linear_regression.safetensors x --source <server>/research/.git --rev no-such
    -- stderr --
    error: 'no-such' names no commit of <server>/research/.git
    hint: give a branch, a tag or a commit id that the source has
    -- exit 1 --
    "
  `);
});

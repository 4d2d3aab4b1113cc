import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import { hasGitLfs, pathWithoutLfs } from '../support/lfs-server-reading.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const WITHOUT_LFS: Env = { PATH: pathWithoutLfs(box) };
const weights = randomBytes(20_000_000);
const tokens = randomBytes(5000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
let server: LfsServer;
beforeAll(async () => {
  server = await serveLfs(box, { login: LOGIN });
});
afterAll(() => server.close());

/** Makes a bare repository that takes pushes, with a login in its URL. */
function published(name: string): string {
  box.repository(`${name}.git`, '--bare').git('config', 'http.receivepack', 'true');
  return `${server.url.replace('://', `://${LOGIN}@`)}/${name}.git`;
}

/** Pushes a model of two large files and a small one, as people do who have git-lfs. */
function pushWithLfs(name: string): { research: Repository; url: string } {
  const url = published(name);
  const research = box.repository(name);
  research.git('lfs', 'install', '--local');
  research.git('lfs', 'track', '*.bin');
  research.commit({
    'model/weights.bin': weights,
    'model/tokens.bin': tokens,
    'model/config.json': '{}',
  });
  research.git('push', '--quiet', url, 'main');
  return { research, url };
}

/** Pushes the same without the program: pointers by hand, objects straight to the server. */
function pushByHand(name: string): { research: Repository; url: string } {
  const url = published(name);
  const research = box.repository(name);
  research.commit({
    'model/weights.bin': server.put(weights),
    'model/tokens.bin': server.put(tokens),
    'model/config.json': '{}',
  });
  research.git('push', '--quiet', url, 'main');
  return { research, url };
}

/** Links to a source in a new registry, which has a cache of its own. */
async function linked(path: string, source: string, env: Env = WITHOUT_LFS) {
  const registry = box.repository(`registry-${path.replaceAll('/', '-')}-${source.split('/').at(-1)}`);
  const reg = guardedReg(box, registry.dir, secretsOf(LOGIN), {
    ...env,
    XDG_CACHE_HOME: join(registry.dir, '..', `cache-${registry.dir.split('/').at(-1)}`),
  });
  const run = await reg('link', path, 'cost', '--source', source, '--rev', 'main', '--json');
  registry.commit();
  return { registry, reg, run };
}

const WAYS: [string, (name: string) => { research: Repository; url: string }][] = [
  ['pushed by hand', pushByHand],
  ...(hasGitLfs ? [['pushed by a real git lfs push', pushWithLfs] as const] : []).map(
    ([what, push]): [string, (name: string) => { research: Repository; url: string }] => [what, push],
  ),
];

describe.each(WAYS)('a model %s', (what, push) => {
  const name = what.replaceAll(' ', '-');
  let url: string;
  beforeAll(() => {
    url = push(name).url;
  });

  test('is linked by its bytes and loaded, without git-lfs on PATH', async () => {
    const { registry, reg, run } = await linked('model/weights.bin', url);
    expect(run).toMatchObject({ stderr: '', code: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({
      sha256: sha256(weights),
      size: weights.length,
    });
    const { stderr, code } = await reg('load', 'cost', '-o', 'got.bin');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(readFileSync(join(registry.dir, 'got.bin')).equals(weights)).toBe(true);
  });

  test('is loaded as a folder, pointers and plain files alike', async () => {
    const { registry, reg, run } = await linked('model', url);
    expect(run).toMatchObject({ stderr: '', code: 0 });
    expect(await reg('load', 'cost', '-o', 'got')).toMatchObject({
      stderr: '',
      code: 0,
    });
    const got = (file: string): Buffer => readFileSync(join(registry.dir, 'got', file));
    expect(got('weights.bin').equals(weights)).toBe(true);
    expect(got('tokens.bin').equals(tokens)).toBe(true);
    expect(got('config.json').toString()).toBe('{}');
  });
});

describe.runIf(hasGitLfs)('in a clone that git-lfs, which is on this machine, has filled', () => {
  test('the large files of the clone are read, and the server is not asked', async () => {
    const { research } = pushWithLfs('filled');
    const before = server.requests.length;
    const { registry, reg, run } = await linked('model/tokens.bin', research.dir);
    expect(run).toMatchObject({ stderr: '', code: 0 });
    expect(await reg('load', 'cost', '-o', 'got.bin')).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(registry.dir, 'got.bin')).equals(tokens)).toBe(true);
    expect(server.requests.length).toBe(before);
  });
});

describe('a load that goes wrong', () => {
  let url: string;
  beforeAll(() => {
    url = pushByHand('wrong').url;
  });

  test('an object that nobody pushed: exit 1, and nothing is written', async () => {
    const research = box.at('wrong');
    research.commit({ 'model/lost.bin': pointerTo(randomBytes(50)) });
    research.git('push', '--quiet', url, 'main');
    const { run } = await linked('model/lost.bin', url);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^error: the Git LFS server http:.* does not have the object .*lost\.bin/);
    expect(run.stderr).toContain('\nhint: whoever committed it must still push it: git lfs push --all');
  });

  test('other bytes than the pointer says: exit 1, and nothing is written', async () => {
    const { registry, reg } = await linked('model/tokens.bin', url);
    rmSync(join(box.root, `cache-${registry.dir.split('/').at(-1)}`, 'models'), {
      recursive: true,
      force: true,
    });
    server.fail({ on: 'download', fault: 'wrong bytes' });
    const run = await reg('load', 'cost', '-o', 'got.bin');
    server.fail();
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('are not those that its source promises');
    expect(registry.git('status', '--porcelain')).toBe('');
  });

  test('a server that fails: exit 4', async () => {
    const { registry, reg } = await linked('model/weights.bin', url);
    rmSync(join(box.root, `cache-${registry.dir.split('/').at(-1)}`, 'models'), {
      recursive: true,
      force: true,
    });
    server.fail({ on: 'batch', fault: 403 });
    const run = await reg('load', 'cost', '-o', 'got.bin');
    server.fail();
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/^error: the Git LFS server http:.* answered 403/);
    expect(registry.git('status', '--porcelain')).toBe('');
  });
});

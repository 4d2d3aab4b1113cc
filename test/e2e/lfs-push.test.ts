import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { type LfsServer, pointerTo, serveLfs } from '../support/lfs-server.js';
import { hasGitLfs, pathWithoutLfs } from '../support/lfs-server-reading.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
const home = join(box.root, 'with-login');
const [username, password] = LOGIN.split(':');
mkdirSync(home);
const helper = `!f() { echo username=${username}; echo password=${password}; }; f`;
writeFileSync(join(home, '.gitconfig'), `[credential]\n\thelper = "${helper}"\n`);
/** A user whose git knows the login, and who has no git-lfs. */
const USER: Env = { HOME: home, PATH: pathWithoutLfs(box) };
const weights = randomBytes(6_000_000);
const tokens = randomBytes(5000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
let server: LfsServer;
beforeAll(async () => {
  server = await serveLfs(box, { login: LOGIN });
});
afterAll(() => server.close());

interface Pushed {
  research: Repository;
  url: string;
}

/** Makes a bare repository that takes pushes; gives its URL. */
function published(name: string): string {
  box.repository(`${name}.git`, '--bare').git('config', 'http.receivepack', 'true');
  return `${server.url}/${name}.git`;
}

/** Pushes a model of two large files and a small one, as people do who have git-lfs. */
async function pushWithLfs(name: string): Promise<Pushed> {
  const url = published(name);
  const research = box.repository(name);
  research.git('lfs', 'install', '--local');
  research.git('lfs', 'track', '*.bin');
  research.commit({
    'model/weights.bin': weights,
    'model/tokens.bin': tokens,
    'model/config.json': '{}',
  });
  // the server answers in this very process, which must not wait for git
  await promisify(execFile)('git', ['push', '--quiet', url, 'main'], {
    cwd: research.dir,
    env: { ...box.env, HOME: home },
  });
  return { research, url };
}

/** Pushes the same without the program: pointers by hand, objects straight to the server. */
async function pushByHand(name: string): Promise<Pushed> {
  const url = published(name);
  const research = box.repository(name);
  research.commit({
    'model/weights.bin': server.put(weights),
    'model/tokens.bin': server.put(tokens),
    'model/config.json': '{}',
  });
  research.git('push', '--quiet', `${research.dir}.git`, 'main');
  return { research, url };
}

/** A push that is made when it is first needed. */
function once(push: () => Promise<Pushed>): () => Promise<Pushed> {
  let made: Promise<Pushed> | undefined;
  return () => {
    made ??= push();
    return made;
  };
}

/** Links to a source in a new registry, which has a cache of its own. */
async function linked(path: string, source: string) {
  const registry = box.repository(`registry-${path.replaceAll('/', '-')}-${source.split('/').at(-1)}`);
  const reg = guardedReg(box, registry.dir, secretsOf(LOGIN), {
    ...USER,
    XDG_CACHE_HOME: join(registry.dir, '..', `cache-${registry.dir.split('/').at(-1)}`),
  });
  const run = await reg('link', path, 'cost', '--source', source, '--rev', 'main');
  registry.commit();
  return { registry, reg, run };
}

/** How a model gets there. */
const PUSHES: { how: string; pushed: () => Promise<Pushed> }[] = [
  { how: 'whose pointers and objects were put there by hand', pushed: once(() => pushByHand('by-hand')) },
  {
    how: 'that the git-lfs program, which is on this machine, has pushed',
    pushed: once(() => pushWithLfs('by-program')),
  },
].slice(0, hasGitLfs ? 2 : 1);

const LOADS = [
  {
    what: 'is linked by its bytes and loaded, without git-lfs on PATH',
    expectLoaded: async (url: string) => {
      const { registry, reg, run } = await linked('model/weights.bin', url);
      expect(run).toMatchObject({ code: 0 });
      const link = readFileSync(join(registry.dir, 'cost.model.yaml'), 'utf8');
      expect(link).toContain(`sha256: ${sha256(weights)}\nsize: ${weights.length}\n`);
      const { stderr, code } = await reg('load', 'cost', '-o', 'got.bin');
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      expect(readFileSync(join(registry.dir, 'got.bin')).equals(weights)).toBe(true);
    },
  },
  {
    what: 'is loaded as a folder, pointers and plain files alike',
    expectLoaded: async (url: string) => {
      const { registry, reg, run } = await linked('model', url);
      expect(run).toMatchObject({ code: 0 });
      expect(await reg('load', 'cost', '-o', 'got')).toMatchObject({
        stderr: '',
        code: 0,
      });
      const got = (file: string): Buffer => readFileSync(join(registry.dir, 'got', file));
      expect(got('weights.bin').equals(weights)).toBe(true);
      expect(got('tokens.bin').equals(tokens)).toBe(true);
      expect(got('config.json').toString()).toBe('{}');
    },
  },
];

const loads = pairs(LOADS, PUSHES).map(([load, push]) => ({ ...load, ...push }));
test.each(loads)('a model $how $what', async ({ expectLoaded, pushed }) =>
  expectLoaded((await pushed()).url),
);

describe.runIf(hasGitLfs)('in a clone that git-lfs, which is on this machine, has filled', () => {
  test('the large files of the clone are read, and the server is not asked', async () => {
    const { research } = await pushWithLfs('filled');
    const before = server.requests.length;
    const { registry, reg, run } = await linked('model/tokens.bin', research.dir);
    expect(run).toMatchObject({ code: 0 });
    expect(await reg('load', 'cost', '-o', 'got.bin')).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(registry.dir, 'got.bin')).equals(tokens)).toBe(true);
    expect(server.requests.length).toBe(before);
  });
});

describe('a load that goes wrong', () => {
  let url: string;
  beforeAll(async () => {
    url = (await pushByHand('wrong')).url;
  });

  test('an object that was not pushed: exit 1, and nothing is written', async () => {
    const research = box.at('wrong');
    research.commit({ 'model/lost.bin': pointerTo(randomBytes(50)) });
    research.git('push', '--quiet', `${research.dir}.git`, 'main');
    const { run } = await linked('model/lost.bin', url);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^error: the Git LFS server http:.* does not have the object .*lost\.bin/);
    expect(run.stderr).toContain('\nhint: the author of the commit must still push it: git lfs push --all');
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
    expect(existsSync(join(registry.dir, 'got.bin'))).toBe(false);
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
    expect(existsSync(join(registry.dir, 'got.bin'))).toBe(false);
  });
});

import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { MODEL, makeResearch, sha256, withRemote } from './registry.js';

const box = sandbox();
const SHA = sha256(MODEL);
const KEY = `${SHA.slice(0, 2)}/${SHA.slice(2)}/m.bin`;
const research = makeResearch(box);
let count = 0;
let registry: Repository;
let remote: Repository;
let reg: ReturnType<typeof regIn>;
let shared: string;
beforeEach(() => {
  count += 1;
  ({ registry, remote } = withRemote(box, `registry-${count}`));
  mkdirSync(join(registry.dir, 'out'));
  writeFileSync(join(registry.dir, 'out/m.bin'), MODEL);
  writeFileSync(join(registry.dir, '.gitignore'), 'out\nignored\n');
  shared = join(box.root, `shared-${count}`);
  mkdirSync(shared);
  reg = regIn(box, registry.dir);
});
/** Commits files, and pushes the branch: what is allowed is read from there. */
function push(files: Record<string, string | Uint8Array>): string {
  const commit = registry.commit(files);
  registry.git('push', '--quiet', 'origin', 'main');
  return commit;
}
const upload = (...more: string[]) =>
  reg('upload', 'out/m.bin', 'churn', '--assign', 'dev', '--push', ...more);

test.each([
  ['the default store', []],
  ['a relative one', ['--store', '../other']],
  ['an ignored one', ['--store', 'ignored']],
  ['one that the work tree alone names', [], 'push: true\nstore: SHARED\n'],
])('%s is refused before anything is written', async (_what, args, config = '') => {
  registry.commit(config === '' ? {} : { '.reg.yaml': config.replace('SHARED', shared) });
  const head = registry.git('rev-parse', 'HEAD');
  const run = await upload(...args);
  expect([run.code, run.stdout]).toEqual([1, '']);
  expect(run.stderr).toMatch(
    /^error: the bytes of churn are in a folder of this machine that a push does not take along: \/.*\nhint: name a store that others reach with --store, or with store: in \.reg\.yaml of the default branch; /,
  );
  expect([registry.git('rev-parse', 'HEAD'), remote.tags(), registry.tags()]).toEqual([head, [], []]);
  expect(registry.git('status', '--porcelain')).toBe('');
  for (const one of ['store', '../other', 'ignored', join(shared, KEY)])
    expect(existsSync(join(registry.dir, one)), one).toBe(false);
  // without a push it is a registration like any other
  expect((await reg('upload', 'out/m.bin', 'churn', '--register')).code).toBe(config === '' ? 0 : 1);
});

test('a folder that was named on purpose is not, where it is there', async () => {
  const gone = await upload('--store', join(box.root, 'not-mounted'));
  expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining('there is no folder')]);
  const run = await upload('--store', `file://${shared}`);
  expect([run.code, run.stdout], run.stderr).toEqual([0, 'churn.model.yaml\nchurn@v0.0.1\nchurn#dev#1\n']);
  expect(remote.tags()).toEqual(['churn#dev#1', 'churn@v0.0.1']);
  expect(existsSync(join(shared, KEY))).toBe(true);
});

test.each([
  ['store:', () => `store: ${shared}\n`, []],
  ['sources:', () => `sources: {allow: ['file://${shared}']}\nstore: ../shared-SELF\n`, []],
])('%s of the default branch names a folder that others have', async (_key, config, args) => {
  push({ '.reg.yaml': config().replace('SELF', String(count)) });
  const run = await upload(...args);
  expect([run.code, remote.tags()], run.stderr).toEqual([0, ['churn#dev#1', 'churn@v0.0.1']]);
  expect(run.stderr).toContain('the link names a folder of this machine');
});

test('bytes that are committed go along', async () => {
  push({ [`store/${KEY}`]: MODEL });
  const run = await upload();
  expect([run.code, remote.tags()], run.stderr).toEqual([0, ['churn#dev#1', 'churn@v0.0.1']]);
});

test('a store inside is named from the top, however the way there leads', async () => {
  const alias = join(box.root, `alias-${count}`);
  symlinkSync(registry.dir, alias);
  for (const store of [`file://${registry.dir}/a%20b`, join(alias, 'a b'), 'a b']) {
    expect((await reg('upload', 'out/m.bin', 'churn', '--store', store)).code).toBe(0);
    expect(readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8')).toContain(`url: ./a b/${KEY}`);
  }
  expect(realpathSync(alias)).toBe(registry.dir);
});

const link = (source: string): string => `source: ${source}\nsha256: ${SHA}\n`;
test.each([
  ['an address', () => link(`{url: 'file://${shared}/m.bin'}`)],
  ['a path that nothing committed', () => link('{url: ./store/m.bin}')],
  [
    'a repository beside',
    () => link(`{repo: ../research, commit: ${research.git('rev-parse', 'HEAD')}, path: m}`),
  ],
  ['a link to such a link', () => 'source: {path: other.model.yaml}\n'],
  ['a remote of DVC', () => 'source: {path: tracked.bin}\n'],
])('register and assign refuse to push %s', async (what, text) => {
  // others may have such a folder where a person stands, and not where a job runs
  const isForRunners = what === 'a repository beside' || what === 'a remote of DVC';
  const plain = reg;
  reg = regIn(box, registry.dir, isForRunners ? { CI: 'true' } : {});
  const dvc = {
    '.dvc/config': '[core]\n    remote = r\n[\'remote "r"\']\n    url = ../../dvc\n',
    'tracked.bin.dvc':
      'outs:\n- md5: 0123456789abcdef0123456789abcdef\n  size: 1\n  hash: md5\n  path: tracked.bin\n',
  };
  const object = join(box.root, 'dvc/files/md5/01');
  mkdirSync(object, { recursive: true });
  writeFileSync(join(object, '23456789abcdef0123456789abcdef'), 'x');
  const other = link(`{url: 'file://${shared}/m.bin'}`);
  push({ ...dvc, 'other.model.yaml': other, 'churn.model.yaml': text() });
  for (const command of [
    ['register', 'churn'],
    ['assign', 'churn', 'dev'],
  ]) {
    const run = await reg(...command, '--push');
    expect([run.code, run.stderr], run.stderr).toEqual([
      1,
      expect.stringMatching(/^error: the bytes of churn are in a folder of this machine/),
    ]);
  }
  if (isForRunners)
    expect((await plain('register', 'churn', '--push', '--dry-run')).stdout).toBe('churn@v0.0.1\n');
  // a push of the assignment would take the registration along
  expect((await reg('register', 'churn')).code).toBe(0);
  expect((await reg('assign', 'churn@v0.0.1', 'dev', '--push')).stderr).toContain('add --unlinked');
  expect(remote.tags()).toEqual([]);
  expect((await reg('assign', 'churn@v0.0.1', 'dev', '--push', '--unlinked')).code).toBe(0);
  expect(remote.tags()).toEqual(['churn#dev#1', 'churn@v0.0.1']);
});

test('a sync pushes what is here, and says which bytes are not', async () => {
  expect((await reg('upload', 'out/m.bin', 'churn', '--register')).code).toBe(0);
  const run = await reg('sync');
  expect([run.code, remote.tags()]).toEqual([0, ['churn@v0.0.1']]);
  expect(run.stderr).toMatch(
    /^churn@v0\.0\.1 is pushed, but the bytes of churn are in a folder of this machine that a push does not take along: \//,
  );
});

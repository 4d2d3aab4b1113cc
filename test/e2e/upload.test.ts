import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { MODEL, sha256 } from './registry.js';

const box = sandbox();
const SHA = sha256(MODEL);
const KEY = `${SHA.slice(0, 2)}/${SHA.slice(2)}`;

let count = 0;
let registry: Repository;
let reg: ReturnType<typeof regIn>;
beforeEach(() => {
  count += 1;
  registry = box.repository(`registry ${count}`);
  registry.commit({ 'README.md': 'a registry' });
  mkdirSync(join(registry.dir, 'out'));
  writeFileSync(join(registry.dir, 'out/m.safetensors'), MODEL);
  reg = regIn(box, registry.dir);
});
const linkFile = (): string => readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8');

test('a file goes into the store under its hash, and the link says so', async () => {
  expect(transcript(await reg('upload', 'out/m.safetensors', 'churn'))).toMatchInlineSnapshot(`
    "$ reg upload out/m.safetensors churn
    churn.model.yaml
    -- stderr --
    the store is a folder of this clone, which others do not have: --store and store: in .reg.yaml name another
    hint: git add churn.model.yaml && git commit -m 'Link churn'
    "
  `);
  expect(readFileSync(join(registry.dir, 'store', KEY, 'm.safetensors')).equals(MODEL)).toBe(true);
  expect(linkFile()).toContain(`url: ./store/${KEY}/m.safetensors\nsha256: ${SHA}\nsize: ${MODEL.length}\n`);
  expect((await reg('validate')).code).toBe(0);
  registry.git('add', 'churn.model.yaml');
  registry.git('commit', '--quiet', '-m', 'Link churn');
  expect((await reg('load', 'churn', '-o', '-')).bytes.equals(MODEL)).toBe(true);
});

test('git add . leaves out the store that nothing names, and what is in one that was there before', async () => {
  await reg('upload', 'out/m.safetensors', 'churn');
  registry.git('add', '.');
  const added = (): string[] => registry.git('diff', '--cached', '--name-only').split('\n');
  expect(added()).toEqual(['churn.model.yaml', 'out/m.safetensors']);
  rmSync(join(registry.dir, 'store/.gitignore'));
  await reg('upload', 'out/m.safetensors', 'fraud', '--store', './store');
  registry.git('add', '.');
  expect(added()).toContain(`store/${KEY}/m.safetensors`);
  expect(readdirSync(join(registry.dir, 'store'))).toEqual([SHA.slice(0, 2)]);
});

test('register commits the link file alone; assign puts the version into a stage', async () => {
  writeFileSync(join(registry.dir, 'mine'), 'staged');
  registry.git('add', 'mine');
  const [row] = [await jsonIn(box, registry.dir)('upload', 'out/m.safetensors', 'churn', '--register')];
  expect(row).toMatchObject({
    artifact: 'churn',
    path: 'churn.model.yaml',
    sha256: SHA,
    size: MODEL.length,
    uploaded: true,
  });
  expect(row).toMatchObject({ commit: registry.git('rev-parse', 'HEAD'), tags: [{ tag: 'churn@v0.0.1' }] });
  expect(registry.git('show', '--format=%s', '--name-only')).toBe('Link churn\n\nchurn.model.yaml');
  expect(registry.git('diff', '--cached', '--name-only')).toBe('mine');
  writeFileSync(join(registry.dir, 'out/m.safetensors'), 'retrained');
  const again = await reg(
    'upload',
    'out/m.safetensors',
    'churn',
    '--assign',
    'dev',
    '-m',
    'Retrained in May',
  );
  expect(again.stdout).toBe('churn.model.yaml\nchurn@v0.0.2\nchurn#dev#1\n');
  expect(registry.git('tag', '--list', '--format=%(subject)', 'churn@v0.0.2')).toBe('Retrained in May');
  expect((await reg('load', 'churn#dev', '-o', '-')).stdout).toBe('retrained');
  expect((await reg('load', 'churn@v0.0.1', '-o', '-')).bytes.equals(MODEL)).toBe(true);
});

test('the same bytes again are neither stored, committed nor registered again', async () => {
  await reg('upload', 'out/m.safetensors', 'churn', '--assign', 'dev');
  const before = [registry.git('rev-parse', 'HEAD'), registry.tags()];
  registry.git('commit', '--quiet', '--allow-empty', '-m', 'Something else');
  const { stdout, stderr, code } = await reg('upload', 'out/m.safetensors', 'churn', '--register');
  expect({ stdout, code }).toEqual({ stdout: 'churn.model.yaml\nchurn@v0.0.1\n', code: 0 });
  expect(stderr).toContain('the store has these bytes already');
  expect(stderr).toContain('v0.0.1');
  expect([registry.git('rev-parse', 'HEAD~1'), registry.tags()]).toEqual(before);
});

test('a folder, into a folder that others share', async () => {
  const store = join(box.root, `shared-${count}`);
  writeFileSync(join(registry.dir, 'out/config.json'), '{}');
  await reg('upload', 'out', 'churn', '--store', store, '--register');
  const [prefix = ''] = readdirSync(store);
  const [rest = ''] = readdirSync(join(store, prefix));
  expect(readdirSync(join(store, prefix, rest, 'out')).sort()).toEqual(['config.json', 'm.safetensors']);
  rmSync(join(registry.dir, 'out'), { recursive: true });
  expect((await reg('load', 'churn@latest')).stdout).toBe('out\n');
  expect(readFileSync(join(registry.dir, 'out/m.safetensors')).equals(MODEL)).toBe(true);
});

test('the store of the configuration, from the top of the repository', async () => {
  registry.commit({ '.reg.yaml': 'store: models\n', 'a/b': '' });
  const inside = regIn(box, join(registry.dir, 'a'));
  expect((await inside('upload', '../out/m.safetensors', 'churn')).code).toBe(0);
  expect(readdirSync(join(registry.dir, 'models'))).toEqual([SHA.slice(0, 2)]);
  expect((await inside('upload', '../out/m.safetensors', 'fraud', '--store', 'here')).code).toBe(0);
  expect(readdirSync(join(registry.dir, 'a/here'))).toEqual([SHA.slice(0, 2)]);
});

test('what is in a link stays, but for where the model is', async () => {
  registry.commit({
    'churn.model.yaml':
      '# ours\nsource: {repo: ../research, rev: v1, path: m}\nlabels: {team: pricing} # keep\n',
  });
  await reg('upload', 'out/m.safetensors', 'churn');
  expect(linkFile()).toMatch(/^# ours\nsource: *\{ ?url: \S+ ?\}\nlabels: \{ ?team: pricing ?\} # keep\n/);
});

test.each([
  ['nothing there', ['out/nothing', 'churn'], 1, 'there is nothing at out/nothing'],
  ['no artifact name', ['out/m.safetensors', '-x'], 2, ''],
  [
    'a store of no known kind',
    ['out/m.safetensors', 'churn', '--store', 'ftp://h/x'],
    1,
    'ftp: is not supported',
  ],
  ['a stage that is not allowed', ['out/m.safetensors', 'churn', '--assign', 'a/b'], 2, 'a/b'],
])('%s', async (_what, args, code, message) => {
  const run = await reg('upload', ...args);
  expect(run).toMatchObject({ stdout: '', code });
  expect(run.stderr).toContain(message);
  expect(registry.tags()).toEqual([]);
});

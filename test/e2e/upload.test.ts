import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

test('a folder, into a folder that others share: each file once, by its bytes', async () => {
  const store = join(box.root, `shared-${count}`);
  const files = (): string[] =>
    readdirSync(join(store, 'files'), { recursive: true, withFileTypes: true }).flatMap((one) =>
      one.isFile() ? readFileSync(join(one.parentPath, one.name), 'utf8') : [],
    );
  const upload = (...args: string[]) =>
    reg('upload', 'out', 'churn', '--store', store, '--register', ...args);
  writeFileSync(join(registry.dir, 'out/config.json'), '{}');
  writeFileSync(join(registry.dir, 'out/same.json'), '{}');
  expect((await upload()).stderr).not.toContain('already');
  const { sha256: sum } = JSON.parse((await upload('--json')).stdout);
  const place = join(store, sum.slice(0, 2), sum.slice(2), 'out');
  expect(readdirSync(place)).toEqual(['.reg-files']);
  expect(readFileSync(join(place, '.reg-files'), 'utf8')).toBe(
    `${sha256('{}')} 2 config.json\n${SHA} ${MODEL.length} m.safetensors\n${sha256('{}')} 2 same.json\n`,
  );
  expect(files()).toHaveLength(2);
  expect((await upload()).stderr).toContain('the store has these bytes already');
  writeFileSync(join(registry.dir, 'out/config.json'), '{"a": 1}');
  expect((await upload()).stderr).toContain('the store had 2 of 3 files already');
  expect(files()).toHaveLength(3);
  expect((await reg('validate', '--json')).code).toBe(0);
  rmSync(join(registry.dir, 'out'), { recursive: true });
  for (const [version, config] of [
    ['v0.0.1', '{}'],
    ['v0.0.2', '{"a": 1}'],
  ]) {
    expect((await reg('load', `churn@${version}`, '-o', `${version}`)).code).toBe(0);
    expect(readFileSync(join(registry.dir, `${version}/config.json`), 'utf8')).toBe(config);
    expect(readFileSync(join(registry.dir, `${version}/m.safetensors`)).equals(MODEL)).toBe(true);
  }
});

test('some files of a folder in a store are fetched without the others', async () => {
  const store = join(box.root, `shared-${count}`);
  writeFileSync(join(registry.dir, 'out/config.json'), '{}');
  await reg('upload', 'out', 'churn', '--store', store, '--register');
  rmSync(join(store, 'files', KEY));
  expect(await reg('files', 'churn')).toMatchObject({
    stdout: `2\t${sha256('{}')}\tconfig.json\n${MODEL.length}\t${SHA}\tm.safetensors\n`,
    stderr: '',
  });
  expect(await reg('load', 'churn', '--include', '*.json', '-o', 'some')).toMatchObject({
    stderr: '',
    code: 0,
  });
  expect(readdirSync(join(registry.dir, 'some'))).toEqual(['config.json']);
  expect((await reg('load', 'churn', '-o', 'all')).code).toBe(1);
  expect(existsSync(join(registry.dir, 'all'))).toBe(false);
  await reg('assign', 'churn@v0.0.1', 'prod');
  expect((await reg('doctor', '--bytes')).stdout).toContain('m.safetensors is missing in the store');
  // what is missing is stored again
  expect((await reg('upload', 'out', 'churn', '--store', store)).code).toBe(0);
  expect((await reg('load', 'churn', '-o', 'all')).code).toBe(0);
  const [list] = readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.reg-files'),
  );
  writeFileSync(join(store, list ?? ''), `${sha256('x')} 1 config.json\n`);
  const elsewhere = regIn(box, registry.dir, { XDG_CACHE_HOME: join(registry.dir, 'cache') });
  expect(await elsewhere('files', 'churn')).toMatchObject({ stdout: '', code: 1 });
  expect((await elsewhere('load', 'churn', '-o', 'other', '--include', '*')).stderr).toContain(
    'is not that of the model',
  );
  await reg('upload', 'out', 'churn', '--store', store);
  expect((await elsewhere('load', 'churn', '-o', 'other', '--include', '*')).code).toBe(0);
});

test('a folder that was stored as it is goes on to load, and is not stored again', async () => {
  const sum = sha256(`${sha256('{}')}  config.json\n${SHA}  m.safetensors\n`);
  const store = join(box.root, `shared-${count}`);
  const place = join(store, sum.slice(0, 2), sum.slice(2));
  writeFileSync(join(registry.dir, 'out/config.json'), '{}');
  cpSync(join(registry.dir, 'out'), join(place, 'out'), { recursive: true });
  registry.commit({ 'churn.model.yaml': `source: {url: '${place}/out/'}\nsha256: ${sum}\n` });
  const before = readdirSync(store, { recursive: true });
  expect(await reg('load', 'churn', '-o', 'old')).toMatchObject({ stdout: 'old\n', stderr: '', code: 0 });
  const again = await reg('upload', 'out', 'churn', '--store', store);
  expect(again.stderr).toContain('the store has these bytes already');
  expect(readdirSync(store, { recursive: true })).toEqual(before);
  expect(linkFile()).toContain(`${place}/out/`);
});

test('.regignore and version control are left out, and named', async () => {
  for (const [path, text] of Object.entries({
    '.regignore': '*.log\n/tmp/\n# a comment\n!keep.log\n',
    '.git/HEAD': '',
    'sub/.git': 'gitdir: elsewhere',
    '.dvc/config.local': 'secret',
    'train.log': '',
    'sub/keep.log': '',
    'tmp/x': '',
    'sub/tmp/x': '',
  })) {
    mkdirSync(dirname(join(registry.dir, 'out', path)), { recursive: true });
    writeFileSync(join(registry.dir, 'out', path), text);
  }
  const { stderr, code } = await reg('upload', 'out', 'churn', '--store', join(box.root, `shared-${count}`));
  expect({ code, first: stderr.split('\n')[0] }).toEqual({
    code: 0,
    first: 'left out of the model: .dvc, .git, sub/.git, 2 files that .regignore names',
  });
  registry.commit();
  expect((await reg('files', 'churn', '--fields', 'path')).stdout).toBe(
    'm.safetensors\nsub/keep.log\nsub/tmp/x\n',
  );
  writeFileSync(join(registry.dir, 'out/.regignore'), '*\n');
  expect((await reg('upload', 'out', 'churn')).stderr).toContain(
    'there is no file in out beside what is left out',
  );
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

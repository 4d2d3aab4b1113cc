import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/index.js';
import { jsonIn, regIn, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { sha256 } from './registry.js';

const box = sandbox();
const FILES = {
  'config.json': '{}',
  'onnx/model.onnx': 'onnx',
  'onnx/vocab.json': '[]',
  'tf/model.pb': 'tensors',
};
const SUM = sha256(
  Object.entries(FILES)
    .map(([path, text]) => `${sha256(text)}  ${path}\n`)
    .join(''),
);
const research = box.repository('research');
research.commit(Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`bert/${path}`, text])));
research.tag('v1');
const project = box.repository('dvc/project');
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const store = join(box.root, 'store');

beforeAll(async () => {
  cpSync(fileURLToPath(new URL('../../fixtures/dvc', import.meta.url)), join(box.root, 'dvc'), {
    recursive: true,
  });
  project.commit({}, 'Track');
  project.tag('v1');
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(store, 'bert', path)), { recursive: true });
    writeFileSync(join(store, 'bert', path), text);
  }
  await reg('link', 'bert', 'git', '--source', '../research', '--rev', 'v1');
  await reg('link', 'bert/config.json', 'one', '--source', '../research', '--rev', 'v1');
  await reg('link', 'data', 'dvc', '--source', '../dvc/project', '--rev', 'v1');
  registry.commit({
    'store.model.yaml': `source: {url: '${store}/bert/'}\nsha256: ${SUM}\n`,
    'wrong.model.yaml': `source: {repo: ../research, rev: v1, path: bert}\nsha256: ${'0'.repeat(64)}\n`,
    'open.model.yaml': 'source: {repo: ../research, rev: v1, path: bert}\n',
    'own.model.yaml': 'source: {path: bert}\n',
    ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`bert/${path}`, text])),
  });
  await reg('register', 'git');
});

/** Files below a folder, by path. */
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .sort();

let folders = 0;
/** Loads in a folder of its own, with a cache of its own. */
async function loadInto(...args: string[]) {
  folders += 1;
  const cwd = join(box.root, `out-${folders}`);
  mkdirSync(cwd);
  const env = { XDG_CACHE_HOME: join(cwd, '.cache') };
  const load = (...more: string[]) => runReg(box, { cwd, env }, 'load', '-r', registry.dir, ...more);
  return { cwd, load, run: await load(...args) };
}

describe('reg files', () => {
  test('lists what git has, with the SHA-256 of each', async () => {
    expect(transcript(await reg('files', 'git@v0.0.1'))).toMatchInlineSnapshot(`
      "$ reg files git@v0.0.1
      2	44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a	config.json
      4	87e93f89f2be0db364e8be052f79f389e6c2da239831922e24513288af522a43	onnx/model.onnx
      2	4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945	onnx/vocab.json
      7	26cc73f9fbf623d9a49bbf3f3d88f70195f2de68d7f25b5161f6700e6644cf44	tf/model.pb
      "
    `);
    expect(await json('files', 'git')).toEqual(
      Object.entries(FILES).map(([path, text]) => ({ path, size: text.length, sha256: sha256(text) })),
    );
    expect((await reg('files', 'own', '--fields', 'path')).stdout).toBe(`${Object.keys(FILES).join('\n')}\n`);
    expect(existsSync(join(box.root, 'home/.cache/reg/models'))).toBe(false);
  });

  test('a model of one file, and folders whose source has no such list', async () => {
    expect(await json('files', 'one')).toEqual([{ path: 'config.json', size: 2, sha256: sha256('{}') }]);
    // what is on this machine is read
    expect(await json('files', 'store')).toMatchObject([
      { path: 'config.json', size: 2, sha256: sha256('{}') },
      { path: 'onnx/model.onnx' },
      { path: 'onnx/vocab.json' },
      { path: 'tf/model.pb', size: 7 },
    ]);
    expect(await json('files', 'dvc')).toMatchObject([
      { path: 'cost.csv', sha256: null },
      { path: 'notes/größe.txt', sha256: null },
    ]);
  });

  test('a list that the link does not promise is no answer', async () => {
    expect(await reg('files', 'wrong')).toMatchObject({ stdout: '', code: 1 });
    await expect((await openRegistry(registry.dir)).files('wrong')).rejects.toMatchObject({
      code: 'HASH_MISMATCH',
    });
  });

  test('tells the later steps of a job which model it is', async () => {
    const { stdout } = await reg('files', 'git@v0.0.1', '--output-format', 'dotenv');
    expect(stdout).toContain('MODEL_NAME=git\nMODEL_VERSION=v0.0.1\n');
    expect(stdout).toContain(`MODEL_SHA256=${SUM}\n`);
  });
});

describe('reg load --include', () => {
  test.each(['git', 'store', 'own', 'open'])('brings the files that match, from %s', async (name) => {
    const { cwd, run, load } = await loadInto(name, '--include', 'onnx/*', '-o', 'm', '--json');
    expect(run.code).toBe(0);
    expect(below(join(cwd, 'm'))).toEqual(['onnx/model.onnx', 'onnx/vocab.json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      size: 6,
      files: ['onnx/model.onnx', 'onnx/vocab.json'],
      sha256: sha256(`${sha256('onnx')}  onnx/model.onnx\n${sha256('[]')}  onnx/vocab.json\n`),
    });
    // more of it later, and then the rest
    expect(await load(name, '--include', '*.json', '-o', 'm')).toMatchObject({ stdout: 'm\n', code: 0 });
    expect(below(join(cwd, 'm'))).toEqual(['config.json', 'onnx/model.onnx', 'onnx/vocab.json']);
    expect((await load(name, '-o', 'm')).code).toBe(0);
    expect(below(join(cwd, 'm'))).toEqual(Object.keys(FILES));
    expect(readFileSync(join(cwd, 'm/onnx/model.onnx'), 'utf8')).toBe('onnx');
    expect(await load(name, '--include', 'tf/', '-o', 'm')).toMatchObject({
      stderr: expect.not.stringContaining('other'),
      code: 0,
    });
  });

  test('a folder of this machine without a list is read for it', async () => {
    const { run, load } = await loadInto('store', '--include', '*.json', '-o', 'm');
    expect(run).toMatchObject({ stdout: 'm\n', stderr: '', code: 0 });
    writeFileSync(join(store, 'bert/tf/model.pb'), 'another');
    expect(await load('store', '--include', 'tf/', '-o', 'm')).toMatchObject({ code: 1 });
    writeFileSync(join(store, 'bert/tf/model.pb'), FILES['tf/model.pb']);
  });

  test('a folder that DVC tracks', async () => {
    const { cwd, run } = await loadInto('dvc', '--include', 'notes/', '-o', 'm');
    expect(run).toMatchObject({ stdout: 'm\n', stderr: '', code: 0 });
    expect(below(join(cwd, 'm'))).toEqual(['notes/größe.txt']);
  });

  test('under its own name, more than once; one file goes to standard output', async () => {
    const { cwd, load } = await loadInto('git', '--include', 'onnx/*');
    expect(await load('git', '--include', 'config.json')).toMatchObject({
      stdout: 'bert\n',
      stderr: '',
      code: 0,
    });
    expect(below(join(cwd, 'bert'))).toEqual(['config.json', 'onnx/model.onnx', 'onnx/vocab.json']);
    expect((await load('git', '--include', 'config.json', '-o', '-')).stdout).toBe('{}');
    expect((await load('git', '--include', '*.json', '-o', '-')).code).toBe(1);
    const model = await (await openRegistry(registry.dir)).load('git', { include: ['config.json'] });
    expect(Buffer.from(await model.bytes()).toString()).toBe('{}');
  });

  test('bytes that the link does not promise are not placed, in a part neither', async () => {
    const { cwd, run } = await loadInto('wrong', '--include', 'onnx/*', '-o', 'm');
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(existsSync(join(cwd, 'm'))).toBe(false);
    const changed = await loadInto('store', '-o', 'm', '--include', 'config.json');
    expect(changed.run.code).toBe(0);
    writeFileSync(join(store, 'bert/tf/model.pb'), 'changed');
    expect((await loadInto('store', '-o', 'm', '--include', 'config.json')).run.code).toBe(1);
    writeFileSync(join(store, 'bert/tf/model.pb'), FILES['tf/model.pb']);
  });

  test('a pattern that matches nothing, and a model of one file', async () => {
    expect(transcript((await loadInto('git', '--include', 'jax/*')).run)).toMatchInlineSnapshot(`
      "$ reg load -r <tmp>/registry git --include 'jax/*'
      -- stderr --
      error: no file of git matches 'jax/*'
      hint: list its files: reg files git --repo <tmp>/registry
      -- exit 1 --
      "
    `);
    expect(transcript((await loadInto('one', '--include', 'jax/*')).run)).toMatchInlineSnapshot(`
      "$ reg load -r <tmp>/registry one --include 'jax/*'
      -- stderr --
      error: one is one file, and patterns choose files of a folder
      hint: leave out --include
      -- exit 1 --
      "
    `);
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { runHere } from '../support/here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { makeRegistry } from './registry.js';

const box = sandbox();

/** A registry with a version in prod. */
function filled(name: string): Repository {
  const registry = makeRegistry(box, name, 'churn');
  for (const tag of ['churn@v1.0.0', 'churn#prod#1']) registry.tag(tag);
  return registry;
}
const registry = filled('registry');

const READS = [
  'show',
  'show churn',
  'which churn prod',
  'latest churn',
  'history churn',
  'stages',
  'check-ref churn@v1.0.0',
  'describe churn',
  'verify --offline',
  'validate',
  'load churn -o -',
];

/** Runs reading commands; gives what they print, and stops at one that fails. */
async function readAll(cwd: string, env: Env, lines = READS): Promise<string[]> {
  const answers: string[] = [];
  for (const line of lines) {
    const run = await runHere({ cwd, env }, '-q', ...line.split(' '));
    expect(run, `${line}: ${run.stderr}`).toMatchObject({ code: 0 });
    answers.push(run.stdout);
  }
  return answers;
}

const { HOME: _, ...homeless } = box.env;
const usual = await readAll(registry.dir, box.env);

describe('a container without a home folder', () => {
  const HOMES: Record<string, Env> = {
    'no HOME': homeless,
    'one that is not there': { ...homeless, HOME: join(box.root, 'nowhere') },
    'one that nobody can make': { ...homeless, HOME: '/dev/null/home' },
  };
  const turns = pairs(READS, Object.keys(HOMES));
  test.each(Object.entries(HOMES))('%s', async (what, env) => {
    const lines = turns.filter(([, home]) => home === what).map(([line]) => line);
    expect(await readAll(registry.dir, env, lines)).toEqual(lines.map((line) => usual[READS.indexOf(line)]));
    const byUrl = await runHere(
      { cwd: box.root, env },
      'which',
      'churn',
      'prod',
      '--repo',
      `file://${registry.dir}`,
    );
    expect(byUrl, byUrl.stderr).toMatchObject({ stdout: 'v1.0.0\n', code: 0 });
  });
});

test('a repository on a read-only disk', async () => {
  const sealed = filled('sealed');
  const folders = [
    sealed.dir,
    ...readdirSync(sealed.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name)),
  ];
  for (const folder of folders) chmodSync(folder, 0o555);
  try {
    const before = readdirSync(sealed.dir, { recursive: true }).sort();
    const answers = await readAll(sealed.dir, box.env);
    expect(answers[0]).toBe(usual[0]);
    expect(readdirSync(sealed.dir, { recursive: true }).sort()).toEqual(before);
  } finally {
    for (const folder of folders) chmodSync(folder, 0o755);
  }
});

test('a detached HEAD', async () => {
  const detached = filled('detached');
  detached.git('checkout', '--quiet', '--detach');
  const reg = (...args: string[]) => runHere({ cwd: detached.dir, env: box.env }, ...args);
  expect((await reg('which', 'churn', 'prod')).stdout).toBe('v1.0.0\n');
  detached.commit();
  expect(await reg('register', 'churn')).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  expect(await reg('assign', 'churn@v1.0.1', 'prod')).toMatchObject({ stdout: 'churn#prod#2\n', code: 0 });
});

test('a path with spaces and letters of other scripts', async () => {
  const odd = filled('мои модели/日本語 é');
  mkdirSync(join(odd.dir, 'deep er/ünder'), { recursive: true });
  const [first = '', ...others] = READS;
  for (const folder of ['.', 'deep er/ünder'])
    expect(await readAll(join(odd.dir, folder), box.env, [first])).toEqual([usual[0]]);
  for (const [line, folder] of pairs(others, ['.', 'deep er/ünder']))
    await readAll(join(odd.dir, folder), box.env, [line]);
  writeFileSync(join(odd.dir, 'мо дель.bin'), 'another model');
  odd.commit();
  const reg = (...args: string[]) => runHere({ cwd: odd.dir, env: box.env }, ...args);
  const linked = await reg('link', 'мо дель.bin', 'odd', '--rev', 'main');
  expect(linked, linked.stderr).toMatchObject({ stdout: 'odd.model.yaml\n', code: 0 });
  odd.commit();
  expect(await reg('load', 'odd', '-o', 'ge laden.bin')).toMatchObject({ stdout: 'ge laden.bin\n', code: 0 });
  const byUrl = await reg('which', 'churn', 'prod', '--repo', `file://${odd.dir}`);
  expect(byUrl, byUrl.stderr).toMatchObject({ stdout: 'v1.0.0\n', code: 0 });
});

test('an empty repository', async () => {
  const empty = box.repository('empty');
  const reg = (...args: string[]) => runHere({ cwd: empty.dir, env: box.env }, ...args);
  for (const line of ['show', 'history', 'stages', 'doctor', 'validate', 'outdated', 'verify'])
    expect(await reg(line), line).toMatchObject({ stdout: '', code: 0 });
  expect(await reg('latest', 'churn')).toMatchObject({ code: 1, stderr: expect.stringContaining('hint: ') });
  expect(await reg('register', 'churn')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no commit yet'),
  });
});

test('Windows paths in a link file', async () => {
  const windows = box.repository('windows');
  windows.commit({
    'models/sub/model.bin': 'a model',
    'churn.model.yaml': 'source: {path: models\\sub\\model.bin, rev: main}\r\n',
    'quoted.model.yaml': 'source: {path: ".\\\\models\\\\sub\\\\model.bin", rev: main}\r\n',
  });
  const reg = (...args: string[]) => runHere({ cwd: windows.dir, env: box.env }, ...args);
  for (const artifact of ['churn', 'quoted'])
    expect((await reg('load', artifact, '-o', '-')).stdout, artifact).toBe('a model');
  const linked = await reg('link', 'models\\sub\\model.bin', 'typed', '--rev', 'main');
  expect(linked, linked.stderr).toMatchObject({ code: 0 });
  windows.commit();
  expect((await reg('load', 'typed', '-o', '-')).stdout).toBe('a model');
  for (const bad of ['C:\\models\\model.bin', '..\\outside.bin', '\\\\server\\share\\model.bin'])
    expect(await reg('link', bad, 'bad', '--rev', 'main'), bad).toMatchObject({ code: 1 });
});

test('a working folder that is gone gets a line that says so', () => {
  const dir = join(box.root, 'gone');
  mkdirSync(dir);
  const start = (...args: string[]) =>
    spawnSync('sh', ['-c', `rmdir "$PWD"; exec "$@"`, 'sh', process.execPath, PROGRAM, ...args], {
      cwd: dir,
      env: box.env,
      encoding: 'utf8',
    });
  expect(start('show')).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'error: the working folder is gone\nhint: change to one that is there\n',
  });
  mkdirSync(dir);
  expect(start('--version')).toMatchObject({ status: 0, stderr: '' });
});

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { regIn, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { MODEL, MODEL_PATH, makeResearch, predictCost, sha256 } from './registry.js';

const box = sandbox();
const research = makeResearch(box);
const registry = box.repository('registry');
const reg = regIn(box, registry.dir);
const NAME = 'linear_regression.safetensors';

let folders = 0;
/** An empty folder to load into. */
function folder(): string {
  folders += 1;
  const dir = join(box.root, `out-${folders}`);
  mkdirSync(dir);
  return dir;
}

beforeAll(async () => {
  const link = (rev: string) =>
    reg('link', MODEL_PATH, 'cost', '--source', '../research', '--rev', rev, '--force');
  await link('v1');
  registry.commit({}, 'Link v1');
  await reg('register', 'cost', '--version', 'v1.0.0');
  await reg('assign', 'cost', 'prod');
  research.commit({ [MODEL_PATH]: 'retrained' });
  research.tag('v2');
  await link('v2');
  registry.commit({}, 'Link v2');
  box.advance(24 * 3600);
  await reg('assign', 'cost', 'dev');
  await reg('assign', 'cost', 'prod');
  registry.commit({ 'cost.model.yaml': 'source: {repo: ../research, path: README.md, rev: v3}\n' }, 'Draft');
  research.commit({ 'README.md': 'not a model' });
  research.tag('v3');
});

describe('what is loaded', () => {
  test.each([
    ['a stage', ['cost#dev'], 'retrained'],
    ['a version', ['cost@v1.0.0'], MODEL],
    ['a version without v', ['cost@1.0.0'], MODEL],
    ['the greatest version', ['cost@latest'], 'retrained'],
    ['a rev of the registry', ['cost', '--rev', 'HEAD~2'], MODEL],
    ['a tag of the registry', ['cost', '--rev', 'cost@v1.0.1'], 'retrained'],
    ['what a stage held at a time', ['cost#prod', '--at', '2026-01-01T12:00:00Z'], MODEL],
    ['what was the greatest at a time', ['cost@latest', '--at', '2026-01-01T12:00:00Z'], MODEL],
    ['without any of these, the link as it is at HEAD', ['cost'], 'not a model'],
  ])('%s', async (_what, args, bytes) => {
    const { bytes: loaded, stderr, code } = await reg('load', ...args, '-o', '-');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(loaded.equals(Buffer.from(bytes))).toBe(true);
  });

  test('it predicts what a delivery costs', async () => {
    const { bytes } = await reg('load', 'cost@v1.0.0', '-o', '-');
    expect(predictCost(bytes, 4, 100)).toBeCloseTo(14.71, 2);
    expect(predictCost(bytes, 2.1, 300)).toBeCloseTo(25.22, 1);
  });

  test('the working folder does not matter to a relative source', async () => {
    const run = await runReg(box, { cwd: folder() }, 'load', 'cost@latest', '-o', '-', '-r', registry.dir);
    expect(run.stdout).toBe('retrained');
  });
});

describe('where it lands', () => {
  const loadIn = (cwd: string, ...args: string[]) =>
    runReg(box, { cwd, env: { REG_REPO: registry.dir } }, 'load', ...args);

  test('in the working folder under its own name', async () => {
    const cwd = folder();
    const run = await loadIn(cwd, 'cost@v1.0.0');
    expect(run).toMatchObject({ stdout: `${NAME}\n`, stderr: '', code: 0 });
    expect(readdirSync(cwd)).toEqual([NAME]);
    expect(readFileSync(join(cwd, NAME)).equals(MODEL)).toBe(true);
  });

  test('in a folder that is there, under its own name', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'models'));
    expect((await loadIn(cwd, 'cost@v1.0.0', '-o', 'models')).stdout).toBe(`models/${NAME}\n`);
  });

  test('in folders that are not there yet', async () => {
    const cwd = folder();
    expect((await loadIn(cwd, 'cost@v1.0.0', '-o', 'a/b/model.bin')).stdout).toBe('a/b/model.bin\n');
    expect(readFileSync(join(cwd, 'a/b/model.bin')).equals(MODEL)).toBe(true);
  });

  test('JSON says what it is and where it came from', async () => {
    const cwd = folder();
    expect(JSON.parse((await loadIn(cwd, 'cost#dev', '--json')).stdout)).toEqual({
      artifact: 'cost',
      version: 'v1.0.1',
      commit: registry.git('rev-parse', 'cost@v1.0.1^{commit}'),
      path: join(cwd, NAME),
      sha256: sha256('retrained'),
      size: 9,
      files: null,
      pinned: true,
      source: {
        repo: '../research',
        rev: 'v2',
        commit: research.git('rev-parse', 'v2^{commit}'),
        path: MODEL_PATH,
      },
    });
    expect(JSON.parse((await loadIn(cwd, 'cost', '--json')).stdout)).toMatchObject({ version: null });
  });

  test('a target with the same bytes is left alone', async () => {
    const cwd = folder();
    await loadIn(cwd, 'cost@v1.0.0');
    const before = statSync(join(cwd, NAME));
    expect(await loadIn(cwd, 'cost@v1.0.0')).toMatchObject({ stdout: `${NAME}\n`, code: 0 });
    const { ino, mtimeMs } = statSync(join(cwd, NAME));
    expect({ ino, mtimeMs }).toEqual({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test('a target with other bytes is replaced with --force only', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, NAME), 'my own work');
    expect(transcript(await loadIn(cwd, 'cost@v1.0.0'))).toMatchInlineSnapshot(`
      "$ reg load cost@v1.0.0
      -- stderr --
      error: <tmp>/out-7/linear_regression.safetensors is already there with other content
      hint: add --force to replace it
      -- exit 1 --
      "
    `);
    expect(readFileSync(join(cwd, NAME), 'utf8')).toBe('my own work');
    expect(await loadIn(cwd, 'cost@v1.0.0', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, NAME)).equals(MODEL)).toBe(true);
    expect(readdirSync(cwd)).toEqual([NAME]);
  });
});

test('bytes that are not those of the link are not written', async () => {
  const cwd = folder();
  const link = `source: {repo: ../research, rev: v1, path: ${MODEL_PATH}}\nsha256: ${'0'.repeat(64)}\n`;
  registry.commit({ 'tampered.model.yaml': link });
  const run = await runReg(box, { cwd }, 'load', 'tampered', '-r', registry.dir, '-o', 'model.bin');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg load tampered -r <tmp>/registry -o model.bin
    -- stderr --
    error: the bytes of tampered are not those that its link promises: sha256 dc0f5bd8903886f13c7d00650297e9f1185bc72186c5c0f820f7433d37fbeb85, not sha256 0000000000000000000000000000000000000000000000000000000000000000
    hint: nothing was written; the source was changed behind its link, or the link is wrong: reg validate --repo <tmp>/registry
    -- exit 1 --
    "
  `);
  expect(existsSync(join(cwd, 'model.bin'))).toBe(false);
  const piped = await runReg(box, { cwd }, 'load', 'tampered', '-r', registry.dir, '-o', '-');
  expect(piped).toMatchObject({ stdout: '', code: 1 });
  expect(readdirSync(cwd)).toEqual([]);
});

test.each([
  ['dvc.yaml', 'artifacts:\n  churn:\n    path: models/m.pkl\n'],
  ['artifacts.yaml', 'churn:\n  type: model\n  path: models/m.pkl\n'],
])('an artifact that %s declares needs no link', async (file, text) => {
  const annotated = box.repository(`annotated-${file}`);
  annotated.commit({ [file]: text, 'models/m.pkl': 'trained' });
  const there = regIn(box, annotated.dir);
  expect((await there('assign', 'churn', 'prod')).code).toBe(0);
  expect(await there('load', 'churn#prod', '-o', '-')).toMatchObject({
    stdout: 'trained',
    stderr: '',
    code: 0,
  });
  // git, or DVC's md5, pins it
  expect((await there('load', 'churn', '--frozen', '-o', '-')).stdout).toBe('trained');
});

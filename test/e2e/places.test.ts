import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { regIn, runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { MODEL, MODEL_PATH, makeRegistry, makeResearch } from './registry.js';

const box = sandbox();
makeResearch(box);
const registry = box.repository('registry');
registry.commit();
const reg = regIn(box, registry.dir);

describe('an artifact in a subfolder, from a subfolder', () => {
  mkdirSync(join(registry.dir, 'models/deep'), { recursive: true });
  const below = regIn(box, join(registry.dir, 'models/deep'));

  test('the link is beside its neighbours, and a relative source starts where one stands', async () => {
    const source = ['--source', '../../../research', '--rev', 'v1'];
    expect(await below('link', MODEL_PATH, 'models:churn', ...source)).toMatchObject({
      stdout: 'models/churn.model.yaml\n',
      code: 0,
    });
    const link = readFileSync(join(registry.dir, 'models/churn.model.yaml'), 'utf8');
    expect(link).toContain('repo: ../research\n');
    registry.commit();
  });

  test('its tags hold an equals sign, its name a colon', async () => {
    expect((await below('register', 'models:churn')).stdout).toBe('models=churn@v0.0.1\n');
    expect((await below('assign', 'models:churn', 'prod')).stdout).toBe('models=churn#prod#1\n');
    expect((await below('show')).stdout).toMatch(/^models:churn\tv0\.0\.1\tprod=v0\.0\.1\t.*\n$/);
    expect((await below('which', 'models:churn', 'prod')).stdout).toBe('v0.0.1\n');
    expect(registry.tags()).toEqual(['models=churn#prod#1', 'models=churn@v0.0.1']);
  });

  test('the model lands in the working folder', async () => {
    const run = await below('load', 'models:churn#prod', '-o', 'model.bin');
    expect(run).toMatchObject({ stdout: 'model.bin\n', code: 0 });
    expect(readFileSync(join(registry.dir, 'models/deep/model.bin')).equals(MODEL)).toBe(true);
    expect((await below('validate')).code).toBe(0);
  });
});

describe('which repository is asked', () => {
  const other = makeRegistry(box, 'other', 'fraud');
  other.tag('fraud@v3.0.0');

  test('--repo over REG_REPO over the working folder', async () => {
    const where = { cwd: registry.dir, env: { REG_REPO: '../other' } };
    const nowhere = { cwd: registry.dir, env: { REG_REPO: '/nowhere' } };
    expect((await runReg(box, where, 'show')).stdout).toContain('fraud');
    expect((await runReg(box, nowhere, 'show', '--repo', other.dir)).stdout).toContain('fraud');
    expect((await runReg(box, nowhere, '-r', '../other', 'show')).stdout).toContain('fraud');
    expect((await reg('show')).stdout).not.toContain('fraud');
  });

  test('the hint to push says where', async () => {
    box.at('other').git('clone', '--quiet', '--bare', '.', '../elsewhere.git');
    box.at('other').git('remote', 'add', 'origin', '../elsewhere.git');
    const run = await reg('register', 'fraud', '--bump', 'major', '--force', '-r', '../other');
    expect(run).toMatchObject({
      stdout: 'fraud@v4.0.0\n',
      stderr: expect.stringContaining('hint: git -C ../other push origin refs/tags/fraud@v4.0.0\n'),
    });
  });
});

test('a linked worktree sees and writes the same tags', async () => {
  const dir = join(box.root, 'linked');
  registry.git('worktree', 'add', '--quiet', '-b', 'side', dir);
  const linked = regIn(box, dir);
  expect((await linked('which', 'models:churn', 'prod')).stdout).toBe('v0.0.1\n');
  box.at('linked').commit();
  expect((await linked('assign', 'models:churn', 'dev')).stdout).toBe('models=churn#dev#2\n');
  expect((await reg('which', 'models:churn', 'dev')).stdout).toBe('v0.0.1\n');
  expect((await linked('load', 'models:churn@latest', '-o', '-')).bytes.equals(MODEL)).toBe(true);
});

describe('a bare repository', () => {
  const bare = makeRegistry(box, 'to-clone', 'churn');
  bare.git('clone', '--quiet', '--bare', '.', join(box.root, 'bare.git'));
  const inBare = regIn(box, join(box.root, 'bare.git'));

  test('answers, and takes tags', async () => {
    expect((await inBare('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
    expect((await inBare('assign', 'churn', 'prod')).stdout).toBe('churn#prod#1\n');
    expect((await inBare('show')).stdout).toMatch(/^churn\tv0\.0\.1\tprod=v0\.0\.1\t.*\n$/);
    expect((await inBare('load', 'churn#prod', '-o', '-')).stdout).toBe('a model');
  });

  test('has no work tree for files', async () => {
    for (const args of [['init'], ['link', 'model.bin', 'x', '--rev', 'main'], ['validate']]) {
      const run = await inBare(...args, '--json');
      expect(run).toMatchObject({ stdout: '', code: 1 });
      expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'NO_WORK_TREE' } });
    }
  });
});

test('quiet leaves the answer and errors', async () => {
  registry.commit();
  expect(await reg('register', 'models:churn', '-q')).toMatchObject({ stderr: '', code: 0 });
  expect(await reg('which', 'nobody', 'prod', '-q')).toMatchObject({
    stderr: expect.stringContaining('error: '),
    code: 1,
  });
});

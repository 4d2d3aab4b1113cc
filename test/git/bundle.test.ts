import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { MODEL, MODEL_PATH, makePlain, makeResearch, tagHourly } from '../e2e/registry.js';
import { runHere } from '../support/here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const regIn =
  (cwd: string, env: Env = {}) =>
  (...args: string[]) =>
    runHere({ cwd, env: { ...box.env, ...env }, now: Date.now }, ...args);
const reg = regIn(box.root);
const bundle = (name: string): string => join(box.root, `${name}.bundle`);

let registry: Repository;

beforeAll(() => {
  makeResearch(box).git('bundle', 'create', '--quiet', bundle('research'), '--all');
  registry = box.repository('registry');
  registry.commit({
    'own.bin': 'a model of its own',
    'own.model.yaml': 'source: {path: own.bin}\n',
    'churn.model.yaml': `source: {repo: ${bundle('research')}, rev: v1, path: ${MODEL_PATH}}\n`,
  });
  tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1', 'own@v1.0.0');
  registry.git('bundle', 'create', '--quiet', bundle('registry'), '--all');
});

describe('--repo', () => {
  test.each([
    ['show'],
    ['which', 'churn', 'prod'],
    ['latest', 'own'],
    ['history'],
    ['describe', 'own@v1.0.0'],
    ['check-ref', 'churn#prod#1'],
    ['verify'],
    ['diff', 'churn@v1.0.0', 'churn#prod'],
    ['validate', '--tags'],
    ['which', 'churn', 'prod', '--verify'],
  ])('%s %s answers as the repository itself', async (...args) => {
    const [there, here] = [
      await reg(...args, '-r', bundle('registry')),
      await reg(...args, '-r', registry.dir),
    ];
    expect(there).toMatchObject({ stdout: here.stdout, code: here.code });
    expect(here.code).toBe(0);
  });

  test('loads, from a source that is a bundle too', async () => {
    const own = await reg('load', 'own@v1.0.0', '-r', bundle('registry'), '-o', '-');
    expect(own).toMatchObject({ code: 0, stdout: 'a model of its own' });
    const file = join(box.root, 'loaded');
    expect(await reg('load', 'churn#prod', '-r', bundle('registry'), '-o', file)).toMatchObject({ code: 0 });
    expect(readFileSync(file).equals(MODEL)).toBe(true);
  });

  test('one of some tags says which are missing, and gives no old answer', async () => {
    const [few, one] = [bundle('few'), box.repository('few')];
    one.commit({ 'churn.model.yaml': 'source: {path: own.bin}\n', 'own.bin': 'bytes' });
    const write = (...args: string[]) => regIn(one.dir)(...args, '-q');
    await write('register', 'churn');
    await write('assign', 'churn', 'prod');
    one.commit({ 'own.bin': 'other bytes' });
    await write('register', 'churn');
    await write('assign', 'churn', 'prod');
    one.git('bundle', 'create', '--quiet', few, 'churn@v0.0.1', 'churn#prod#2', 'main');
    const { code, stdout, stderr } = await reg('which', 'churn', 'prod', '-r', few);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `error: tags of churn are missing in this bundle\nhint: make a whole one where the repository is: git bundle create ${few} --all\n`,
    );
  });

  test('a newer one in its place gives the new answer', async () => {
    const [moving, one] = [bundle('moving'), makePlain(box, 'moving', 'churn')];
    tagHourly(box, one, 'churn@v1.0.0');
    one.git('bundle', 'create', '--quiet', moving, '--all');
    expect((await reg('latest', 'churn', '-r', moving)).stdout).toBe('v1.0.0\n');
    one.commit();
    tagHourly(box, one, 'churn@v2.0.0');
    one.git('bundle', 'create', '--quiet', `${moving}.new`, '--all');
    renameSync(`${moving}.new`, moving);
    expect((await reg('latest', 'churn', '-r', moving)).stdout).toBe('v2.0.0\n');
  });

  test.each([
    ['register', 'churn'],
    ['assign', 'churn', 'dev'],
    ['approve', 'churn', 'prod'],
    ['deprecate', 'churn', '--push'],
  ])('%s is refused', async (...args) => {
    const run = await reg(...args, '-r', bundle('registry'));
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^error: cannot write to .*registry\.bundle: a bundle is only read\nhint: write in a clone/,
    );
  });

  test('an incremental one, one that is cut off, and another file are refused', async () => {
    const parts = makePlain(box, 'parts', 'churn');
    const first = parts.git('rev-parse', 'HEAD');
    parts.commit();
    parts.git('bundle', 'create', '--quiet', bundle('parts'), `${first}..main`);
    expect((await reg('show', '-r', bundle('parts'))).stderr).toContain(
      `it is incremental, and lacks the commits before it: ${first.slice(0, 12)}`,
    );
    parts.git('bundle', 'create', '--quiet', bundle('cut'), 'main');
    truncateSync(bundle('cut'), 150);
    expect((await reg('show', '-r', bundle('cut'))).stderr).toMatch(
      /^error: cannot read the bundle .*cut\.bundle/,
    );
    writeFileSync(bundle('none'), 'no bundle');
    expect((await reg('show', '-r', bundle('none'))).stderr).toContain('there is no folder');
    // nothing half-made stays
    const copies = readdirSync(join(box.env.HOME ?? '', '.cache/reg/bundles'));
    expect(copies.filter((name) => !/^[0-9a-f]{40}\.git$/.test(name))).toEqual([]);
  });

  test('needs the git program', async () => {
    const without = regIn(box.root, { REG_GIT: 'embedded' });
    expect((await without('show', '-r', bundle('registry'))).stderr).toContain('needs the git program');
  });
});

describe('HEAD of a copy', () => {
  test.each([
    ['all refs', ['--all']],
    ['HEAD alone', ['HEAD']],
    ['a branch without HEAD', ['main', '--tags']],
  ])('of %s', async (name, refs) => {
    const file = bundle(name.replaceAll(' ', '-'));
    registry.git('bundle', 'create', '--quiet', file, ...refs);
    const run = await reg('load', 'own', '-r', file, '-o', '-');
    expect(run).toMatchObject({ code: 0, stdout: 'a model of its own' });
  });
});

describe('as a source and as a remote', () => {
  test('--source pins a link, and an update finds a newer bundle of that name', async () => {
    const clone = makePlain(box, 'linking', 'other');
    const own = regIn(clone.dir);
    expect(await own('link', MODEL_PATH, 'churn', '--source', '../research.bundle')).toMatchObject({
      code: 0,
    });
    clone.commit({}, 'Link churn');
    expect(await own('load', 'churn', '-o', 'model')).toMatchObject({ code: 0 });
    expect(readFileSync(join(clone.dir, 'model')).equals(MODEL)).toBe(true);
    expect(await own('outdated')).toMatchObject({ code: 0 });
    const research = box.at('research');
    research.commit({ [MODEL_PATH]: 'a newer model' });
    research.git('bundle', 'create', '--quiet', bundle('research'), '--all');
    expect(await own('outdated')).toMatchObject({ code: 1 });
    expect(await own('update')).toMatchObject({ code: 0 });
    clone.commit({}, 'Update');
    expect((await own('load', 'churn', '-o', '-')).stdout).toBe('a newer model');
  });

  test('a push to a bundle is refused as any other', async () => {
    registry.git('clone', '--quiet', bundle('registry'), join(box.root, 'carried'));
    const run = await regIn(join(box.root, 'carried'))('assign', 'own', 'dev', '--push', '--json');
    expect(JSON.parse(run.stderr)).toMatchObject({
      error: { code: 'REMOTE_REFUSED', message: expect.stringContaining('such as a bundle') },
    });
  });
});

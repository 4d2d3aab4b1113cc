import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { MODEL, MODEL_PATH, makeResearch, predictCost, sha256 } from './registry.js';

// the package as it is installed; its types are those of the sources that it is built from
const { load, openRegistry, RegError }: typeof import('../../src/index.js') = await import(
  // @ts-expect-error dist is built, and may not be there yet when types are checked
  '../../dist/index.js'
);

const box = sandbox();
const research = makeResearch(box);
const repository = box.repository('registry');
const open = () => openRegistry(repository.dir, { env: box.env, cwd: box.root, now: Date.now });

beforeAll(async () => {
  const reg = regIn(box, repository.dir);
  await reg('link', MODEL_PATH, 'cost_predictor', '--source', research.dir, '--rev', 'v1');
  repository.commit();
});

test('the same story as on the command line', async () => {
  const registry = await open();
  const { rows } = await registry.register('cost_predictor');
  expect(rows).toMatchObject([{ tag: 'cost_predictor@v0.0.1', event: 'registration', version: 'v0.0.1' }]);
  repository.commit();
  await registry.register('cost_predictor', { bump: 'minor', message: 'Retrained' });
  await registry.assign('cost_predictor@v0.0.1', 'prod');
  await registry.assign('cost_predictor@latest', 'prod');
  await registry.rollback('cost_predictor', 'prod');
  expect(await registry.which('cost_predictor', 'prod')).toMatchObject({
    version: 'v0.0.1',
    tag: 'cost_predictor#prod#3',
    author: 'Ann Lee',
  });
  expect(await registry.whichAll('cost_predictor', 'prod')).toMatchObject([
    { version: 'v0.0.1' },
    { version: 'v0.1.0' },
  ]);
  expect(await registry.latest('cost_predictor')).toMatchObject({ version: 'v0.1.0', message: 'Retrained' });
  expect(await registry.show()).toMatchObject([{ artifact: 'cost_predictor', stages: { prod: 'v0.0.1' } }]);
  expect(await registry.history('cost_predictor', { stage: 'prod', limit: 2 })).toHaveLength(2);
});

test('a time is a Date, or a text as on the command line', async () => {
  const registry = await open();
  expect(await registry.which('cost_predictor', 'prod', { at: '2020-01-01' })).toBeUndefined();
  expect(await registry.which('cost_predictor', 'prod', { at: 'now' })).toMatchObject({ version: 'v0.0.1' });
  const elsewhere = runInNewContext('new Date(0)');
  expect(elsewhere).not.toBeInstanceOf(Date);
  expect(await registry.which('cost_predictor', 'prod', { at: elsewhere })).toBeUndefined();
  expect(await registry.show({ at: new Date('2020-01-01') })).toEqual([]);
  expect(await registry.history(undefined, { until: '6 years ago' })).toEqual([]);
  expect(await registry.validate({ tags: true, since: new Date('2040-01-01') })).toMatchObject({ ok: true });
  for (const at of ['soon', new Date('soon'), 5, true, {}, [], Symbol('now'), Object.create(null)] as Date[])
    for (const ask of [
      () => registry.which('cost_predictor', 'prod', { at }),
      () => registry.latest('cost_predictor', { at }),
      () => registry.history(undefined, { since: at }),
      () => registry.load('cost_predictor', { stage: 'prod', at }),
      ...(typeof at === 'string' ? [] : [() => registry.validate({ tags: true, since: at })]),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'INVALID_TIME' });
});

test('what must be a text is one', async () => {
  const registry = (await open()) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const name of [
    'which',
    'whichAll',
    'latest',
    'checkRef',
    'describe',
    'diff',
    'load',
    'link',
    'upload',
  ])
    for (const wrong of [undefined, null, 5])
      await expect(registry[name]?.(wrong, 'prod'), name).rejects.toMatchObject({ code: 'USAGE' });
  for (const name of ['assign', 'approve', 'rollback', 'unassign', 'renameStage'])
    await expect(registry[name]?.('cost_predictor'), name).rejects.toMatchObject({
      code: 'USAGE',
      message: `${name} takes a text, not undefined`,
    });
  for (const name of ['register', 'deregister', 'deprecate'])
    await expect(registry[name]?.(), name).rejects.toMatchObject({ code: 'USAGE' });
});

test('a path is not empty', async () => {
  const registry = await open();
  const from = repository.dir;
  for (const ask of [
    () => registry.load('cost_predictor', { to: '' }),
    () => registry.load('cost_predictor', { into: '' }),
    () => registry.upload('', 'churn', { from }),
    () => registry.upload('model.bin', 'churn', { from, store: '' }),
    () => registry.link('', 'churn', { from }),
    () => registry.validate({ paths: [''] }),
    () => registry.validate({ tags: true, paths: ['models'] }),
    () => registry.validate({ since: '2026-01-01' }),
    () => registry.site({ out: '', from }),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'USAGE' });
});

test('a number is whole, and an order one that the answer has', async () => {
  const registry = await open();
  for (const limit of [-1, Number.NaN, 1.5, '2' as unknown as number])
    for (const ask of [
      () => registry.history(undefined, { limit }),
      () => registry.intervals(undefined, { limit }),
      () => registry.show({ limit }),
      () => registry.show('cost_predictor', { limit }),
      () => registry.diff('cost_predictor@v0.0.1', '#prod', { log: limit }),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'USAGE' });
  await expect(registry.show({ versionsPerStage: -2 })).rejects.toMatchObject({ code: 'USAGE' });
  expect(await registry.show({ versionsPerStage: -1, limit: 0 })).toEqual([]);
  const sort = 'name' as 'semver';
  await expect(registry.show('cost_predictor', { sort })).rejects.toMatchObject({ code: 'USAGE' });
  await expect(registry.show({ sort: 'nmae' as 'name' })).rejects.toMatchObject({ code: 'USAGE' });
});

test('where nothing is the answer is undefined', async () => {
  const registry = await open();
  expect(await registry.which('cost_predictor', 'dev')).toBeUndefined();
  expect(await registry.which('nobody', 'prod')).toBeUndefined();
  expect(await registry.which('cost_predictor', 'prod', { at: new Date('2025-01-01') })).toBeUndefined();
  expect(await registry.latest('nobody')).toBeUndefined();
  expect(await registry.whichAll('nobody', 'prod')).toEqual([]);
});

test('a model is loaded by stage, by version, by rev', async () => {
  const registry = await open();
  for (const which of [{ stage: 'prod' }, { version: 'v0.1.0' }, { version: 'latest' }, { rev: 'main' }]) {
    const model = await load('cost_predictor', { registry, ...which });
    expect(Buffer.from(await model.bytes()).equals(MODEL)).toBe(true);
    expect((await buffer(model.stream())).equals(MODEL)).toBe(true);
    expect(model).toMatchObject({ artifact: 'cost_predictor', sha256: sha256(MODEL), size: MODEL.length });
  }
  expect((await load('cost_predictor', { registry, stage: 'prod' })).version).toBe('v0.0.1');
});

test('it predicts what a delivery costs', async () => {
  const model = await load('cost_predictor', { registry: await open(), stage: 'prod' });
  expect(predictCost(await model.bytes(), 4, 100)).toBeCloseTo(14.71, 2);
});

test('it lands where it is asked for, or in the cache', async () => {
  const registry = await open();
  const to = join(box.root, 'loaded.safetensors');
  expect((await load('cost_predictor', { registry, to })).path).toBe(to);
  const { path } = await load('cost_predictor', { registry });
  expect(path.startsWith(join(box.root, 'home'))).toBe(true);
});

test('what goes wrong is a RegError with a code', async () => {
  const registry = await open();
  const error = await registry.register('cost_predictor', { version: '0.0.1' }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RegError);
  expect(error).toMatchObject({ code: 'ALREADY_REGISTERED', hint: expect.any(String) });
  await expect(registry.show('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_ARTIFACT' });
});

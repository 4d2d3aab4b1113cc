import { describe, expect, test } from 'vitest';
import type { RegistryContext } from '../../src/registry/context.js';
import { readMetricsFile } from '../../src/registry/metrics-file.js';
import { memoryRepository } from '../support/memory.js';
import { START } from '../support/repo.js';

const repository = memoryRepository({ name: 'Ann', email: 'ann@example.com', now: START, zone: '+0000' });
const nested = {
  rmse: 0.4,
  train: { loss: 1e-3, deep: { auc: 0.9 } },
  'test.auc': 0.8,
  test: { auc: 0.7 },
  name: 'a',
  nothing: null,
};
const commit = repository.commit({
  'metrics.json': JSON.stringify(nested, null, '\t'),
  'm/metrics.yaml': 'rmse: 0.3\ninfinite: .inf\n',
  'list.json': '[1]',
  'broken.json': '{',
  'large.json': ' '.repeat(200_000),
  'bomb.yaml': 'a: &a [1]\nb: [*a, *a]\n',
});
const context = { repository } as unknown as RegistryContext;
const read = (path: string, source: object = { path: 'm.bin', commit }) =>
  readMetricsFile(context, { source }, path, async () => commit);

describe('the metrics file of a source', () => {
  test.each([
    ['rmse', 0.4],
    ['train.loss', 0.001],
    ['train.deep.auc', 0.9],
    // a key with a dot comes first
    ['test.auc', 0.8],
    ['train', undefined],
    ['name', undefined],
    ['nothing', undefined],
    ['toString', undefined],
    ['train.constructor.name', undefined],
    ['', undefined],
  ])('%s is %s', async (metric, value) => {
    expect((await read('metrics.json'))?.valueOf(metric)).toBe(value);
  });

  test('YAML too, and only real numbers', async () => {
    const file = await read('m/metrics.yaml');
    expect(file?.valueOf('rmse')).toBe(0.3);
    expect(file?.valueOf('infinite')).toBeUndefined();
  });

  test('what holds no metrics says nothing', async () => {
    expect((await read('list.json'))?.valueOf('0')).toBe(1);
    expect(await read('none.json')).toBeUndefined();
    expect(await read('m')).toBeUndefined();
    expect(await read('metrics.json', { url: 's3://b/m' })).toBeUndefined();
  });

  test.each(['broken.json', 'large.json'])('%s cannot be read', async (path) => {
    await expect(read(path)).rejects.toMatchObject({
      code: 'INVALID_MODEL',
      message: expect.stringContaining(path),
    });
  });

  test('no path leads out of the source', async () => {
    await expect(read('../metrics.json')).rejects.toMatchObject({ code: 'SOURCE_PATH' });
  });
});

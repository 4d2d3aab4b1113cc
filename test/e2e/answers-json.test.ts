import { beforeAll, describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tellStory } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
const reg = regIn(box, registry.dir);
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await reg(...args, '--json')).stdout);
beforeAll(() => tellStory(box, registry));

describe('in JSON', () => {
  const commit = (tag: string): string => registry.git('rev-parse', `${tag}^{commit}`);
  const ann = { author: 'Ann Lee', email: 'ann@example.com' };

  test('show gives one object an artifact', async () => {
    expect(await json('show')).toEqual([
      {
        artifact: 'churn',
        latest: 'v1.1.0',
        stages: { prod: 'v1.0.0', dev: 'v1.1.0' },
        registered: true,
        deprecated: false,
        problem: null,
      },
      {
        artifact: 'models:fraud',
        latest: 'v0.0.1',
        stages: {},
        registered: true,
        deprecated: false,
        problem: null,
      },
    ]);
  });

  test('show tells of what is declared at HEAD and not registered, unless it is not wanted', async () => {
    registry.commit({ 'waiting.model.yaml': 'source: {path: model.bin, rev: main}\n' });
    const rows = (await json('show')) as object[];
    expect(rows.at(-1)).toEqual({
      artifact: 'waiting',
      latest: null,
      stages: {},
      registered: false,
      deprecated: false,
      problem: null,
    });
    expect(rows).toHaveLength(3);
    expect(await json('show', '--registered-only')).toHaveLength(2);
  });

  test('show of an artifact gives one object a version, greatest first; latest gives one', async () => {
    const rows = (await json('show', 'churn')) as object[];
    expect(rows).toEqual([
      {
        artifact: 'churn',
        version: 'v1.1.0',
        commit: commit('churn@v1.1.0'),
        tag: 'churn@v1.1.0',
        time: '2026-01-03T00:00:00Z',
        ...ann,
        message: 'Register churn v1.1.0',
        active: true,
        stages: ['dev'],
        approvals: [],
      },
      {
        artifact: 'churn',
        version: 'v1.0.0',
        commit: commit('churn@v1.0.0'),
        tag: 'churn@v1.0.0',
        time: '2026-01-01T00:00:00Z',
        ...ann,
        message: 'First\n\nTrained on April.',
        active: true,
        stages: ['prod'],
        approvals: [],
      },
    ]);
    const { approvals: _, ...first } = rows[0] as { approvals: unknown };
    expect(await json('latest', 'churn')).toEqual(first);
  });

  test('which gives one object, with --all an array', async () => {
    const assigned = {
      tag: 'churn#prod#4',
      time: '2026-01-06T00:00:00Z',
      ...ann,
      message: 'Assign churn v1.0.0 to prod',
    };
    const row = {
      artifact: 'churn',
      stage: 'prod',
      version: 'v1.0.0',
      commit: commit('churn@v1.0.0'),
      ...assigned,
      assigned,
    };
    expect(await json('which', 'churn', 'prod')).toEqual(row);
    expect(await json('which', 'churn', 'prod', '--all')).toMatchObject([row, { version: 'v1.1.0' }]);
    await reg('unassign', 'churn@v1.0.0', 'prod');
    expect(await json('which', 'churn', 'prod'), 'current again since another one left').toMatchObject({
      version: 'v1.1.0',
      tag: 'churn#prod!#5',
      message: 'Unassign churn v1.0.0 from prod',
      assigned: { tag: 'churn#prod#2', message: 'Assign churn v1.1.0 to prod' },
    });
    registry.git('tag', '-d', 'churn#prod!#5');
  });

  test('history gives one object an event', async () => {
    const rows = (await json('history')) as object[];
    expect(rows).toHaveLength(7);
    expect(rows.slice(0, 2)).toEqual([
      {
        time: '2026-01-07T00:00:00Z',
        artifact: 'models:fraud',
        event: 'registration',
        version: 'v0.0.1',
        stage: null,
        commit: commit('models=fraud@v0.0.1'),
        tag: 'models=fraud@v0.0.1',
        ...ann,
        message: 'Register models:fraud v0.0.1',
      },
      {
        time: '2026-01-06T00:00:00Z',
        artifact: 'churn',
        event: 'assignment',
        version: 'v1.0.0',
        stage: 'prod',
        commit: commit('churn@v1.0.0'),
        tag: 'churn#prod#4',
        ...ann,
        message: 'Assign churn v1.0.0 to prod',
      },
    ]);
  });

  test('arrays stay arrays when they are empty', async () => {
    expect(await json('history', 'churn@v1.0.0', '--stage', 'dev')).toEqual([]);
    expect(await json('history', '--since', '2030-01-01')).toEqual([]);
  });
});

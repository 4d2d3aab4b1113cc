import { beforeAll, expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tellStory } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:fraud');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
beforeAll(() => tellStory(box, registry));
const tagsOf = async (...args: string[]): Promise<string[]> =>
  ((await json('history', ...args)) as { tag: string }[]).map(({ tag }) => tag);

test('of one version', async () => {
  expect(await tagsOf('churn@v1.1.0')).toEqual(['churn#dev#3', 'churn#prod#2', 'churn@v1.1.0']);
  expect(await tagsOf('churn@1.0.0', '--asc')).toEqual(['churn@v1.0.0', 'churn#prod#1', 'churn#prod#4']);
  expect(await tagsOf('churn@latest', '--stage', 'dev')).toEqual(['churn#dev#3']);
  expect(await reg('history', 'churn@v9.0.0')).toMatchObject({ stdout: '', code: 1 });
  expect(await reg('history', 'churn#prod')).toMatchObject({ stdout: '', code: 2 });
});

test.each([
  [
    ['--since', '2026-01-06'],
    ['models=fraud@v0.0.1', 'churn#prod#4'],
  ],
  [['--since', '2026-01-06T00:00:01Z'], ['models=fraud@v0.0.1']],
  [
    ['--until', '2026-01-02'],
    ['churn#prod#1', 'churn@v1.0.0'],
  ],
  [['--until', '2026-01-01T23:59:59Z'], ['churn@v1.0.0']],
  [
    ['--since', '2026-01-03', '--until', '2026-01-04', '--asc'],
    ['churn@v1.1.0', 'churn#prod#2'],
  ],
  [['-n', '1'], ['models=fraud@v0.0.1']],
  [
    ['-n', '2', '--asc'],
    ['churn@v1.0.0', 'churn#prod#1'],
  ],
  [['-n', '0'], []],
  [['--limit', '99', 'models:fraud'], ['models=fraud@v0.0.1']],
  [
    ['--stage', 'prod', '-n', '2'],
    ['churn#prod#4', 'churn#prod#2'],
  ],
  [['--at', '2026-01-02', '--since', '2026-01-02'], ['churn#prod#1']],
])('%j', async (args, tags) => {
  expect(await tagsOf(...args)).toEqual(tags);
});

test('intervals: from when to when, and by whom', async () => {
  const runs = await hourlyIn(box, registry)(
    'history churn --intervals',
    'history --intervals --asc -n 1',
    'history churn@v1.1.0 --intervals --stage prod',
    'history --intervals --since 2026-01-05T12:00:00Z --stage prod',
    'history --intervals --until 2026-01-03',
    'history churn --intervals --at 2026-01-04T12:00:00Z',
    'history models:fraud --intervals',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg history churn --intervals
    churn	prod	v1.0.0	2026-01-06T00:00:00Z	-	Ann Lee	-
    churn	dev	v1.1.0	2026-01-05T00:00:00Z	-	Ann Lee	-
    churn	prod	v1.1.0	2026-01-04T00:00:00Z	2026-01-06T00:00:00Z	Ann Lee	Ann Lee
    churn	prod	v1.0.0	2026-01-02T00:00:00Z	2026-01-04T00:00:00Z	Ann Lee	Ann Lee

    $ reg history --intervals --asc -n 1
    churn	prod	v1.0.0	2026-01-02T00:00:00Z	2026-01-04T00:00:00Z	Ann Lee	Ann Lee

    $ reg history churn@v1.1.0 --intervals --stage prod
    churn	prod	v1.1.0	2026-01-04T00:00:00Z	2026-01-06T00:00:00Z	Ann Lee	Ann Lee

    $ reg history --intervals --since 2026-01-05T12:00:00Z --stage prod
    churn	prod	v1.0.0	2026-01-06T00:00:00Z	-	Ann Lee	-
    churn	prod	v1.1.0	2026-01-04T00:00:00Z	2026-01-06T00:00:00Z	Ann Lee	Ann Lee

    $ reg history --intervals --until 2026-01-03
    churn	prod	v1.0.0	2026-01-02T00:00:00Z	2026-01-04T00:00:00Z	Ann Lee	Ann Lee

    $ reg history churn --intervals --at 2026-01-04T12:00:00Z
    churn	prod	v1.1.0	2026-01-04T00:00:00Z	-	Ann Lee	-
    churn	prod	v1.0.0	2026-01-02T00:00:00Z	2026-01-04T00:00:00Z	Ann Lee	Ann Lee

    $ reg history models:fraud --intervals
    -- stderr --
    nothing was in a stage
    "
  `);
});

test('intervals in JSON; while one lasts its end is null', async () => {
  const ann = { author: 'Ann Lee', email: 'ann@example.com' };
  expect(await json('history', 'churn', '--intervals', '--stage', 'prod', '-n', '2')).toEqual([
    {
      artifact: 'churn',
      stage: 'prod',
      version: 'v1.0.0',
      from: '2026-01-06T00:00:00Z',
      until: null,
      tag: 'churn#prod#4',
      ...ann,
      message: 'Assign churn v1.0.0 to prod',
      endTag: null,
      endAuthor: null,
    },
    {
      artifact: 'churn',
      stage: 'prod',
      version: 'v1.1.0',
      from: '2026-01-04T00:00:00Z',
      until: '2026-01-06T00:00:00Z',
      tag: 'churn#prod#2',
      ...ann,
      message: 'Assign churn v1.1.0 to prod',
      endTag: 'churn#prod#4',
      endAuthor: 'Ann Lee',
    },
  ]);
  expect(await json('history', 'models:fraud', '--intervals')).toEqual([]);
});

test('what cannot be asked', async () => {
  expect(
    transcript(
      await reg('history', '--since', '2026-01-04', '--until', '2026-01-03'),
      await reg('history', 'churn', '--stage', 'prdo'),
      await reg('history', 'churn', '--stage', '#'),
      await reg('history', '--since', 'yesteryear'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg history --since 2026-01-04 --until 2026-01-03
    -- stderr --
    error: since is later than until
    hint: turn the two times around
    -- exit 2 --

    $ reg history churn --stage prdo
    -- stderr --
    error: no event and no configuration names the stage 'prdo'
    hint: did you mean 'prod'?
    -- exit 1 --

    $ reg history churn --stage '#'
    -- stderr --
    error: '#' is not a stage name: it holds '#'
    hint: letters, digits, - and _ are allowed, a letter or digit first and last
    -- exit 2 --

    $ reg history --since yesteryear
    -- stderr --
    error: 'yesteryear' is not a time
    hint: write 2026-05-03, 2026-05-03T14:30:00Z, now, today, yesterday or '2 days ago'
    -- exit 2 --
    "
  `);
});

import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { serveDaemon, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { MODEL, MODEL_PATH, makeResearch, predictCost, sha256, tagHourly } from './registry.js';

// the package as it is installed; its types are those of the sources that it is built from
const { load, openRegistry, RegError }: typeof import('../../src/index.js') = await import(
  // @ts-expect-error dist is built, and may not be there yet when types are checked
  '../../dist/index.js'
);

const box = sandbox();
const [http, daemon] = [await serveHttp(box), await serveDaemon(box)];
afterAll(() => Promise.all([http.close(), daemon.close()]));
makeResearch(box);
const origin = box.repository('registry');
origin.commit({
  'cost.model.yaml': `source: {repo: "${http.url}/research/.git", rev: v1, path: ${MODEL_PATH}}\nsha256: ${sha256(MODEL)}\n`,
  'models/own.model.yaml': 'source: {path: models/own.bin}\n',
  'models/own.bin': 'of the registry itself',
});
tagHourly(box, origin, 'cost@v1.0.0', 'cost#prod#1', 'cost@v1.1.0', 'models=own@v0.0.1');
const ADDRESSES = {
  file: `file://${origin.dir}`,
  http: `${http.url}/registry/.git`,
  git: `${daemon.url}/registry/.git`,
};
const open = (url: string) => openRegistry(url, { env: box.env, cwd: box.root, now: Date.now });

const SCHEMES = ['file', 'http', 'git'] as const;
type Opened = Awaited<ReturnType<typeof open>>;

const QUESTIONS: { question: string; expectAnswer: (registry: Opened) => Promise<void> }[] = [
  {
    question: 'which is current',
    expectAnswer: async (registry) =>
      expect(await registry.which('cost', 'prod')).toMatchObject({ version: 'v1.0.0', author: 'Ann Lee' }),
  },
  {
    question: 'which, of a stage that has none',
    expectAnswer: async (registry) => expect(await registry.which('cost', 'dev')).toBeUndefined(),
  },
  {
    question: 'which was, before there was one',
    expectAnswer: async (registry) =>
      expect(await registry.which('cost', 'prod', { at: new Date('2025-01-01') })).toBeUndefined(),
  },
  {
    question: 'latest',
    expectAnswer: async (registry) =>
      expect(await registry.latest('cost')).toMatchObject({ version: 'v1.1.0' }),
  },
  {
    question: 'show',
    expectAnswer: async (registry) =>
      expect(await registry.show()).toMatchObject([
        { artifact: 'cost', stages: { prod: 'v1.0.0' } },
        { artifact: 'models:own' },
      ]),
  },
  {
    question: 'history',
    expectAnswer: async (registry) => expect(await registry.history('cost', { limit: 2 })).toHaveLength(2),
  },
];
const questions = pairs(QUESTIONS, SCHEMES).map(([row, scheme]) => ({ ...row, scheme }));
test.each(questions)('a question over $scheme: $question', async ({ expectAnswer, scheme }) =>
  expectAnswer(await open(ADDRESSES[scheme])),
);

test('an artifact that was not registered is no network error', async () => {
  const registry = await open(ADDRESSES.http);
  expect(await registry.which('nobody', 'prod')).toBeUndefined();
  expect(await registry.latest('nobody')).toBeUndefined();
  expect(await registry.whichAll('nobody', 'prod')).toEqual([]);
});

const LOADED = [{ stage: 'prod' }, { version: 'v1.1.0' }, { version: 'latest' }, { rev: 'main' }, {}];
const loaded = pairs(LOADED, SCHEMES).map(([which, scheme]) => ({ which, scheme }));
test.each(loaded)('a model over $scheme: $which', async ({ which, scheme }) => {
  const model = await load('cost', { registry: await open(ADDRESSES[scheme]), ...which });
  expect((await buffer(model.stream())).equals(MODEL)).toBe(true);
  expect(model).toMatchObject({ artifact: 'cost', sha256: sha256(MODEL) });
});

test.each(SCHEMES)('a model of the registry itself, over %s', async (scheme) => {
  const registry = await open(ADDRESSES[scheme]);
  const to = join(box.root, `own-${scheme}.bin`);
  const own = await load('models:own', { registry, version: '0.0.1', to });
  expect(own.path).toBe(to);
  expect(Buffer.from(await own.bytes()).toString()).toBe('of the registry itself');
});

test('it predicts what a delivery costs', async () => {
  const model = await load('cost', { registry: await open(ADDRESSES.http), stage: 'prod' });
  expect(predictCost(await model.bytes(), 4, 100)).toBeCloseTo(14.71, 2);
});

test('one registry answers as the remote is at each question', async () => {
  const registry = await open(ADDRESSES.file);
  expect(await registry.which('cost', 'staging')).toBeUndefined();
  tagHourly(box, origin, 'cost#staging#2');
  expect(await registry.which('cost', 'staging')).toMatchObject({ tag: 'cost#staging#2' });
  const { rows } = await registry.unassign('cost', 'staging');
  expect(rows).toMatchObject([{ tag: 'cost#staging!#3', pushed: true }]);
  expect(origin.tags()).toContain('cost#staging!#3');
  expect(await registry.which('cost', 'staging')).toBeUndefined();
});

test('what goes wrong is a RegError with a code', async () => {
  const gone = await open(`${http.url}/no-such`);
  const error = await gone.show().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RegError);
  expect(error).toMatchObject({ code: 'REMOTE_FAILED', hint: expect.any(String) });
  const registry = await open(ADDRESSES.git);
  await expect(registry.status()).rejects.toMatchObject({ code: 'NO_CLONE' });
  await expect(registry.sync()).rejects.toMatchObject({ code: 'NO_CLONE' });
  await expect(registry.register('cost', { offline: true })).rejects.toMatchObject({ code: 'USAGE' });
});

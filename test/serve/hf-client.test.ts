import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as hub from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere } from '../support/serving.js';

// the client of Hugging Face for JavaScript, as it is

const box = sandbox();
const registry = servedRegistry(box);
/** Without the names that this client does not escape. */
const PLAIN = Object.fromEntries(Object.entries(LLM).filter(([path]) => !/[#?%]/.test(path)));
let server: ServedThere;
let small: ServedThere;
let hubUrl: string;

beforeAll(async () => {
  server = await serveThere(box, { registries: { '': registry.dir } });
  hubUrl = `${server.url}/hf`;
  const files = Object.entries(PLAIN).map(([path, text]) => [`small/${path}`, text] as const);
  const plain = box.repository('plain');
  plain.commit({ 'small.model.yaml': 'source: {path: small}\n', ...Object.fromEntries(files) });
  for (const tag of ['small@v1.0.0', 'small#prod#1']) plain.tag(tag);
  small = await serveThere(box, { registries: { '': plain.dir } });
});
afterAll(async () => {
  await Promise.all([server.close(), small.close()]);
});

const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
};
const llm = { repo: 'teams/llm', revision: 'prod' };

describe('@huggingface/hub', () => {
  test.each([
    ['churn', 'prod', CHURN.v1],
    ['churn', 'eu/prod', CHURN.v1],
    ['reg/churn', 'v1.0.0', CHURN.v1],
    ['churn', 'main', CHURN.v2],
    ['churn', 'dev', CHURN.v2],
  ])('downloads churn.bin of %s at %s', async (repo, revision, text) => {
    const blob = await hub.downloadFile({ repo, revision, path: 'churn.bin', hubUrl });
    expect(await blob?.text()).toBe(text);
    expect(await (await blob?.slice(2, 5))?.text()).toBe(text.slice(2, 5));
  });

  test.each(Object.keys(PLAIN))('downloads %s', async (path) => {
    const blob = await hub.downloadFile({ ...llm, path, hubUrl });
    expect(await blob?.text()).toBe(LLM[path]);
  });

  test('a file, a version and a model that are not there', async () => {
    expect(await hub.downloadFile({ ...llm, path: 'nothing', hubUrl })).toBeNull();
    expect(await hub.fileExists({ ...llm, path: 'nothing', hubUrl })).toBe(false);
    expect(await hub.fileExists({ ...llm, path: 'config.json', hubUrl })).toBe(true);
    expect(await hub.repoExists({ repo: 'nothing', hubUrl })).toBe(false);
    expect(await hub.repoExists({ repo: 'churn', hubUrl })).toBe(true);
    await expect(hub.modelInfo({ name: 'churn', revision: 'v9.9.9', hubUrl })).rejects.toMatchObject({
      statusCode: 404,
    });
    await hub.checkRepoAccess({ repo: 'churn', hubUrl });
  });

  test('lists files, models and commits', async () => {
    const files = await all(hub.listFiles({ ...llm, recursive: true, hubUrl }));
    const plain = files.filter(({ type }) => type === 'file').map(({ path }) => path);
    expect(plain.sort()).toEqual(Object.keys(LLM).sort());
    const slash = await all(hub.listFiles({ repo: 'churn', revision: 'eu/prod', hubUrl }));
    expect(slash.map(({ path }) => path)).toEqual(['churn.bin']);
    const models = await all(hub.listModels({ search: { query: 'churn' }, hubUrl }));
    expect(models).toMatchObject([{ name: 'churn', likes: 0, private: false }]);
    expect(await all(hub.listModels({ search: { owner: 'teams' }, hubUrl }))).toHaveLength(1);
    const commits = await all(hub.listCommits({ repo: 'churn', hubUrl }));
    expect(commits.map(({ title }) => title)).toEqual(['churn v1.1.0', 'churn v1.0.0']);
  });

  test('describes a model', async () => {
    const info = await hub.modelInfo({
      name: 'churn',
      revision: 'prod',
      hubUrl,
      additionalFields: ['sha', 'tags'],
    });
    expect(info).toMatchObject({
      name: 'churn',
      private: false,
      gated: false,
      updatedAt: new Date('2026-01-01T00:00:00Z'),
    });
    const paths = await hub.pathsInfo({ ...llm, paths: ['config.json', 'nothing'], expand: true, hubUrl });
    expect(paths).toMatchObject([
      { path: 'config.json', lfs: { size: 22 }, lastCommit: { id: expect.any(String) } },
    ]);
    const file = await hub.fileDownloadInfo({ repo: 'churn', path: 'churn.bin', revision: 'prod', hubUrl });
    expect(file).toMatchObject({ size: CHURN.v1.length });
  });

  test('a snapshot has all files, and the next one is the same', async () => {
    const said = vi.spyOn(console, 'debug').mockImplementation(() => undefined);
    const cacheDir = mkdtempSync(join(box.root, 'hub-'));
    const wanted = { repo: 'small', revision: 'prod', cacheDir, hubUrl: `${small.url}/hf` };
    const folder = await hub.snapshotDownload(wanted);
    const read = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\./.test(path));
    expect(Object.fromEntries(read.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))).toEqual(
      PLAIN,
    );
    expect(await hub.snapshotDownload(wanted)).toBe(folder);
    said.mockRestore();
  });

  test('takes tokens that begin with hf_', async () => {
    await expect(hub.whoAmI({ accessToken: 'hf_nothing', hubUrl })).rejects.toMatchObject({
      statusCode: 401,
    });
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRegistry, type Registry } from '../../src/api.js';
import { RegError } from '../../src/errors.js';
import type { SourceRepository } from '../../src/git/port.js';
import type { RegistryContext } from '../../src/registry/context.js';
import { type AskingOptions, sourceAsker } from '../../src/site/cards.js';
import { importInto, type Told } from '../support/fast-import.js';
import { HOSTILE_CARD } from '../support/hostile-site.js';
import { type Repository, sandbox } from '../support/repo.js';
import { type HttpServer, serveHttp } from '../support/servers.js';

const LOGIN = 'user:t0ps3cret';

const box = sandbox();
let server: HttpServer;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
});
afterAll(() => server.close());

/** A source repository with a model card in the model's folder, and another one in the next commit. */
function makeSource(name: string): [Repository, string, string] {
  const source = box.repository(name);
  source.git('config', 'uploadpack.allowFilter', 'true');
  const first = source.commit({ 'models/churn/model.bin': 'x', 'models/churn/README.md': '**The first**' });
  return [source, first, source.commit({ 'models/churn/README.md': HOSTILE_CARD })];
}

const linkTo = (name: string, commit: string): string =>
  `source: {repo: "${server.url.replace('://', `://${LOGIN}@`)}/${name}/.git", rev: main, ${commit && `commit: ${commit}, `}path: models/churn}\n`;

/** A registry whose versions are told in their order: artifact, version, and the link. */
function registryOf(name: string, versions: readonly [string, string, string][]): Promise<Registry> {
  const repository = box.repository(name);
  const told = versions.flatMap(([artifact, version, link], index): Told[] => [
    { files: { [`${artifact}.model.yaml`]: link }, day: `2026-01-0${index + 1}` },
    { tag: `${artifact}@${version}`, day: `2026-02-0${index + 1}` },
  ]);
  const prod = { tag: 'churn#prod#1', day: '2026-03-01', from: 1 };
  importInto(box, repository, [...told, prod]);
  return openRegistry(repository.dir, { env: box.env, cwd: box.root });
}

/** How often git asked a source for objects since the last time. */
const askedFor = (name: string): number =>
  server.requests.splice(0).filter((line) => line === `POST /${name}/.git/git-upload-pack`).length;

test('versions in a stage and the latest ones have the card that their source has at a URL', async () => {
  const [, first, second] = makeSource('research');
  const notes: string[] = [];
  const out = join(box.root, 'site');
  const registry = await registryOf('registry', [
    ['churn', 'v1.0.0', linkTo('research', first)],
    ['churn', 'v1.1.0', linkTo('research', first)],
    ['churn', 'v2.0.0', linkTo('research', second)],
    ['twin', 'v1.0.0', linkTo('research', second)],
    ['loose', 'v1.0.0', linkTo('research', '')],
  ]);
  await registry.site({ out, onNote: (text) => notes.push(text) });
  // of each commit its folders once, and its card once
  expect(askedFor('research')).toBe(4);
  const page = (artifact: string, version: string): string =>
    readFileSync(join(out, `artifacts/${artifact}/versions/${version}.html`), 'utf8');
  expect(page('churn', 'v1.0.0')).toContain('<strong>The first</strong>');
  for (const artifact of ['churn', 'twin']) {
    const [, card = ''] =
      /<section class="card">(.*?)<\/section>/s.exec(
        page(artifact, artifact === 'churn' ? 'v2.0.0' : 'v1.0.0'),
      ) ?? [];
    expect(card).toContain('&lt;script>globalThis.ran=1');
    expect(card).not.toMatch(
      /<(?:script|img|svg|iframe|style|form|meta|base)|<[^>]* on\w+=|href="(?!https?:)/i,
    );
  }
  for (const [artifact, version] of [
    ['churn', 'v1.1.0'],
    ['loose', 'v1.0.0'],
  ] as const)
    expect(page(artifact, version)).not.toContain('class="card"');
  expect(notes).toEqual([]);
  expect(['v1.0.0', 'v2.0.0'].map((version) => page('churn', version)).join('')).not.toContain('t0ps3cret');
});

test('an unreachable source is asked and reported once, and the pages have no cards', async () => {
  const notes: string[] = [];
  const out = join(box.root, 'without');
  const registry = await registryOf('unreached', [
    ['churn', 'v1.0.0', linkTo('gone', 'a'.repeat(40))],
    ['churn', 'v2.0.0', linkTo('gone', 'b'.repeat(40))],
    ['fraud', 'v1.0.0', linkTo('gone', 'c'.repeat(40))],
  ]);
  server.fail({ fault: 403, on: ['ask to read'] });
  await registry.site({ out, onNote: (text) => notes.push(text) });
  const befallen = server.befallen();
  server.fail();
  // what one question takes before git gives up: that commit, all commits, and whether anybody is there
  expect(befallen).toBe(3);
  expect(notes).toEqual([
    expect.stringContaining(`no model cards from ${server.url}/gone/.git: cannot reach `),
  ]);
  expect(notes.join('')).not.toContain('t0ps3cret');
  expect(readFileSync(join(out, 'artifacts/churn/versions/v2.0.0.html'), 'utf8')).toContain('gone');
});

test('ui asks a source when a version is looked at, and no second time', async () => {
  const [, first] = makeSource('lazy');
  const ui = await (await registryOf('live', [['churn', 'v1.0.0', linkTo('lazy', first)]])).ui();
  const page = async (path: string): Promise<string> => (await fetch(`${ui.url}${path}`)).text();
  expect(await page('index.html')).toContain('churn');
  expect(await page('artifacts/churn/index.html')).toContain('v1.0.0');
  expect(askedFor('lazy')).toBe(0);
  for (const times of [2, 0]) {
    expect(await page('artifacts/churn/versions/v1.0.0.html')).toContain('<strong>The first</strong>');
    expect(askedFor('lazy')).toBe(times);
  }
  await ui.close();
});

/** What asks sources that are not there. */
const askerOf = (commit: () => Promise<string>, options: AskingOptions = {}) => {
  const openSource = async () => ({ objects: { commit } }) as unknown as SourceRepository;
  let now = 0;
  const context = { sources: { openSource }, now: () => now++ };
  return sourceAsker(context as unknown as RegistryContext, options);
};

test('four sources are asked at a time, and what one fails with is its own affair', async () => {
  let [running, most] = [0, 0];
  const ask = askerOf(async () => 'commit');
  const answers = Array.from({ length: 12 }, (_, index) =>
    ask(`https://host.example/${index % 6}`, 'a', async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      if (index === 0) throw new RegError('SOURCE_PATH', 'a card that cannot be read');
      return index;
    }).catch(() => null),
  );
  expect(await Promise.all(answers)).toEqual([null, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(most).toBe(4);
});

test('who cannot wait goes without, and has the answer the next time', async () => {
  let answer: (commit: string) => void = () => undefined;
  const commit = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const ask = askerOf(() => commit, { timeout: 20 });
  const look = () => ask('https://host.example/slow', 'a', async () => 'card');
  expect(await look()).toBeNull();
  answer('a');
  expect(await look()).toBe('card');
});

test('after the time limit nothing more is asked, with one warning', async () => {
  const notes: string[] = [];
  const ask = askerOf(async () => 'commit', { budget: 4, onNote: (text) => notes.push(text) });
  const answers: (number | null)[] = [];
  for (let index = 0; index < 5; index += 1)
    answers.push(await ask('https://host.example/m', 'a', async () => index));
  expect(answers).toEqual([0, 1, 2, null, null]);
  expect(notes).toEqual([expect.stringContaining('are left out: their time was over')]);
});

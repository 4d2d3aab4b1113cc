import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Run, regIn } from '../support/cli-here.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';
import { makeRegistry, tagHourly } from './registry.js';

const box = sandbox();
const MODELS = ['the first model', 'the second model', 'the third model'];
const http = await serveHttp(box);
afterAll(() => http.close());
let caches = 0;

/** A registry of three versions with other files beside them. */
const made = makeRegistry(box, 'made', 'churn');
for (const [n, model] of MODELS.entries()) {
  made.commit({ 'model.bin': model, [`deep/down/${n}.txt`]: `noise ${n}`, 'README.md': `Version ${n}` });
  made.commit({ 'churn.model.yaml': `source: {path: model.bin}\nlabels: {n: "${n}"}\n` });
  tagHourly(box, made, `churn@v${n + 1}.0.0`, `churn#prod#${n + 1}`);
}

/** Puts that registry on a server. */
function makeServed(name: string, config: Env = {}): { origin: Repository; url: string } {
  cpSync(made.dir, join(box.root, name), { recursive: true });
  const origin = box.at(name);
  for (const [key, value] of Object.entries(config)) origin.git('config', key, value);
  return { origin, url: `${http.url}/${name}/.git` };
}

/** Gives `reg` with a registry at a URL, and with a cache of its own. */
function askAt(url: string, env: Env = {}) {
  caches += 1;
  const cache = join(box.root, `cache-${caches}`);
  const reg = regIn(box, box.root, { XDG_CACHE_HOME: cache, ...env });
  return { ask: (...args: string[]): Promise<Run> => reg(...args, '--repo', url), cache };
}

/** What the cache holds of repositories: each object with its type. */
function cached(cache: string): { type: string; oid: string }[] {
  const home = join(cache, 'reg/repositories');
  return readdirSync(home).flatMap((name) => {
    const args = ['cat-file', '--batch-all-objects', '--batch-check=%(objecttype) %(objectname)'];
    const out = execFileSync('git', args, { cwd: join(home, name), env: box.env, encoding: 'utf8' });
    const lines = out.split('\n').filter(Boolean);
    return lines.map((line) => ({ type: line.split(' ')[0] ?? '', oid: line.split(' ')[1] ?? '' }));
  });
}
const typesIn = (cache: string): string[] => [...new Set(cached(cache).map(({ type }) => type))].sort();
const blobsIn = (cache: string): string[] =>
  cached(cache).flatMap(({ type, oid }) => (type === 'blob' ? [oid] : []));

describe('a server that filters', () => {
  const { origin, url } = makeServed('filtering', { 'uploadpack.allowFilter': 'true' });
  const blob = (rev: string): string => origin.git('rev-parse', rev);

  test('gives tags and their commits for questions about events', async () => {
    const { ask, cache } = askAt(url);
    for (const question of [
      'which churn prod',
      'latest churn',
      'history churn',
      'show churn',
      'check-ref churn#prod#2',
    ])
      expect((await ask(...question.split(' '))).code).toBe(0);
    // and for the configuration the folder at the top of HEAD
    expect(typesIn(cache)).toEqual(['commit', 'tag', 'tree']);
    expect(cached(cache).filter(({ type }) => type === 'tree')).toEqual([
      { type: 'tree', oid: origin.git('rev-parse', 'HEAD^{tree}') },
    ]);
    expect(cached(cache).filter(({ type }) => type === 'commit').length).toBeLessThanOrEqual(MODELS.length);
  });

  test('gives no file for an overview', async () => {
    const { ask, cache } = askAt(url);
    expect((await ask('show')).stdout).toContain('churn\tv3.0.0');
    expect(blobsIn(cache)).toEqual([]);
  });

  test('gives the link and the model that are asked for, and no others', async () => {
    const { ask, cache } = askAt(url);
    expect((await ask('load', 'churn@v2.0.0', '-o', '-')).stdout).toBe(MODELS[1]);
    const wanted = ['churn@v2.0.0:churn.model.yaml', 'churn@v2.0.0:model.bin'].map(blob);
    expect(blobsIn(cache).sort()).toEqual(wanted.sort());
    expect((await ask('describe', 'churn#prod')).code).toBe(0);
    // the README beside a model may be its card
    const more = ['main:churn.model.yaml', 'main:README.md'].map(blob);
    expect(blobsIn(cache).sort()).toEqual([...wanted, ...more].sort());
  });

  test('is not asked again for what never changes', async () => {
    const { ask } = askAt(url);
    await ask('load', 'churn#prod', '-o', '-');
    const before = http.requests.length;
    expect((await ask('load', 'churn#prod', '-o', '-')).stdout).toBe(MODELS[2]);
    // the tags as they are now, and whether the configuration asks for verified answers
    const again = http.requests.slice(before);
    expect(again.length).toBeLessThanOrEqual(5);
    for (const request of again)
      expect(request).toMatch(/info\/refs\?service=git-upload-pack|ls-refs|git-upload-pack$/);
  });
});

const OLD: Env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.version', GIT_CONFIG_VALUE_0: '0' };
const QUESTIONS = [
  'show',
  'which churn prod --all',
  'history churn',
  'load churn@v1.0.0 -o -',
  'load churn --rev main~3 -o -',
  'describe churn@v2.0.0',
];

/** What a clone answers. */
const answers = new Map<string, Run>();
beforeAll(async () => {
  for (const question of QUESTIONS) {
    const run = await regIn(box, made.dir)(...question.split(' '));
    expect(run.code).toBe(0);
    answers.set(question, run);
  }
});

test.each([
  ['that does not filter', { 'uploadpack.allowFilter': 'false' }, {}],
  ['of before protocol 2', {}, OLD],
  ['of before protocol 2 that filters', { 'uploadpack.allowFilter': 'true' }, OLD],
])('a server %s leads to the same answers, by http and by path', async (what, config, env) => {
  const { origin, url } = makeServed(what.replaceAll(' ', '-'), config);
  const [byHttp, byPath] = [askAt(url, env), askAt(`file://${origin.dir}`, env)];
  for (const [question, { ask }] of pairs(QUESTIONS, [byHttp, byPath])) {
    const { stdout, stderr } = await ask(...question.split(' '));
    expect([question, stdout, stderr]).toEqual([
      question,
      answers.get(question)?.stdout,
      answers.get(question)?.stderr,
    ]);
  }
});

test.each([['http'], ['file']])(
  'eight processes at once, with one cache that is empty: %s',
  async (scheme) => {
    const { origin, url } = makeServed(`at-once-${scheme}`, { 'uploadpack.allowFilter': 'true' });
    const { ask } = askAt(scheme === 'http' ? url : `file://${origin.dir}`);
    const questions = [...QUESTIONS, 'which churn prod', 'which churn prod'];
    const runs = await Promise.all(questions.map((question) => ask(...question.split(' '))));
    for (const [n, { stdout, stderr, code }] of runs.entries()) {
      const question = questions[n] ?? '';
      const expected = question === 'which churn prod' ? 'v3.0.0\n' : answers.get(question)?.stdout;
      expect([question, stdout, stderr, code]).toEqual([question, expected, '', 0]);
    }
  },
);

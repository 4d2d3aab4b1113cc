import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { namesOf } from '../../src/cli/table/command.js';
import { COMMANDS, commandNamed } from '../../src/cli/table/table.js';
import { QUESTIONS } from '../../src/serve/questions.js';
import { runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { servedRegistry } from '../support/served-registry.js';
import { type ServedHere, serveHere } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
let served: ServedHere;
let several: ServedHere;

beforeAll(async () => {
  served = await serveHere(box, { registries: { '': registry.dir } });
  several = await serveHere(box, { registries: { risk: registry.dir, ads: registry.dir } });
});

const ask = (path: string, init?: RequestInit): Promise<Response> => served.ask(`/api/v1${path}`, init);

describe('the questions are the reading commands', () => {
  /** What is about the command line, the clone or writing. */
  const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
    '*': ['offline', 'fetch', 'output-format'],
    history: ['no-pager'],
    stages: ['message', 'push', 'sign', 'no-sign', 'dry-run', 'skip', 'no-remote'],
    'check-ref': ['other-tags'],
    verify: ['accept', 'message', 'push', 'sign', 'no-sign', 'dry-run'],
    diff: ['exit-code', 'format'],
  };

  test.each(QUESTIONS)('$name', (question) => {
    const spec = commandNamed(question.name);
    if (spec === undefined) throw new Error('no such command');
    if (question.name !== 'stages') expect(question.arguments).toEqual(spec.arguments);
    const left = [...(LEFT_OUT['*'] ?? []), ...(LEFT_OUT[question.name] ?? [])];
    const options = spec.options
      .map((one) => ({ name: namesOf(one).at(-1)?.slice(2) ?? '', about: one.about, choices: one.choices }))
      .filter(({ name }) => !left.includes(name));
    const ours = question.parameters.map(({ name, about, choices }) => ({ name, about, choices }));
    const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
    expect(ours.toSorted(byName)).toEqual(options.toSorted(byName));
    expect(spec.summary.startsWith(question.summary)).toBe(true);
  });

  test('every command that asks is a question, or has a reason', () => {
    const asking = COMMANDS.slice(0, COMMANDS.findIndex(({ name }) => name === 'doctor') + 1);
    const other = asking.filter(({ name }) => !QUESTIONS.some((one) => one.name === name));
    // pages of another site, the remote of a clone, and advice with paths of the server
    expect(other.map(({ name }) => name)).toEqual(['browse', 'status', 'doctor']);
  });
});

describe('an answer is what the command prints with --json', () => {
  test.each<[path: string, ...args: string[]]>([
    ['/which/churn/prod', 'which', 'churn', 'prod'],
    ['/which/churn?stage=prod', 'which', 'churn', 'prod'],
    ['/which?artifact=churn&stage=prod', 'which', 'churn', 'prod'],
    ['/which/churn%23prod', 'which', 'churn#prod'],
    ['/which/%23prod', 'which', '#prod'],
    ['/which/churn/eu%2Fprod', 'which', 'churn', 'eu/prod'],
    ['/which/teams%3Allm/prod', 'which', 'teams:llm', 'prod'],
    ['/which/churn/prod?all', 'which', 'churn', 'prod', '--all'],
    ['/which/churn/prod?all=false', 'which', 'churn', 'prod'],
    ['/which/churn/prod?at=2100-01-01', 'which', 'churn', 'prod', '--at', '2100-01-01'],
    ['/latest/churn', 'latest', 'churn'],
    ['/latest/eu%2Fcredit%3Arisk', 'latest', 'eu/credit:risk'],
    ['/latest?artifact=eu/credit:risk', 'latest', 'eu/credit:risk'],
    ['/show', 'show'],
    ['/show?versions-per-stage=-1&sort=semver', 'show', '--versions-per-stage', '-1', '--sort', 'semver'],
    ['/show?label=team=risk&type=model', 'show', '--label', 'team=risk', '--type', 'model'],
    ['/show?behind', 'show', '--behind'],
    ['/show?behind=prod', 'show', '--behind=prod'],
    ['/show/churn', 'show', 'churn'],
    ['/show/churn?registered-only=1&limit=1', 'show', 'churn', '--registered-only', '-n', '1'],
    ['/history', 'history'],
    ['/history?artifact=churn&stage=prod&asc', 'history', 'churn', '--stage', 'prod', '--asc'],
    ['/history/churn?intervals=true', 'history', 'churn', '--intervals'],
    ['/history?limit=2', 'history', '--limit', '2'],
    ['/stages', 'stages'],
    ['/stages?used', 'stages', '--used'],
    ['/check-ref/churn%23prod%231', 'check-ref', 'churn#prod#1'],
    ['/verify', 'verify'],
    ['/verify/churn', 'verify', 'churn'],
    ['/approvals', 'approvals'],
    ['/describe/churn%40v1.0.0', 'describe', 'churn@v1.0.0'],
    ['/describe/churn?stage=prod', 'describe', 'churn', '--stage', 'prod'],
    ['/diff/churn%40v1.0.0/churn%40v1.1.0?log=1', 'diff', 'churn@v1.0.0', 'churn@v1.1.0', '--log', '1'],
    ['/diff/%23prod', 'diff', '#prod'],
    ['/outdated/churn', 'outdated', 'churn'],
  ])('%s', async (path, ...args) => {
    const run = await runReg(box, { cwd: registry.dir }, ...args, '--json');
    const own = await ask(path);
    expect(own.status, await own.clone().text()).toBe(200);
    const answer = await own.json();
    expect(answer).toEqual(JSON.parse(run.stdout));
    const { components } = (await (await ask('/openapi.json')).json()) as {
      components: { schemas: Record<string, object> };
    };
    const check = new Ajv2020({ strict: false }).compile(components.schemas[args[0] ?? ''] ?? false);
    expect(check(answer), JSON.stringify(check.errors)).toBe(true);
    const below = await several.ask(`/api/v1/registries/risk${path}`);
    expect(await below.json()).toEqual(answer);
  });

  test.each<[path: string, status: number, code: string, ...args: string[]]>([
    ['/which/none/prod', 404, 'UNKNOWN_ARTIFACT', 'which', 'none', 'prod'],
    ['/which/churn/none', 404, 'UNKNOWN_STAGE', 'which', 'churn', 'none'],
    ['/which/churn/-', 400, 'INVALID_STAGE', 'which', 'churn', '-'],
    [
      '/which/churn/prod?at=1999-01-01',
      404,
      'UNKNOWN_ARTIFACT',
      'which',
      'churn',
      'prod',
      '--at',
      '1999-01-01',
    ],
    ['/which/churn/prod?at=soon', 400, 'INVALID_TIME', 'which', 'churn', 'prod', '--at', 'soon'],
    ['/show/churn?sort=name', 400, 'USAGE', 'show', 'churn', '--sort', 'name'],
    ['/describe/bare', 404, 'NOT_DECLARED', 'describe', 'bare'],
  ])('and %s is refused as there', async (path, status, code, ...args) => {
    const run = await runReg(box, { cwd: registry.dir }, ...args, '--json');
    const { error } = JSON.parse(run.stderr);
    const own = await ask(path);
    expect(own.headers.get('content-type')).toBe('application/problem+json');
    const { title, ...problem } = (await own.json()) as Record<string, unknown>;
    expect(title).toMatch(/\w/);
    expect(problem).toEqual({
      type: 'about:blank',
      status,
      detail: error.message,
      code,
      ...(error.hint && { hint: error.hint }),
    });
    expect(own.status).toBe(status);
    expect(error.code).toBe(code);
  });

  test.each([
    ['/which/churn/prod?att=2020-01-01', 400, /takes no parameter 'att'/],
    ['/which/churn/prod?at=2020-01-01&at=2021-01-01', 400, /more than once/],
    ['/which/churn/prod?all=maybe', 400, /cannot be 'maybe'/],
    ['/show?limit=-1', 400, /cannot be '-1'/],
    ['/show?sort=age', 400, /cannot be 'age'/],
    ['/which/teams/llm/prod', 400, /takes 2 parts/],
    ['/latest', 400, /missing argument 'artifact'/],
    ['/which/churn', 400, /missing argument 'stage'/],
    ['/constructor', 404, /no question/],
    ['/which/%E0%A4%A/prod', 404, /malformed/],
    ['/registries/none/which/churn/prod', 404, /no registry 'none'/],
  ])('%s is answered with %i', async (path, status, detail) => {
    const own = await ask(path);
    expect([own.status, ((await own.json()) as { detail: string }).detail]).toEqual([
      status,
      expect.stringMatching(detail),
    ]);
  });
});

describe('how answers are kept', () => {
  test('they move, and have a tag that says whether they did', async () => {
    const moving = box.repository('moving');
    moving.commit({ 'a.bin': 'a', 'a.model.yaml': 'source: {path: a.bin}\n' });
    moving.tag('a@v1.0.0');
    const { ask: there, core } = await serveHere(box, { registries: { '': moving.dir } });
    const first = await there('/api/v1/latest/a');
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const headers = { 'If-None-Match': etag };
    expect((await there('/api/v1/latest/a', { headers })).status).toBe(304);
    expect((await there('/api/v1/latest/a', { method: 'HEAD' })).headers.get('etag')).toBe(etag);
    moving.tag('a@v1.1.0');
    await core.registries.get('')?.refresh();
    const later = await there('/api/v1/latest/a', { headers });
    expect([later.status, await later.json()]).toEqual([200, expect.objectContaining({ version: 'v1.1.0' })]);
  });

  test('what the command notes comes along', async () => {
    const old = box.repository('old');
    old.commit({ 'a.model.yaml': 'source: {path: a.bin}\n' });
    old.tag('a@v1.0.0');
    box.advance(60);
    old.tag('a@deprecated');
    const { ask: there } = await serveHere(box, { registries: { '': old.dir } });
    for (const _ of [1, 2])
      expect((await there('/api/v1/latest/a')).headers.get('reg-note')).toBe('a is deprecated');
  });

  test('nothing can be written', async () => {
    const own = await ask('/register/churn', { method: 'POST' });
    expect([own.status, own.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('what the API says of itself', () => {
  test.each([
    ['one registry', () => served, '/which/{artifact}/{stage}'],
    ['several', () => several, '/registries/{registry}/which/{artifact}/{stage}'],
  ])('of %s: a document that OpenAPI 3.1 takes, and a page', async (_, there, path) => {
    const document = await (await there().ask('/api/v1/openapi.json')).json();
    const { valid, errors } = await new Validator().validate(document as Record<string, unknown>);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    const { openapi, paths } = document as { openapi: string; paths: Record<string, { get: object }> };
    expect(openapi).toMatch(/^3\.1\./);
    expect(Object.keys(paths)).toContain(path);
    const ids = Object.values(paths).map(({ get }) => (get as { operationId: string }).operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const page = await there().ask('/api/v1/');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain(`GET ${path}`);
    expect(html).not.toMatch(/<script|https?:/);
    expect((await there().ask('/api/v1')).headers.get('location')).toBe('http://localhost/api/v1/');
  });

  test('registries are listed, and several are asked by name', async () => {
    const listed = (await (await several.ask('/api/v1/registries')).json()) as { name: string }[];
    expect(listed.map(({ name }) => name)).toEqual(['risk', 'ads']);
    expect((await several.ask('/api/v1/which/churn/prod')).status).toBe(404);
  });
});

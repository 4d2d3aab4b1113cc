import { beforeAll, describe, expect, test } from 'vitest';
import { idsOfArtifact } from '../../src/serve/faces/hf.js';
import type { ArtifactName } from '../../src/domain/names.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedHere, serveHere, sha256Of } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
const TOKEN = 'a-token-of-the-tests';
let here: ServedHere;
let guarded: ServedHere;

beforeAll(async () => {
  here = await serveHere(box, { registries: { '': registry.dir } });
  guarded = await serveHere(box, {
    registries: { '': registry.dir },
    tokens: [{ name: 'ann', secret: TOKEN }],
  });
});

const ask = (path: string, init?: RequestInit): Promise<Response> => here.ask(`/hf${path}`, init);
// biome-ignore lint/suspicious/noExplicitAny: each answer has a shape of its own, which the test says
const jsonOf = async (path: string, init?: RequestInit): Promise<any> => (await ask(path, init)).json();
const codeOf = async (answer: Promise<Response>): Promise<unknown[]> => {
  const { status, headers, body } = await answer;
  await body?.cancel();
  return [status, headers.get('x-error-code')];
};
const shaOf = async (revision: string, id = 'churn'): Promise<string> =>
  (await jsonOf(`/api/models/${id}/revision/${encodeURIComponent(revision)}`)).sha;

describe('a model', () => {
  test('has what clients of Python, JavaScript and Rust read', async () => {
    const answer = await ask('/api/models/churn/revision/prod?blobs=true');
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    const sha256 = sha256Of(CHURN.v1);
    expect(await answer.json()).toMatchObject({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      id: 'churn',
      modelId: 'churn',
      sha: expect.stringMatching(/^[0-9a-f]{40}$/),
      private: false,
      gated: false,
      disabled: false,
      downloads: 0,
      likes: 0,
      tags: ['team:risk', 'version:v1.0.0'],
      lastModified: '2026-01-01T00:00:00.000Z',
      siblings: [{ rfilename: 'churn.bin', size: 16, lfs: { sha256, size: 16, pointerSize: 127 } }],
    });
  });

  test.each(['churn', 'reg/churn', 'teams/llm', 'eu.credit/risk'])(
    '%s is the id that was asked for',
    async (id) => {
      expect(await jsonOf(`/api/models/${id}`)).toMatchObject({ id, modelId: id });
      expect(await jsonOf(`/api/models/${id}?expand[]=likes`)).toMatchObject({ id, likes: 0 });
    },
  );

  test.each([
    ['prod', 'v1.0.0'],
    ['eu/prod', 'v1.0.0'],
    ['churn#prod', 'v1.0.0'],
    ['churn@v1.0.0', 'v1.0.0'],
    ['v1.0.0', 'v1.0.0'],
    ['1.0.0', 'v1.0.0'],
    ['dev', 'v1.1.0'],
    ['main', 'v1.1.0'],
    ['HEAD', 'v1.1.0'],
    ['latest', 'v1.1.0'],
    ['refs/heads/prod', 'v1.0.0'],
    ['refs/tags/v1.0.0', 'v1.0.0'],
  ])('the revision %s is %s', async (revision, version) => {
    const { tags } = await jsonOf(`/api/models/churn/revision/${encodeURIComponent(revision)}`);
    expect(tags).toContain(`version:${version}`);
  });

  test('its sha is that of the content: of a version, whatever leads there, and known to every server', async () => {
    const prod = await shaOf('prod');
    expect(await shaOf('v1.0.0')).toBe(prod);
    expect(await shaOf('eu/prod')).toBe(prod);
    expect(await shaOf(prod)).toBe(prod);
    expect(await shaOf('dev')).not.toBe(prod);
    expect(await shaOf('v1.0.0', 'eu.credit/risk')).not.toBe(prod);
    const other = await serveHere(box, { registries: { '': registry.dir }, cache: `${box.root}/other` });
    const answer = await other.ask(`/hf/churn/resolve/${prod}/churn.bin`);
    expect(await answer.text()).toBe(CHURN.v1);
    expect(answer.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  });

  test.each([
    ['/api/models/nothing', 404, 'RepoNotFound'],
    ['/api/models/nothing/revision/main', 404, 'RepoNotFound'],
    ['/api/models/Churn', 404, 'RepoNotFound'],
    ['/api/models/churn/revision/nothing', 404, 'RevisionNotFound'],
    ['/api/models/churn/revision/v9.0.0', 404, 'RevisionNotFound'],
    [`/api/models/churn/revision/${'0'.repeat(40)}`, 404, 'RevisionNotFound'],
    ['/api/models/churn/revision/%zz', 404, 'RepoNotFound'],
    ['/api/models/open', 404, 'RevisionNotFound'],
    ['/api/models/bare', 404, 'RevisionNotFound'],
    ['/churn/resolve/nothing/churn.bin', 404, 'RevisionNotFound'],
    ['/nothing/resolve/main/churn.bin', 404, 'RepoNotFound'],
    ['/churn/resolve/prod/nothing.bin', 404, 'EntryNotFound'],
    ['/churn/raw/prod/nothing.bin', 404, 'EntryNotFound'],
    ['/api/models/teams/llm/tree/prod/nothing', 404, 'EntryNotFound'],
    ['/api/agent-harnesses', 404, null],
    ['/nothing', 404, null],
  ])('%s is %i %s', async (path, status, code) => {
    expect(await codeOf(ask(path))).toEqual([status, code]);
    expect(await codeOf(ask(path, { method: 'HEAD' }))).toEqual([status, code]);
  });

  test('a version that was deregistered is no revision: clients would go on with their copy after any other error', async () => {
    expect(await codeOf(ask('/churn/resolve/v2.0.0/churn.bin'))).toEqual([404, 'RevisionNotFound']);
    expect(await codeOf(ask('/api/models/churn/revision/v2.0.0'))).toEqual([404, 'RevisionNotFound']);
  });
});

describe('trees', () => {
  test('have every file as one of Git LFS, and folders', async () => {
    const rows = await jsonOf('/api/models/teams/llm/tree/prod?recursive=True&expand=False');
    const files = rows.filter(({ type }: { type: string }) => type === 'file');
    expect(files.map(({ path }: { path: string }) => path).sort()).toEqual(Object.keys(LLM).sort());
    for (const { path, size, lfs } of files)
      expect({ path, size, sha: lfs.oid }).toEqual({
        path,
        size: Buffer.byteLength(LLM[path] ?? ''),
        sha: sha256Of(LLM[path] ?? ''),
      });
    const folders = rows.filter(({ type }: { type: string }) => type === 'directory');
    expect(folders.map(({ path }: { path: string }) => path)).toEqual([
      'UPPER',
      'sub',
      'sub/deep',
      'sub/deep/er',
      'upper',
    ]);
  });

  test('without recursive have one level, and below a folder what is in it', async () => {
    const top = await jsonOf('/api/models/teams/llm/tree/main?recursive=false&expand=false');
    expect(top.map(({ path }: { path: string }) => path)).toEqual([
      'UPPER',
      'config.json',
      'empty.txt',
      'sub',
      'upper',
    ]);
    const deep = await jsonOf('/api/models/teams/llm/tree/prod/sub/deep?recursive=false&expand=true');
    expect(deep).toMatchObject([
      { type: 'directory', path: 'sub/deep/er', lastCommit: { id: await shaOf('prod', 'teams/llm') } },
    ]);
  });

  test('take a stage whose / is not escaped', async () => {
    expect(await jsonOf('/api/models/churn/tree/eu/prod')).toMatchObject([{ path: 'churn.bin' }]);
  });

  test('come in pages', async () => {
    const seen: string[] = [];
    let path = '/hf/api/models/teams/llm/tree/prod?recursive=true&limit=4';
    for (let page = 0; path !== '' && page < 10; page += 1) {
      const answer = await here.ask(path);
      for (const row of (await answer.json()) as { path: string }[]) seen.push(row.path);
      path = /^<http:\/\/localhost(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
    }
    expect(seen).toHaveLength(15);
    expect(new Set(seen).size).toBe(15);
  });

  test.each([
    ['application/x-www-form-urlencoded', 'paths=config.json&paths=sub&paths=nothing&expand=false'],
    ['application/json', JSON.stringify({ paths: ['config.json', 'sub', 'nothing'], expand: true })],
  ])('some rows are asked for as %s', async (type, body) => {
    const rows = await jsonOf('/api/models/teams/llm/paths-info/prod', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(rows).toMatchObject([
      { type: 'file', path: 'config.json', size: 22 },
      { type: 'directory', path: 'sub' },
    ]);
  });

  test('a body that is no list of paths is refused', async () => {
    for (const body of ['{"paths": 5}', '{', '{"paths": [5]}'])
      expect(
        (
          await ask('/api/models/churn/paths-info/prod', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          })
        ).status,
      ).toBe(400);
  });
});

describe('files', () => {
  test('have the headers that each client needs', async () => {
    for (const method of ['HEAD', 'GET']) {
      const { status, headers } = await ask('/churn/resolve/prod/churn.bin', { method });
      const sha256 = sha256Of(CHURN.v1);
      expect({ status, ...Object.fromEntries(headers) }).toMatchObject({
        status: 200,
        'x-repo-commit': await shaOf('prod'),
        etag: `"${sha256}"`,
        'x-linked-etag': `"${sha256}"`,
        'x-linked-size': '16',
        'content-length': '16',
        'content-type': 'application/octet-stream',
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache',
      });
    }
  });

  test.each(Object.entries(LLM))('%s', async (path, text) => {
    const escaped = path.split('/').map(encodeURIComponent).join('/');
    for (const verb of ['resolve', 'raw'])
      for (const name of [escaped, encodeURIComponent(path)])
        expect(await (await ask(`/teams/llm/${verb}/prod/${name}`)).text()).toBe(text);
  });

  test('a stage with a / is taken escaped and plain', async () => {
    for (const stage of ['eu%2Fprod', 'eu/prod'])
      expect(await (await ask(`/churn/resolve/${stage}/churn.bin`)).text()).toBe(CHURN.v1);
  });

  test('a part is a part, and of an empty file the whole', async () => {
    const part = await ask('/churn/resolve/prod/churn.bin', { headers: { range: 'bytes=0-0' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 0-0/16',
      'c',
    ]);
    const empty = await ask('/teams/llm/resolve/prod/empty.txt', { headers: { range: 'bytes=0-0' } });
    expect([empty.status, empty.headers.get('content-range'), await empty.text()]).toEqual([
      200,
      'bytes */0',
      '',
    ]);
  });

  test('a file that is not there is absent from a commit that clients keep in mind', async () => {
    const { headers } = await ask('/churn/resolve/prod/nothing.bin', { method: 'HEAD' });
    expect(headers.get('x-repo-commit')).toBe(await shaOf('prod'));
  });
});

describe('lists', () => {
  test('refs: stages are branches, versions tags, and main the latest', async () => {
    const [prod, dev] = [await shaOf('prod'), await shaOf('dev')];
    expect(await jsonOf('/api/models/churn/refs')).toEqual({
      branches: [
        { name: 'main', ref: 'refs/heads/main', targetCommit: dev },
        { name: 'dev', ref: 'refs/heads/dev', targetCommit: dev },
        { name: 'eu/prod', ref: 'refs/heads/eu/prod', targetCommit: prod },
        { name: 'prod', ref: 'refs/heads/prod', targetCommit: prod },
      ],
      converts: [],
      tags: [
        { name: 'v1.1.0', ref: 'refs/tags/v1.1.0', targetCommit: dev },
        { name: 'v1.0.0', ref: 'refs/tags/v1.0.0', targetCommit: prod },
      ],
    });
  });

  test('commits: the versions up to one, the last first', async () => {
    const rows = await jsonOf('/api/models/churn/commits/main?limit=10');
    expect(rows).toMatchObject([
      { id: await shaOf('dev'), title: 'churn v1.1.0', authors: [{ user: 'Ann Lee' }] },
      { id: await shaOf('prod'), title: 'churn v1.0.0', date: '2026-01-01T00:00:00.000Z' },
    ]);
    expect(await jsonOf('/api/models/churn/commits/prod')).toHaveLength(1);
  });

  test('models: searched, by author, in pages', async () => {
    const ids = async (query: string) =>
      (await jsonOf(`/api/models${query}`)).map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual(['bare', 'churn', 'eu.credit/risk', 'open', 'teams/llm']);
    expect(await ids('?search=RISK')).toEqual(['eu.credit/risk']);
    expect(await ids('?author=teams')).toEqual(['teams/llm']);
    const page = await ask('/api/models?limit=2');
    expect(page.headers.get('link')).toBe('<http://localhost/hf/api/models?limit=2&cursor=2>; rel="next"');
  });
});

describe('who asks', () => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const MODEL = '/hf/api/models/churn';

  test('without a token a private model is not there; a wrong one is refused in the words that clients show', async () => {
    expect(await codeOf(guarded.ask(MODEL))).toEqual([401, 'RepoNotFound']);
    const wrong = await guarded.ask(MODEL, bearer('another-token-of-tests'));
    expect([wrong.status, wrong.headers.get('x-error-code'), wrong.headers.get('x-error-message')]).toEqual([
      401,
      null,
      'Invalid credentials in Authorization header',
    ]);
  });

  test('a token is right as it is, behind hf_, and as a password', async () => {
    const basic = `Basic ${Buffer.from(`anyone:${TOKEN}`).toString('base64')}`;
    for (const init of [bearer(TOKEN), bearer(`hf_${TOKEN}`), { headers: { authorization: basic } }])
      expect((await guarded.ask(MODEL, init)).status).toBe(200);
  });

  test('whoami names the holder of the token', async () => {
    expect(await (await guarded.ask('/hf/api/whoami-v2', bearer(TOKEN))).json()).toMatchObject({
      type: 'user',
      name: 'ann',
      orgs: [],
      auth: { accessToken: { role: 'read' } },
    });
    expect((await ask('/api/whoami-v2')).status).toBe(401);
  });

  test('no answer and no line of the log has a token', async () => {
    await guarded.ask(`${MODEL}?token=${TOKEN}`, bearer(TOKEN));
    expect(guarded.log.join('\n')).not.toContain(TOKEN);
    expect(guarded.log.at(-1)).toContain('"user":"ann"');
  });
});

test.each([
  ['POST', '/api/repos/create'],
  ['PUT', '/churn/resolve/main/churn.bin'],
  ['DELETE', '/api/models/churn'],
  ['POST', '/api/models/churn/commit/main'],
  ['POST', '/api/models/churn/preupload/main'],
])('%s %s is refused, with the command to use', async (method, path) => {
  const answer = await ask(path, { method, body: '{}' });
  expect([answer.status, answer.headers.get('x-error-message')]).toEqual([
    403,
    expect.stringContaining('reg register'),
  ]);
});

describe('ids', () => {
  test.each([
    ['', 'churn', ['churn', 'reg/churn']],
    ['', 'teams:llm', ['teams/llm']],
    ['', 'teams/llm', ['teams/llm']],
    ['', 'eu/credit:risk', ['eu.credit/risk']],
    ['ads', 'churn', ['ads/churn']],
    ['ads', 'eu/credit:risk', ['ads.eu.credit/risk']],
  ])('%s %s', (name, artifact, ids) => expect(idsOfArtifact(name, artifact as ArtifactName)).toEqual(ids));

  test('two names with one id are an error at the start', async () => {
    const twice = box.repository('twice');
    twice.commit({ 'a.txt': '' });
    for (const tag of ['teams=llm@v1.0.0', 'teams/llm@v1.0.0']) twice.tag(tag);
    await expect(serveHere(box, { registries: { '': twice.dir } })).rejects.toMatchObject({
      code: 'AMBIGUOUS',
      message: expect.stringContaining('teams/llm'),
    });
  });
});

test('several registries have their names before their models', async () => {
  const both = await serveHere(box, {
    registries: { ads: registry.dir, risk: registry.dir, gone: `${box.root}/gone` },
  });
  for (const id of ['ads/churn', 'risk/churn', 'ads.teams/llm'])
    expect(await (await both.ask(`/hf/api/models/${id}`)).json()).toMatchObject({ id });
  expect(await codeOf(both.ask('/hf/api/models/churn'))).toEqual([404, 'RepoNotFound']);
  expect((await both.ask('/hf/api/models/gone/churn')).status).toBe(502);
  expect(await (await both.ask('/-/ready')).json()).toEqual({
    ready: true,
    registries: { ads: 'fresh', risk: 'fresh', gone: 'unread' },
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tarOf, tarSize } from '../../src/serve/tar.js';
import { MODEL_PATH, makeResearch } from '../e2e/registry.js';
import { sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedHere, serveHere, sha256Of } from '../support/serving.js';

const box = sandbox();
const registry = servedRegistry(box);
const TOKEN = 'a-token-of-the-tests';
let here: ServedHere;
let guarded: ServedHere;

beforeAll(async () => {
  registry.git('remote', 'add', 'origin', 'git@git.example.com:team/models.git');
  here = await serveHere(box, { registries: { '': registry.dir } });
  guarded = await serveHere(box, {
    registries: { '': registry.dir },
    tokens: [
      { name: 'bob', secret: 'another-token-of-tests' },
      { name: 'ann', secret: TOKEN },
    ],
  });
});

const ask = (path: string, init?: RequestInit): Promise<Response> => here.ask(`/files${path}`, init);

/** The files of an archive, as tar itself unpacks them. */
function unpacked(bytes: Uint8Array, paths: readonly string[]): Record<string, string> {
  const folder = mkdtempSync(join(box.root, 'tar-'));
  writeFileSync(join(folder, 'all.tar'), bytes);
  mkdirSync(join(folder, 'out'));
  const listed = execFileSync('tar', ['-tf', '../all.tar', '--quoting-style=literal'], {
    cwd: join(folder, 'out'),
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  expect(listed.trimEnd().split('\n').sort()).toEqual([...paths].sort());
  execFileSync('tar', ['-xf', '../all.tar'], { cwd: join(folder, 'out') });
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, 'out', path), 'utf8')]));
}

describe('files', () => {
  test.each([
    ['/churn/prod/churn.bin', CHURN.v1, 'private, no-cache'],
    ['/churn/eu/prod/churn.bin', CHURN.v1, 'private, no-cache'],
    ['/churn/latest/churn.bin', CHURN.v2, 'private, no-cache'],
    ['/churn/v1.0.0/churn.bin', CHURN.v1, 'private, max-age=31536000, immutable'],
    ['/teams/llm/prod/sub/a%23b.txt', 'hash', 'private, no-cache'],
    ['/teams/llm/prod/sub%2Fa+b.txt', 'plus', 'private, no-cache'],
  ])('%s', async (path, text, caching) => {
    const answer = await ask(path);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(text.length),
      'cache-control': caching,
      etag: `"${sha256Of(text)}"`,
      'last-modified': expect.stringMatching(/GMT$/),
      'reg-version': expect.stringMatching(/^v\d/),
    });
    expect(await answer.text()).toBe(text);
  });

  test.each([
    ['/churn/prod', 404],
    ['/churn/prod/', 404],
    ['/churn/prod/nothing', 404],
    ['/churn/v2.0.0/churn.bin', 404],
    ['/churn/v2.0.0.tar', 404],
    ['/churn.tar', 404],
    ['/nothing/prod.tar', 404],
    ['/open/v1.0.0.tar', 404],
    ['/churn/%zz', 400],
    ['/', 404],
  ])('%s is %i', async (path, status) => {
    expect((await ask(path)).status).toBe(status);
    expect((await ask(path, { method: 'HEAD' })).status).toBe(status);
  });

  test('a version that cannot be served has the reason', async () => {
    for (const path of [
      '/files/open/v1.0.0/model.bin',
      '/files/open/v1.0.0.tar',
      '/s3/open/v1.0.0/model.bin',
    ])
      expect(await (await here.ask(path)).text()).toContain('not pinned');
  });

  test('writes are refused with the command to use', async () => {
    const answer = await ask('/churn/prod/churn.bin', { method: 'PUT', body: 'x' });
    expect([answer.status, await answer.text()]).toEqual([405, expect.stringContaining('reg register')]);
  });
});

describe('archives', () => {
  test('have all files of a version, and the size that their header has', async () => {
    const answer = await ask('/teams/llm/prod.tar');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/x-tar',
      'content-length': String(bytes.length),
      'accept-ranges': 'none',
    });
    expect(unpacked(bytes, Object.keys(LLM))).toEqual(LLM);
  });

  test('are the same for a stage and its version, and whole whatever part is asked for', async () => {
    const bytesOf = async (path: string, init?: RequestInit) => {
      const answer = await ask(path, init);
      return [
        answer.status,
        answer.headers.get('etag'),
        sha256Of(new Uint8Array(await answer.arrayBuffer())),
      ];
    };
    const whole = await bytesOf('/churn/prod.tar');
    expect(whole[0]).toBe(200);
    expect(await bytesOf('/churn/v1.0.0.tar')).toEqual(whole);
    expect(await bytesOf('/churn/prod.tar', { headers: { range: 'bytes=0-9' } })).toEqual(whole);
    const cached = await ask('/churn/prod.tar', { headers: { 'if-none-match': String(whole[1]) } });
    expect(cached.status).toBe(304);
    const head = await ask('/churn/prod.tar', { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['2048', '']);
  });

  test('break off where the source has other bytes, as single files do', async () => {
    const research = makeResearch(box);
    const commit = research.git('rev-parse', 'HEAD').trim();
    const wrong = box.repository('wrong');
    const source = `{repo: ${JSON.stringify(research.dir)}, commit: ${commit}, path: ${MODEL_PATH}}`;
    wrong.commit({ 'churn.model.yaml': `source: ${source}\nsha256: ${'ab'.repeat(32)}\n` });
    wrong.tag('churn@v1.0.0');
    const served = await serveHere(box, { registries: { '': wrong.dir } });
    const [name = ''] = MODEL_PATH.split('/').slice(-1);
    for (const path of [
      '/files/churn/v1.0.0.tar',
      `/files/churn/v1.0.0/${name}`,
      `/s3/churn/v1.0.0/${name}`,
    ]) {
      const answer = await served.ask(path);
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow('promise');
    }
  });

  test.each([
    ['a'.repeat(100)],
    ['b'.repeat(101)],
    [`${'long/'.repeat(60)}name.txt`],
    ['ünïcode.txt'],
    ['x'],
  ])('have names of any length: %s', async (path) => {
    const text = 'some text';
    const entries = [
      { path, size: text.length },
      { path: 'empty', size: 0 },
    ];
    const chunks: Uint8Array[] = [];
    for await (const chunk of tarOf(entries, 1_767_225_600, async ({ size }) =>
      (async function* () {
        yield Buffer.from(text.slice(0, size));
      })(),
    ))
      chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    expect(bytes.length).toBe(tarSize(entries));
    expect(unpacked(bytes, [path, 'empty'])).toEqual({ [path]: text, empty: '' });
  });

  test('have sizes beyond what the field of a size has room for', () => {
    const size = 9 * 1024 ** 3;
    expect(tarSize([{ path: 'big', size }])).toBe(size + 512 * 5);
  });
});

describe('what DVC asks of Studio', () => {
  const ROUTE = '/dvc/api/model-registry/get-download-uris';
  const REPO = 'https://git.example.com/team/models';
  const query = (asked: Record<string, string>): string => `${ROUTE}?${new URLSearchParams(asked)}`;
  const token = { headers: { authorization: `token ${TOKEN}` } };

  test.each([
    ['its https address', REPO],
    ['with .git', `${REPO}.git`],
    ['with a user', 'https://ann@git.example.com/team/models'],
    ['over ssh', 'git@git.example.com:team/models.git'],
    ['as an address of ssh', 'ssh://git@git.example.com/team/models.git'],
    ['the clone', registry.dir],
  ])('knows the registry by %s', async (_, repo) => {
    const answer = await here.ask(query({ repo, name: 'churn', stage: 'prod' }));
    expect(await answer.json()).toEqual({
      'churn.bin': 'http://localhost/dvc/files/churn/v1.0.0/churn.bin',
    });
  });

  test.each([
    [{ repo: REPO, name: 'churn' }, { 'churn.bin': CHURN.v2 }],
    [{ repo: REPO, name: 'churn', version: 'v1.0.0' }, { 'churn.bin': CHURN.v1 }],
    [
      { repo: REPO, name: 'teams:llm', stage: 'prod' },
      Object.fromEntries(Object.entries(LLM).map(([path, text]) => [`llm/${path}`, text])),
    ],
  ])('%o', async (asked, files) => {
    const uris = (await (await here.ask(query(asked as Record<string, string>))).json()) as Record<
      string,
      string
    >;
    const found: Record<string, string> = {};
    for (const [path, uri] of Object.entries(uris))
      found[path] = await (await here.ask(uri.replace('http://localhost', ''))).text();
    expect(found).toEqual(files);
  });

  test.each([
    [{ repo: 'https://git.example.com/other/models', name: 'churn', stage: 'prod' }, 404, 'not served here'],
    [{ repo: REPO, name: 'nothing', stage: 'prod' }, 404, 'no artifact'],
    [{ repo: REPO, name: 'churn', stage: 'nothing' }, 404, 'nothing'],
    [{ repo: REPO, name: 'churn', version: 'v2.0.0' }, 404, 'deregistered'],
    [{ repo: REPO, name: '' }, 404, 'empty'],
  ])('%o is %i', async (asked, status, text) => {
    const answer = await here.ask(query(asked as Record<string, string>));
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(text)]);
  });

  test('addresses are signed, for the client asks for files without a token', async () => {
    const path = query({ repo: REPO, name: 'churn', stage: 'prod' });
    expect((await guarded.ask(path)).status).toBe(401);
    expect((await guarded.ask(path, { headers: { authorization: 'token nothing' } })).status).toBe(401);
    const uris = (await (await guarded.ask(path, token)).json()) as Record<string, string>;
    const uri = String(uris['churn.bin']).replace('http://localhost', '');
    expect(uri).not.toContain(TOKEN);
    expect(await (await guarded.ask(uri)).text()).toBe(CHURN.v1);
    for (const wrong of [
      uri.replace('v1.0.0', 'v1.1.0'),
      uri.replace(/until=\d+/, 'until=9999999999'),
      uri.replace(/proof=./, 'proof=x'),
      uri.replace(/\?.*/, ''),
      uri.replace('/dvc', ''),
    ])
      expect((await guarded.ask(wrong)).status).toBe(401);
  });

  test('an address is good for an hour', async () => {
    let now = Date.now();
    const timed = await serveHere(box, {
      registries: { '': registry.dir },
      tokens: [{ name: 'ann', secret: TOKEN }],
      now: () => now,
    });
    const uris = await (await timed.ask(query({ repo: REPO, name: 'churn', stage: 'prod' }), token)).json();
    const uri = String((uris as Record<string, string>)['churn.bin']).replace('http://localhost', '');
    expect((await timed.ask(uri, { method: 'HEAD' })).status).toBe(200);
    now += 3_601_000;
    expect((await timed.ask(uri, { method: 'HEAD' })).status).toBe(401);
  });
});

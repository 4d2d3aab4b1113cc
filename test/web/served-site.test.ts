import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import type { Ui } from '../../src/serve/ui.js';
import { sandbox } from '../support/repo.js';
import { siteRegistry } from '../support/site-registry.js';

const box = sandbox();
const repository = siteRegistry(box);
const ending = new AbortController();
const open = () => openRegistry(repository.dir, { env: box.env, cwd: box.root, signal: ending.signal });
let ui: Ui;

beforeAll(async () => {
  ui = await (await open()).ui();
}, 60_000);
afterAll(() => ui.close());

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** Not fetch, which sets the host itself and takes `..` out of a path. */
const ask = (path: string, { method = 'GET', host = new URL(ui.url).host } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(ui.url);
    request({ host: '127.0.0.1', port, path, method, headers: { host } }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

test('pages, data and what they take are served, and never kept', async () => {
  const page = await ask('/');
  expect(page).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
  const [, script = ''] = /src="([^"]*)"/.exec(page.body) ?? [];
  expect((await ask(`/${script}`)).headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(JSON.parse((await ask('/data/stages.json')).body)).toEqual(['dev', 'staging', 'prod']);
  expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('the policy allows the site’s own files alone, and no frame around it', async () => {
  const { headers } = await ask('/');
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  });
});

test.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example'])(
  'a browser that was led here under the name %j gets nothing',
  async (host) => {
    expect(await ask('/', { host })).toMatchObject({
      status: 421,
      body: expect.not.stringContaining('churn'),
    });
  },
);

test('the name localhost is this machine’s too', async () => {
  expect((await ask('/', { host: `localhost:${new URL(ui.url).port}` })).status).toBe(200);
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused: it is read-only', async (method) => {
  expect((await ask('/', { method })).status).toBe(405);
});

test.each([
  '/../package.json',
  '/..%2f..%2fetc/passwd',
  '/%00',
  '/%',
  '//etc/passwd',
  '/.git/config',
  '/constructor',
  '/__proto__',
])('%s is no page', async (path) => {
  expect((await ask(path)).status).toBe(404);
});

test('a port that is taken is named, with the way out', async () => {
  const port = Number(new URL(ui.url).port);
  await expect((await open()).ui({ port })).rejects.toMatchObject({
    code: 'USAGE',
    message: `cannot serve at port ${port}: something else listens there`,
    hint: 'give another one with --port; 0 takes a free one',
  });
});

test('it ends when the program is interrupted', async () => {
  const other = await (await open()).ui();
  ending.abort();
  await other.closed;
  await expect(fetch(other.url)).rejects.toThrow();
});

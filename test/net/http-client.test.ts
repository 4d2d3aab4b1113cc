import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type HttpOptions, type HttpRequest, openHttp } from '../../src/net/http.js';
import type { Lookup } from '../../src/net/private-address.js';
import { failure } from '../contract/stores-objects.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import * as faults from '../support/file-server-faults.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
let server: FileServer;
let other: FileServer;
beforeAll(async () => {
  server = await serveFiles(box.root);
  other = await serveFiles(box.root);
  server.put('model.bin', faults.BODY);
});
afterEach(() => {
  for (const one of [server, other]) {
    one.be();
    one.requests.length = 0;
  }
});
afterAll(async () => {
  await server.close();
  await other.close();
});

const LOOPBACK = { REG_HTTP_PRIVATE: 'allow' };
interface Way extends HttpOptions {
  env?: Env;
  signal?: AbortSignal;
}

async function ask(request: Partial<HttpRequest> = {}, { env = LOOPBACK, signal, ...options }: Way = {}) {
  const http = openHttp({ env, signal }, options);
  const answer = await http.request({ method: 'GET', url: `${server.url}model.bin`, ...request });
  return { status: answer.status, headers: answer.headers, said: await text(answer.body) };
}
const withLogin = (url: string): string => url.replace('://', '://ann:canary-password@');
const BASIC = `Basic ${btoa('ann:canary-password')}`;

describe('asking', () => {
  it('gives status, headers and body, of any status', async () => {
    expect(await ask()).toMatchObject({
      status: 200,
      headers: { 'content-length': '10' },
      said: '0123456789',
    });
    expect(await ask({ url: `${server.url}none` })).toMatchObject({ status: 404, said: 'nothing here' });
  });

  it('posts', async () => {
    server.be(async (request, response) => {
      response.end(`${request.method} ${request.headers['content-type']} ${await text(request)}`);
    });
    const headers = { 'content-type': 'application/json' };
    expect((await ask({ method: 'POST', headers, body: '{"é":1}' })).said).toBe(
      'POST application/json {"é":1}',
    );
  });

  it('sends the login of an address, unless a header has one', async () => {
    await ask({ url: withLogin(server.url) });
    await ask({ url: withLogin(server.url), headers: { authorization: 'Bearer x' } });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([BASIC, 'Bearer x']);
    expect(server.requests.map(({ url }) => url)).toEqual(['/', '/']);
  });

  it('lets many requests go at once without a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const { signal } = new AbortController();
    const http = openHttp({ env: LOOPBACK, signal });
    const asking = Array.from({ length: 20 }, () =>
      http.request({ method: 'GET', url: `${server.url}model.bin` }),
    );
    const answers = await Promise.all(asking);
    await Promise.all(answers.map(({ body }) => text(body)));
    expect(warned.mock.calls).toEqual([]);
    warned.mockRestore();
  });
});

describe('a client of another kind', () => {
  it('has a code and a name of its own for errors of the server', async () => {
    server.be(faults.sendRaw('HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n01234'));
    const error = await failure(ask({ shown: 'the repository' }, { code: 'REMOTE_FAILED' }));
    expect(error).toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringContaining('the repository'),
    });
    const refused = await failure(ask({}, { code: 'REMOTE_FAILED', env: {} }));
    expect(refused).toMatchObject({
      code: 'REMOTE_FAILED',
      hint: expect.stringContaining('REG_HTTP_PRIVATE'),
    });
  });

  it('may follow redirects to other hosts, or none, and says where an answer came from', async () => {
    const http = openHttp({ env: LOOPBACK }, { mayLeaveHost: true });
    const from = { method: 'GET', url: withLogin(`${server.url}moved`) } as const;
    server.be(faults.redirect(`${other.url}model.bin`));
    expect(await http.request({ ...from, redirect: 'manual' })).toMatchObject({
      status: 302,
      url: `${server.url}moved`,
    });
    expect(other.requests).toEqual([]);
    expect((await http.request(from)).url).toBe(`${other.url}model.bin`);
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe('a redirect into a private network', () => {
  const moved = (): string => `${server.url}moved`;
  const toLocalhost = (): string => other.url.replace('127.0.0.1', 'localhost');

  it('is refused where only the requested host may be there, also with redirects to other hosts', async () => {
    server.be(faults.redirect(`${toLocalhost()}model.bin`));
    const way = { env: {}, isPrivateAllowed: true, mayLeaveHost: true, code: 'REMOTE_FAILED' } as const;
    expect(await failure(ask({ url: moved() }, way))).toMatchObject({
      code: 'REMOTE_FAILED',
      message: expect.stringContaining('private network'),
    });
    expect(other.requests).toEqual([]);
  });

  it('is followed where redirects may lead there', async () => {
    server.be(faults.redirect(`${other.url}model.bin`));
    const way = { env: {}, isPrivateAllowed: 'with-redirects', mayLeaveHost: true } as const;
    expect((await ask({ url: moved() }, way)).status).toBe(200);
    expect(other.requests).toHaveLength(1);
  });
});

describe('a server that fails for a while', () => {
  it.each([
    ['500', faults.refuse(500)],
    ['503', faults.refuse(503)],
    ['429 with a time', faults.refuse(429, { 'retry-after': '0' })],
    ['a cut connection', faults.reset],
  ])('is asked again after %s', async (_what, fault) => {
    server.be(fault, 2);
    expect(await ask()).toMatchObject({ status: 200, said: '0123456789' });
    expect(server.requests).toHaveLength(3);
  });

  it('is given up in the end', async () => {
    server.be(faults.refuse(500, { 'retry-after': '0' }));
    expect((await ask()).status).toBe(500);
    expect(server.requests).toHaveLength(4);
    server.be(faults.reset);
    expect((await failure(ask())).code).toBe('STORE_FAILED');
    expect(server.requests).toHaveLength(8);
  });

  it('is not asked again when no server listens, or no answer comes', async () => {
    expect((await failure(ask({ url: 'http://127.0.0.1:9/' }))).message).toContain('http://127.0.0.1:9/');
    server.be(faults.hang);
    const error = await failure(ask({}, { env: { ...LOOPBACK, REG_TIMEOUT: '0.1' } }));
    expect(error).toMatchObject({ code: 'STORE_FAILED', hint: expect.stringContaining('REG_TIMEOUT') });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['before it answers', faults.hang],
    ['within its answer', faults.stall],
  ])('is left once the signal is given, %s', async (_what, fault) => {
    const ending = new AbortController();
    server.be((...exchange) => {
      fault(...exchange);
      setImmediate(() => ending.abort());
    });
    expect((await failure(ask({}, { signal: ending.signal }))).code).toBe('INTERRUPTED');
    expect((await failure(ask({}, { signal: ending.signal }))).code).toBe('INTERRUPTED');
    expect(server.requests).toHaveLength(1);
  });

  it('is left once the signal is given while a name is looked up', async () => {
    const ending = new AbortController();
    const lookup: Lookup = () => void setImmediate(() => ending.abort());
    const url = 'http://models.example/';
    expect((await failure(ask({ url }, { lookup, env: {}, signal: ending.signal }))).code).toBe(
      'INTERRUPTED',
    );
  });

  it('that speaks no HTTP is a readable error', async () => {
    server.be(faults.sendRaw('SSH-2.0-OpenSSH\r\n'));
    expect((await failure(ask())).message).toMatch(/^cannot reach http:.*: .+$/);
  });
});

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

describe('a redirect', () => {
  const moved = (): string => withLogin(`${server.url}moved`);

  it('is followed on the same host, with the login', async () => {
    server.be(faults.redirect('/model.bin?sig=x'));
    expect((await ask({ url: moved() })).said).toBe('0123456789');
    expect(server.requests.map(({ url }) => url)).toEqual(['/moved', '/model.bin?sig=x']);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([BASIC, BASIC]);
  });

  it('to another host is refused, and nothing is asked there', async () => {
    server.be(faults.redirect(`${other.url}model.bin`));
    const error = await failure(ask({ url: moved() }));
    expect(error).toMatchObject({
      code: 'STORE_FAILED',
      hint: expect.stringContaining('REG_HTTP_REDIRECTS=allow'),
    });
    expect(error.message).not.toContain('canary');
    expect(other.requests).toEqual([]);
  });

  it('to another host takes no login along where it is allowed', async () => {
    server.be(faults.redirect(withLogin(`${other.url}model.bin`)));
    const env = { ...LOOPBACK, REG_HTTP_REDIRECTS: 'allow' };
    expect((await ask({ url: moved(), headers: { 'private-token': 'canary' } }, { env })).said).toBe(
      '0123456789',
    );
    const [sent] = other.requests;
    expect(JSON.stringify(sent?.headers)).not.toContain('canary');
    expect(sent?.headers.authorization).toBeUndefined();
  });

  it('into a private network is refused although redirects are allowed', async () => {
    server.be(faults.redirect(`${other.url}model.bin`));
    const env = { REG_HTTP_REDIRECTS: 'allow' };
    const error = await failure(ask({ url: moved() }, { env, isPrivateAllowed: true }));
    expect(error).toMatchObject({
      code: 'STORE_FAILED',
      hint: expect.stringContaining('REG_HTTP_PRIVATE=allow'),
    });
    expect(server.requests).toHaveLength(1);
    expect(other.requests).toEqual([]);
  });

  it('that leads in a circle is left after five', async () => {
    server.be(faults.redirect('/moved'));
    expect((await failure(ask({ url: moved() }))).message).toContain('too often');
    expect(server.requests).toHaveLength(6);
  });

  it('keeps the part that was asked for', async () => {
    server.be(faults.redirect('/model.bin', 307));
    expect((await ask({ url: moved(), range: { start: 3, end: 6 } })).said).toBe('345');
  });
});

describe('a private network', () => {
  const lookup: Lookup = (_hostname, _options, callback) =>
    callback(null, [{ address: '127.0.0.1', family: 4 }]);
  const named = (): string => server.url.replace('127.0.0.1', 'models.example');

  it('is refused by address', async () => {
    const error = await failure(ask({ url: withLogin(server.url) }, { env: {} }));
    expect(error).toMatchObject({
      code: 'STORE_FAILED',
      hint: expect.stringContaining('REG_HTTP_PRIVATE=allow'),
    });
    expect(error.message).not.toContain('canary');
    expect(server.requests).toEqual([]);
  });

  it('is refused by the address that a name has', async () => {
    const error = await failure(ask({ url: named() }, { env: {}, lookup }));
    expect(error.message).toContain('models.example');
    expect(error.message).toContain('127.0.0.1');
    expect(server.requests).toEqual([]);
  });

  it('may be where git goes anyway', async () => {
    expect((await ask({}, { env: {}, isPrivateAllowed: true })).status).toBe(200);
  });

  it('is connected to at the address that was checked', async () => {
    let asked = 0;
    const rebinding: Lookup = (_hostname, _options, callback) => {
      asked += 1;
      callback(null, [{ address: asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
    };
    expect((await failure(ask({ url: named() }, { env: {}, lookup: rebinding }))).message).toContain(
      '192.0.2.1',
    );
    expect(asked).toBe(1);
    expect(server.requests).toEqual([]);
  });
});

describe('a proxy', () => {
  it('gets the whole address of a request over http, and its own login', async () => {
    other.be((request, response) => void response.end(`${request.url}`));
    const env = { HTTP_PROXY: withLogin(other.url) };
    const warned = vi.spyOn(process, 'emitWarning');
    expect((await ask({ url: 'http://models.example/a/b?c' }, { env })).said).toBe(
      'http://models.example/a/b?c',
    );
    expect(other.requests[0]?.headers).toMatchObject({
      host: 'models.example',
      'proxy-authorization': BASIC,
    });
    expect(warned.mock.calls).toEqual([]);
    warned.mockRestore();
  });

  it('is asked for no address of a private network', async () => {
    const env = { HTTP_PROXY: other.url };
    expect((await failure(ask({}, { env }))).code).toBe('STORE_FAILED');
    expect((await failure(ask({ url: 'http://localhost/' }, { env }))).code).toBe('STORE_FAILED');
    expect(other.requests).toEqual([]);
  });

  it('that refuses is a readable error without its login', async () => {
    for (const url of ['http://models.example/', 'https://models.example/']) {
      other.be(faults.refuse(407));
      const error = await failure(
        ask({ url }, { env: { HTTPS_PROXY: withLogin(other.url), HTTP_PROXY: other.url } }),
      );
      expect(error.code).toBe('STORE_FAILED');
      expect(error.message).not.toContain('canary');
    }
  });
});

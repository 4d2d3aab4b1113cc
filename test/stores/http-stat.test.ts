import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWeb } from '../../src/stores/http.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { failure } from '../contract/stores-objects.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import * as faults from '../support/file-server-faults.js';
import { type Env, sandbox } from '../support/repo.js';

const box = sandbox();
const { BODY } = faults;
let server: FileServer;
let other: FileServer;
beforeAll(async () => {
  server = await serveFiles(box.root);
  other = await serveFiles(box.root);
  server.put('model.bin', BODY);
  server.put('model.tar.gz', BODY);
  server.put('empty.bin', new Uint8Array());
});
afterEach(() => {
  server.be();
  server.requests.length = 0;
  other.requests.length = 0;
});
afterAll(async () => {
  await server.close();
  await other.close();
});

const LOOPBACK = { REG_HTTP_PRIVATE: 'allow' };
const open = (env: Env = LOOPBACK, url = server.url): Promise<ObjectStore> => openWeb(url, { env });
const methods = (): string[] => server.requests.map(({ method = '' }) => method);

describe('what is known of an object', () => {
  it('comes from one HEAD', async () => {
    expect(await (await open()).stat('model.bin')).toEqual({ key: 'model.bin', size: 10, ranges: true });
    expect(methods()).toEqual(['HEAD']);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([403, 405, 501])('comes from its first byte where HEAD is answered with %d', async (status) => {
    server.be(faults.refuse(status, {}, 'HEAD'));
    expect(await (await open()).stat('model.bin')).toEqual({ key: 'model.bin', size: 10, ranges: true });
    expect(methods()).toEqual(['HEAD', 'GET']);
    expect(server.requests[1]?.headers.range).toBe('bytes=0-0');
  });

  it.each([{}, { 'content-length': '0' }])('comes from its first byte where HEAD has %j', async (headers) => {
    server.be(faults.headWithout(headers));
    expect(await (await open()).stat('model.bin')).toEqual({ key: 'model.bin', size: 10, ranges: true });
    expect(await (await open()).stat('empty.bin')).toEqual({ key: 'empty.bin', size: 0, ranges: true });
  });

  it('is no size and no parts where the server tells of none', async () => {
    server.be(faults.endWithoutLength(BODY));
    expect(await (await open()).stat('model.bin')).toEqual({
      key: 'model.bin',
      size: undefined,
      ranges: false,
    });
  });

  it('is a size alone where the server knows no parts', async () => {
    server.be((_request, response) => void response.writeHead(200, { 'content-length': 10 }).end());
    expect(await (await open()).stat('model.bin')).toEqual({ key: 'model.bin', size: 10, ranges: false });
  });

  it.each([404, 410])('is nothing after %d', async (status) => {
    server.be(faults.refuse(status));
    expect(await (await open()).stat('model.bin')).toBeUndefined();
    server.be(faults.refuse(405, {}, 'HEAD'));
    expect(await (await open()).stat('gone.bin')).toBeUndefined();
  });

  it.each([400, 401, 403, 416])('is refused after %d', async (status) => {
    server.be(faults.refuse(status));
    const error = await failure((await open()).stat('model.bin'));
    expect(error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(`${status}`) });
  });
});

import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ByteRange, RangeIgnored } from '../../src/net/http.js';
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
const read = async (key: string, range?: ByteRange, env?: Env): Promise<string> =>
  String(await buffer(await (await open(env)).read(key, range)));

describe('reading', () => {
  it('asks for all of it, or for a part', async () => {
    expect(await read('model.bin')).toBe('0123456789');
    expect(await read('model.bin', { start: 2, end: 5 })).toBe('234');
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=2-4']);
  });

  it('keeps the text of a signed address', async () => {
    server.be((request, response, serve) =>
      request.url === '/model.bin?sig=a%2Fb+c%3D' ? serve() : void response.writeHead(403).end(),
    );
    expect(await read('model.bin?sig=a%2Fb+c%3D')).toBe('0123456789');
    await read('model+x.bin?').catch(() => undefined);
    expect(server.requests.at(-1)?.url).toBe('/model+x.bin');
  });

  it.each([
    ['its length told', faults.truncate],
    ['in chunks', faults.truncateChunks],
  ])('fails when it is cut off, %s', async (_what, fault) => {
    server.be(fault);
    expect((await failure(read('model.bin'))).code).toBe('STORE_FAILED');
    expect((await failure(read('model.bin', { start: 2, end: 8 }))).code).toBe('STORE_FAILED');
  });

  it('fails when less comes than was promised, and the connection ends well', async () => {
    server.be(faults.sendRaw('HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n01234'));
    expect((await failure(read('model.bin'))).code).toBe('STORE_FAILED');
    server.be(faults.endWithoutLength(Buffer.from('01'), 206, 'content-range: bytes 0-4/10\r\n'));
    expect((await failure(read('model.bin', { start: 0, end: 5 }))).message).toContain('2 of 5 bytes');
  });

  it('gives no byte more than was asked for', async () => {
    server.be(faults.endWithoutLength(BODY, 206, 'content-range: bytes 0-4/10\r\n'));
    expect((await failure(read('model.bin', { start: 0, end: 5 }))).message).toContain(
      'more than the expected 5 bytes',
    );
    server.be(faults.sendRaw('HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n0123456789'));
    const told = await read('model.bin').catch((error) => error.code);
    expect(['01234', 'STORE_FAILED']).toContain(told);
  });

  it('takes what comes slowly, and what has no length', async () => {
    server.be(faults.slow);
    expect(await read('model.bin')).toBe('0123456789');
    server.be(faults.endWithoutLength(BODY));
    expect(await read('model.bin')).toBe('0123456789');
  });

  it.each([
    ['another part', 206, { 'content-range': 'bytes 1-5/10' }],
    ['less of it', 206, { 'content-range': 'bytes 0-3/10' }],
    ['a part that it does not name', 206, {}],
    ['parts in another unit', 206, { 'content-range': 'items 0-4/10' }],
  ])('fails when the answer is %s', async (_what, status, headers) => {
    server.be((_request, response) => void response.writeHead(status, headers).end('01234'));
    expect((await failure(read('model.bin', { start: 0, end: 5 }))).code).toBe('STORE_FAILED');
  });

  it('says so when everything comes for a part, and takes it where that is the part', async () => {
    server.be((_request, response) => void response.writeHead(200, { 'content-length': 10 }).end(BODY));
    await expect(read('model.bin', { start: 0, end: 5 })).rejects.toThrow(RangeIgnored);
    await expect(read('model.bin', { start: 5, end: 10 })).rejects.toThrow(RangeIgnored);
    expect(await read('model.bin', { start: 0, end: 10 })).toBe('0123456789');
  });

  it('fails when a part is beyond the end, and when a part comes unasked', async () => {
    expect((await failure(read('model.bin', { start: 5, end: 11 }))).code).toBe('STORE_FAILED');
    expect((await failure(read('model.bin', { start: 10, end: 11 }))).code).toBe('STORE_FAILED');
    server.be((_request, response) => void response.writeHead(206).end('01'));
    expect((await failure(read('model.bin'))).code).toBe('STORE_FAILED');
  });

  it('fails for bytes that were packed on the way, but not for a packed file', async () => {
    server.be(faults.pack);
    expect((await failure(read('model.bin'))).message).toContain('gzip');
    expect((await failure((await open()).stat('model.bin'))).message).toContain('gzip');
    server.be(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'x-gzip' }).end(BODY),
    );
    expect(await read('model.tar.gz?v=1')).toBe('0123456789');
  });

  it.each([404, 410])('says that nothing is there after %d', async (status) => {
    server.be(faults.refuse(status));
    expect((await failure(read('model.bin'))).code).toBe('SOURCE_PATH');
  });

  it.each([204, 300, 401, 403, 405, 501])('fails after %d', async (status) => {
    server.be(faults.refuse(status));
    expect(await failure(read('model.bin'))).toMatchObject({
      code: 'STORE_FAILED',
      hint: status === 401 || status === 403 ? expect.stringContaining('login') : undefined,
    });
  });

  it('takes a server that gives no sign for hung, before its answer and within', async () => {
    const env = { ...LOOPBACK, REG_TIMEOUT: '0.1' };
    server.be(faults.hang);
    expect((await failure(read('model.bin', undefined, env))).code).toBe('STORE_FAILED');
    server.be(faults.stall);
    expect((await failure(read('model.bin', undefined, env))).code).toBe('STORE_FAILED');
  });
});

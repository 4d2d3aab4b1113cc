import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileServer, sendFile, serveFiles } from '../support/file-server.js';
import { sandbox } from '../support/repo.js';
import { serveHere, sha256Of } from '../support/serving.js';

const box = sandbox();
const registry = box.repository('registry');
/** More than is read at a time. */
const BYTES = Buffer.alloc(3_000_000, 'the bytes of a model, many times over; ');
const SHA = sha256Of(BYTES);
let store: FileServer;
let count = 0;

beforeAll(async () => {
  store = await serveFiles(join(box.root, 'store'));
  store.put('model.bin', BYTES);
  const link = `source: {url: "${store.url}model.bin"}\nsha256: ${SHA}\n`;
  registry.commit({ 'churn.model.yaml': `${link}size: ${BYTES.length}\n`, 'unsized.model.yaml': link });
  for (const name of ['churn', 'unsized']) registry.tag(`${name}@v1.0.0`);
});
afterAll(() => store.close());

/** A server with a cache of its own. */
async function fresh() {
  store.be();
  count += 1;
  const cache = join(box.root, `cache-${count}`);
  const env = { REG_HTTP_PRIVATE: 'allow', REG_TIMEOUT: '5' };
  const { ask, core, log } = await serveHere(box, {
    registries: { '': registry.dir },
    faces: ['hf'],
    env,
    cache,
  });
  const get = (headers: Record<string, string> = {}, name = 'churn') =>
    ask(`/hf/${name}/resolve/v1.0.0/model.bin`, { headers });
  return { ask, get, core, log, entry: join(cache, 'reg/models', SHA) };
}
/** To compare large buffers as such takes the test runner seconds. */
const bytesOf = async (response: Response): Promise<string> =>
  sha256Of(Buffer.from(await response.arrayBuffer()));
const asked = (): number => store.requests.filter(({ method }) => method === 'GET').length;

test('a file is fetched once, and comes from the cache from then on', async () => {
  const { get } = await fresh();
  const before = asked();
  const answers = await Promise.all([get(), get({ range: 'bytes=5-9' }), get()]);
  expect(await bytesOf(answers[0] as Response)).toBe(SHA);
  expect(await bytesOf(answers[1] as Response)).toBe(sha256Of(BYTES.subarray(5, 10)));
  expect(await bytesOf(answers[2] as Response)).toBe(SHA);
  const fetched = asked() - before;
  expect(await bytesOf(await get())).toBe(SHA);
  expect(await bytesOf(await get({ range: 'bytes=-3' }))).toBe(sha256Of(BYTES.subarray(-3)));
  expect(asked() - before).toBe(fetched);
});

test('a link without a size is listed with that of its source', async () => {
  const { get } = await fresh();
  const answer = await get({}, 'unsized');
  expect(answer.headers.get('content-length')).toBe(String(BYTES.length));
  expect(await bytesOf(answer)).toBe(SHA);
});

test('wrong bytes in the middle never become a complete file, and the next request is well', async () => {
  const { get, entry } = await fresh();
  const wrong = Buffer.from(BYTES);
  wrong[1_000_000] = 0;
  store.be((request, response) => sendFile(wrong, request, response));
  const answer = await get();
  expect(answer.status).toBe(200);
  let received = 0;
  await expect(
    (async () => {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) received += chunk.length;
    })(),
  ).rejects.toThrow();
  expect(received).toBeLessThan(BYTES.length);
  expect((await get({ range: 'bytes=0-9' })).status).toBe(502);
  store.be();
  expect(await bytesOf(await get())).toBe(SHA);
  expect(readdirSync(entry)).toEqual(['model.bin']);
});

test('a copy that was changed in the cache is not sent as a whole, and is fetched again', async () => {
  for (const headers of [{}, { range: 'bytes=0-9' }]) {
    const { get, entry } = await fresh();
    await bytesOf(await get());
    const changed = readFileSync(join(entry, 'model.bin'));
    changed[7] = 0;
    writeFileSync(join(entry, 'model.bin'), changed);
    const again = await get(headers);
    if ('range' in headers) expect(await bytesOf(again)).toBe(sha256Of(BYTES.subarray(0, 10)));
    else await expect(bytesOf(again)).rejects.toThrow();
    expect(await bytesOf(await get())).toBe(SHA);
  }
});

test('a store that does not answer is an error before any byte', async () => {
  const { get, log } = await fresh();
  store.be((_, response) => void response.writeHead(500).end());
  const answer = await get();
  expect(answer.status).toBe(502);
  expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({ status: 502, error: expect.stringContaining('500') });
  expect(answer.headers.get('x-error-code')).toBeNull();
}, 30_000);

test('a client that takes no more bytes harms no other', async () => {
  const { get } = await fresh();
  const answer = await get();
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  await reader.cancel();
  const unread = await get();
  await unread.body?.cancel();
  expect(await bytesOf(await get())).toBe(SHA);
});

test('a login in the address of a source leaves the server neither in an answer nor in the log', async () => {
  const secret = 'a-secret-of-the-source';
  const url = store.url.replace('://', `://ann:${secret}@`);
  registry.commit({
    'private.model.yaml': `source: {url: "${url}model.bin"}\nsha256: ${SHA}\n`,
    'lost.model.yaml': `source: {url: "${url}nothing.bin"}\nsha256: ${'0'.repeat(64)}\n`,
  });
  for (const name of ['private', 'lost']) registry.tag(`${name}@v1.0.0`);
  const { ask, log } = await fresh();
  store.be((_, response) => void response.writeHead(403).end(secret));
  const seen: string[] = [];
  for (const path of [
    'api/models/private',
    'private/resolve/main/model.bin',
    'api/models/lost',
    'api/models',
  ]) {
    const answer = await ask(`/hf/${path}`);
    seen.push(JSON.stringify([...answer.headers]), await answer.text());
  }
  expect([...seen, ...log].join('\n')).not.toContain(secret);
});

import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { RegError } from '../../src/errors.js';
import { openAzure } from '../../src/stores/azure.js';
import { openGcs } from '../../src/stores/gcs.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { openS3 } from '../../src/stores/s3.js';
import { serveAnswers } from '../support/emulators.js';
import type { Env } from '../support/repo.js';

const SECRET = Buffer.from('canary+secret/of=all').toString('base64');

/** Every kind of cloud at a server that is no cloud. */
const KINDS: readonly [string, (endpoint: string, env?: Env) => Promise<ObjectStore>][] = [
  [
    's3',
    (endpoint, env) => {
      const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: SECRET, AWS_REGION: 'us-east-1' };
      return openS3('s3://models', { endpoint }, { env: { ...keys, ...env } });
    },
  ],
  [
    'azure',
    (endpoint, env) =>
      openAzure(
        'az://models',
        { endpoint: `${endpoint}/acme`, account: 'acme' },
        { env: { AZURE_STORAGE_KEY: SECRET, ...env } },
      ),
  ],
  ['gcs', (endpoint, env) => openGcs('gs://models', { endpoint }, { env: { ...env } })],
];

describe.each(KINDS)('a store of the kind %s whose server is at fault', (kind, open) => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const storeAt = async (answer: RequestListener, env: Env = {}): Promise<ObjectStore> => {
    const server = await serveAnswers(answer);
    closing.push(server.close);
    return open(server.url, env);
  };
  const failed = async (call: () => Promise<unknown>): Promise<RegError> => {
    const error = await call().catch((reason) => reason);
    if (!(error instanceof RegError)) throw new Error('it did not fail as it has to', { cause: error });
    return error;
  };

  it('fails when the bytes end too early', async () => {
    const store = await storeAt((_request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('only so much', () => response.destroy());
    });
    expect(await failed(async () => buffer(await store.read('model')))).toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('model'),
    });
  });

  it('fails when the server sends everything instead of a part', async () => {
    const store = await storeAt((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.end('0123456789');
    });
    const part = async () => buffer(await store.read('model', { start: 2, end: 4 }));
    expect((await failed(part)).code).toBe('STORE_FAILED');
  });

  it('fails when the bytes stop coming', async () => {
    const store = await storeAt(
      (_request, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('only so much');
      },
      { REG_TIMEOUT: '0.3' },
    );
    expect((await failed(async () => buffer(await store.read('model')))).code).toBe('STORE_FAILED');
  });

  it('fails when the server does not answer', async () => {
    const store = await storeAt(() => undefined, { REG_TIMEOUT: '0.3' });
    const calls = [() => store.stat('model'), () => store.read('model'), () => store.list('')];
    const errors = await Promise.all(calls.map(failed));
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED']);
  });

  it('shows no secret that the server repeats', async () => {
    const message = `what is ${SECRET} or ${encodeURIComponent(SECRET)} or https://a:b@host/?sig=canary ?`;
    const store = await storeAt((_request, response) => {
      response.setHeader('x-ms-error-code', 'Odd');
      response.writeHead(400, { 'content-type': kind === 'gcs' ? 'application/json' : 'application/xml' });
      if (kind === 'gcs') response.end(JSON.stringify({ error: { code: 400, message } }));
      else response.end(`<Error><Code>Odd</Code><Message>${message.replace('&', '&amp;')}</Message></Error>`);
    });
    for (const call of [() => store.stat('model'), () => store.read('model'), () => store.list('')]) {
      const { code, message: said } = await failed(call);
      expect(code).toBe('STORE_FAILED');
      expect(said).not.toContain('canary');
      expect(said).not.toContain('a:b@');
      if (kind === 'gcs') continue;
      expect(said).not.toContain(SECRET);
      expect(said).not.toContain(encodeURIComponent(SECRET));
    }
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openAzure } from '../../src/stores/azure.js';
import { openGcs } from '../../src/stores/gcs.js';
import { storeOpener } from '../../src/stores/open.js';
import { type ObjectStore, signed } from '../../src/stores/port.js';
import { openS3 } from '../../src/stores/s3.js';
import { AZURITE, type Emulator, serveAzure, serveS3 } from '../support/emulators.js';
import { sandbox } from '../support/repo.js';

// Addresses that let their readers in for a while.

const box = sandbox();
const KEY = 'models/größe und a+b.bin';
const lasting = (seconds: number) => ({ seconds, until: new Date(Date.now() + seconds * 1000) });
const bytesAt = async (url: string): Promise<[status: number, text: string]> => {
  const response = await fetch(url);
  return [response.status, response.ok ? await response.text() : ''];
};

describe('an address of Amazon S3', () => {
  let server: Emulator;
  let store: ObjectStore;
  beforeAll(async () => {
    server = await serveS3(box);
    store = await openS3(`s3://${server.bucket}/team`, {}, { env: server.env });
    await store.write(KEY, Readable.from([Buffer.from('bytes')]), 5);
  });
  afterAll(() => server?.close());

  it('lets its readers in, and no other address does', async () => {
    const url = await signed(store, KEY, lasting(60));
    expect(await bytesAt(url)).toEqual([200, 'bytes']);
    expect((await bytesAt(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600')))[0]).toBe(403);
    expect((await bytesAt(url.replace(/\?.*/, '')))[0]).toBe(403);
  });

  it('holds the token of a session, and no secret key', async () => {
    const env = { ...server.env, AWS_SESSION_TOKEN: 'to/ken+of=session' };
    const session = await openS3(`s3://${server.bucket}/team`, {}, { env });
    const url = new URL((await session.sign?.(KEY, lasting(60))) ?? '');
    expect(url.searchParams.get('X-Amz-Security-Token')).toBe('to/ken+of=session');
    expect(await bytesAt(url.href)).toEqual([200, 'bytes']);
  });

  it('is not made where the login expires before it', async () => {
    const file = join(box.root, 'process');
    const expiration = new Date(Date.now() + 600_000).toISOString();
    const keys = { AccessKeyId: 'S3RVER', SecretAccessKey: 'S3RVER', SessionToken: 'token' };
    writeFileSync(file, JSON.stringify({ Version: 1, ...keys, Expiration: expiration }));
    const config = join(box.root, 'aws-config');
    writeFileSync(config, `[profile ci]\nregion = us-east-1\ncredential_process = cat ${file}\n`);
    // the client of AWS looks for its files by the variables of the process
    vi.stubEnv('AWS_CONFIG_FILE', config);
    const env = { AWS_ENDPOINT_URL_S3: server.url, AWS_PROFILE: 'ci' };
    const session = await openS3(`s3://${server.bucket}/team`, {}, { env });
    expect(await bytesAt(await signed(session, KEY, lasting(60)))).toEqual([200, 'bytes']);
    await expect(signed(session, KEY, lasting(3600))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`expires at ${expiration.slice(0, 19)}Z`),
    });
    vi.unstubAllEnvs();
  });

  it('is made of no object that is missing, and of no folder', async () => {
    for (const key of ['none', 'models', ''])
      await expect(signed(store, key, lasting(60))).rejects.toMatchObject({ code: 'SOURCE_PATH' });
  });
});

describe('an address of Azure', () => {
  let server: Emulator;
  beforeAll(async () => {
    server = await serveAzure(box);
    const credential = new StorageSharedKeyCredential(AZURITE.account, AZURITE.key);
    const container = new BlobServiceClient(server.url, credential).getContainerClient(server.bucket);
    await container.create();
    await container.getBlockBlobClient(KEY).upload('bytes', 5);
  });
  afterAll(() => server?.close());

  it('lets its readers in', async () => {
    const store = await openAzure(`az://${server.bucket}`, {}, { env: server.env });
    const url = await signed(store, KEY, lasting(60));
    expect(await bytesAt(url)).toEqual([200, 'bytes']);
    expect((await bytesAt(url.replace(/\?.*/, '')))[0]).not.toBe(200);
  });

  it('needs the key of the account', async () => {
    const settings = { endpoint: server.url, account: AZURITE.account };
    const store = await openAzure(`az://${server.bucket}`, settings, {
      env: { AZURE_STORAGE_SAS_TOKEN: 'sv=1&sig=canary' },
    });
    const error = await store.sign?.(KEY, lasting(60)).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'STORE_FAILED' });
    expect(`${error.message} ${error.hint}`).not.toContain('canary');
  });
});

it('an address of Google Cloud is signed by the key of a service account', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(box.root, 'account.json');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const account = { type: 'service_account', client_email: 'ci@models.example', private_key: key };
  writeFileSync(file, JSON.stringify(account));
  const store = await openGcs('gs://models/team', {}, { env: { GOOGLE_APPLICATION_CREDENTIALS: file } });
  const url = new URL((await store.sign?.('m.bin', lasting(60))) ?? '');
  expect(url.origin + url.pathname).toBe('https://storage.googleapis.com/models/team/m.bin');
  expect(Number(url.searchParams.get('X-Goog-Expires'))).toBeCloseTo(60, -1);
  expect(url.searchParams.get('X-Goog-Signature')).toMatch(/^[0-9a-f]{512}$/);
});

it('a folder and a web server have no such address', async () => {
  const { openStore } = storeOpener({ env: {} });
  for (const url of [box.root, 'https://models.example/a/'])
    await expect(signed(await openStore(url), 'm.bin', lasting(60))).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      hint: expect.stringMatching(/^leave out --expires/),
    });
});

import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAzure } from '../../src/stores/azure.js';
import { AZURITE, type Emulator, serveAzure } from '../support/emulators.js';
import { sandbox } from '../support/repo.js';

describe('a store at Azure', () => {
  const box = sandbox();
  const { account, key } = AZURITE;
  const credential = new StorageSharedKeyCredential(account, key);
  let server: Emulator;
  beforeAll(async () => {
    server = await serveAzure(box);
    const container = new BlobServiceClient(server.url, credential).getContainerClient(server.bucket);
    await container.create();
    await container.getBlockBlobClient('here').upload('x', 1);
    await container.getBlockBlobClient('folder').upload('', 0, { metadata: { hdi_isfolder: 'true' } });
    await container.getBlockBlobClient('folder/file').upload('x', 1);
  });
  afterAll(() => server?.close());
  const url = (): string => `az://${server.bucket}`;

  it('is let in by an account key, by either name', async () => {
    for (const name of ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_ACCOUNT_KEY']) {
      const store = await openAzure(url(), { endpoint: server.url, account }, { env: { [name]: key } });
      expect(await store.stat('here')).toMatchObject({ size: 1 });
    }
  });

  it('is let in by a shared access signature, which no error shows', async () => {
    const sas = generateBlobSASQueryParameters(
      {
        containerName: server.bucket,
        permissions: ContainerSASPermissions.parse('r'),
        expiresOn: new Date(Date.now() + 3_600_000),
      },
      credential,
    ).toString();
    const env = { AZURE_STORAGE_ACCOUNT: account, AZURE_STORAGE_SAS_TOKEN: `?${sas}` };
    const store = await openAzure(url(), { endpoint: server.url }, { env });
    expect(await store.stat('here')).toMatchObject({ size: 1 });
    // it may read and not list
    const refused = await store.list('').catch((error) => error);
    expect(refused.code).toBe('STORE_FAILED');
    const [, signature = 'missing'] = /sig=([^&]+)/.exec(sas) ?? [];
    for (const secret of [signature, decodeURIComponent(signature)])
      expect(`${refused.message} ${refused.hint} ${store.shown}`).not.toContain(secret);
  });

  it('needs an account', async () => {
    const opening = openAzure(url(), {}, { env: { AZURE_STORAGE_KEY: key } });
    await expect(opening).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      hint: expect.stringContaining('AZURE_STORAGE_ACCOUNT'),
    });
  });

  it('does not use the connection string of another account', async () => {
    const env = { ...server.env, AZURE_STORAGE_KEY: key, REG_TIMEOUT: '5' };
    const other = await openAzure(url(), { account: 'other', endpoint: undefined }, { env });
    expect(other.shown).toBe(url());
    const same = await openAzure(url(), { account }, { env: server.env });
    expect(await same.stat('here')).toMatchObject({ size: 1 });
  });

  it('takes the folders of a hierarchical namespace for no objects', async () => {
    const store = await openAzure(url(), {}, { env: server.env });
    expect(await store.stat('folder')).toBeUndefined();
    expect((await store.list('')).map((one) => one.key)).toEqual(['folder/file', 'here']);
  });
});

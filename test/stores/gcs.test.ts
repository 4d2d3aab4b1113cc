import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGcs } from '../../src/stores/gcs.js';
import { type GcsEmulator, serveGcs } from '../support/emulators-gcs.js';
import { sandbox } from '../support/repo.js';

describe('a store at Google Cloud', () => {
  const box = sandbox();
  let server: GcsEmulator;
  beforeAll(async () => {
    server = await serveGcs();
  });
  afterAll(() => server?.close());

  it('lists every page', async () => {
    const keys = Array.from({ length: 250 }, (_, index) => `object-${String(index).padStart(4, '0')}`);
    for (const key of keys) server.objects.set(`pages/${key}`, Buffer.from(key));
    const store = await openGcs(`gs://${server.bucket}/pages`, {}, { env: server.env });
    expect((await store.list('')).map(({ key }) => key)).toEqual(keys);
  });

  it('finds an emulator by a host without a scheme', async () => {
    server.objects.set('here', Buffer.from('x'));
    const env = { STORAGE_EMULATOR_HOST: server.url.replace('http://', '') };
    const store = await openGcs(`gs://${server.bucket}`, {}, { env });
    expect(await store.stat('here')).toMatchObject({ size: 1 });
    expect(String(await buffer(await store.read('here')))).toBe('x');
  });

  it('says which file of credentials cannot be read', async () => {
    const file = join(box.root, 'no-credentials.json');
    const store = await openGcs('gs://models', {}, { env: { GOOGLE_APPLICATION_CREDENTIALS: file } });
    for (const call of [() => store.stat('model'), () => store.read('model'), () => store.list('')])
      await expect(call()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('no-credentials.json'),
        hint: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
      });
  });
});

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openS3 } from '../../src/stores/s3.js';
import { serveS3 } from '../support/emulators.js';
import { type Env, sandbox } from '../support/repo.js';

type Server = Awaited<ReturnType<typeof serveS3>>;

describe('a store at Amazon S3', () => {
  const box = sandbox();
  let server: Server;
  beforeAll(async () => {
    server = await serveS3(box);
  });
  afterAll(() => server?.close());
  afterEach(() => vi.unstubAllEnvs());
  const open = (env: Env, settings = {}, folder = '') =>
    openS3(`s3://${server.bucket}${folder}`, settings, { env });
  /** Uploads in parts that s3rver still keeps. */
  const uploads = (): string[] => {
    const folders = readdirSync(server.folder).filter((name) => name.includes('uploads'));
    return folders.flatMap((name) => readdirSync(join(server.folder, name)));
  };

  it('lists every page', async () => {
    const store = await open(server.env, {}, '/pages');
    const keys = Array.from({ length: 1005 }, (_, index) => `object-${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map((key) => store.write(key, Readable.from([]), 0)));
    expect((await store.list('')).map(({ key }) => key)).toEqual(keys);
  });

  it('takes what stands for an empty folder for no object', async () => {
    const store = await open(server.env, {}, '/consoles');
    await store.write('folder/', Readable.from([]), 0);
    await store.write('folder/file', Readable.from([]), 0);
    expect((await store.list('')).map(({ key }) => key)).toEqual(['folder/file']);
  });

  it('leaves no part of an upload that failed', async () => {
    const store = await open(server.env);
    const size = 40 * 1024 * 1024;
    let began: string[] = [];
    const bytes = (function* () {
      for (let at = 0; at < size - 1; at += 1024 * 1024) yield Buffer.alloc(1024 * 1024);
      began = uploads();
      throw new Error('gone');
    })();
    const writing = store.write('large', Readable.from(bytes, { objectMode: false }), size);
    await expect(writing).rejects.toThrow('gone');
    expect(began).toHaveLength(1);
    expect(uploads()).toEqual([]);
  });

  it('finds its server in the settings before the environment, and the one for S3 before the one for all', async () => {
    const { AWS_ENDPOINT_URL_S3: here = '', ...rest } = server.env;
    const nowhere = 'http://127.0.0.1:9';
    for (const [env, settings] of [
      [{ ...rest, AWS_ENDPOINT_URL: here }, {}],
      [{ ...rest, AWS_ENDPOINT_URL_S3: here, AWS_ENDPOINT_URL: nowhere }, {}],
      [{ ...rest, AWS_ENDPOINT_URL_S3: nowhere }, { endpoint: here }],
    ] as const)
      expect(await (await open(env, settings)).stat('none')).toBeUndefined();
  });

  it('is let in by a profile of the configuration files, and knows its region', async () => {
    const file = join(box.root, 'credentials');
    writeFileSync(file, '[models]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n');
    const config = join(box.root, 'config');
    writeFileSync(config, '[profile models]\nregion = eu-central-1\n');
    // the client of AWS looks for its files by the variables of the process
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
    vi.stubEnv('AWS_CONFIG_FILE', config);
    expect(existsSync(file)).toBe(true);
    const wrong = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'wrong' };
    const env = { AWS_ENDPOINT_URL_S3: server.url };
    expect(await (await open({ ...env, ...wrong }, { profile: 'models' })).stat('none')).toBeUndefined();
    expect(await (await open({ ...env, AWS_PROFILE: 'models' })).stat('none')).toBeUndefined();
    await expect((await open({ ...env, ...wrong })).stat('none')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openS3 } from '../../src/stores/s3.js';
import { type S3Emulator, serveAnswers, serveS3 } from '../support/emulators.js';
import { type Env, sandbox } from '../support/repo.js';

describe('a store at Amazon S3', () => {
  const box = sandbox();
  let server: S3Emulator;
  beforeAll(async () => {
    server = await serveS3(box);
  });
  afterAll(() => server?.close());
  afterEach(() => vi.unstubAllEnvs());
  const open = (env: Env, settings = {}, folder = '') =>
    openS3(`s3://${server.bucket}${folder}`, settings, { env });
  it('lists every page', async () => {
    const asked: (string | null)[] = [];
    const pages = await serveAnswers((request, response) => {
      const token = new URL(request.url ?? '', 'http://s3').searchParams.get('continuation-token');
      asked.push(token);
      const next = token === null ? '<NextContinuationToken>second+page</NextContinuationToken>' : '';
      const key = token === null ? 'folder/a' : 'folder/b';
      // Amazon S3 API reference, ListObjectsV2, example responses
      response.end(
        `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>models</Name><IsTruncated>${token === null}</IsTruncated>${next}<Contents><Key>${key}</Key><Size>7</Size></Contents></ListBucketResult>`,
      );
    });
    const store = await open({ ...server.env, AWS_ENDPOINT_URL_S3: pages.url }, {}, '/folder');
    expect(await store.list('')).toEqual(['a', 'b'].map((key) => ({ key, size: 7, ranges: true })));
    expect(asked).toEqual([null, 'second+page']);
    await pages.close();
  });

  it('takes what stands for an empty folder for no object', async () => {
    const store = await open(server.env, {}, '/consoles');
    await store.write('folder/', Readable.from([]), 0);
    await store.write('folder/file', Readable.from([]), 0);
    expect((await store.list('')).map(({ key }) => key)).toEqual(['folder/file']);
  });

  it('gives up an upload that failed, so that none of its parts is kept', async () => {
    const store = await open(server.env);
    const size = 40 * 1024 * 1024;
    const bytes = (function* () {
      for (let at = 0; at < size - 1; at += 1024 * 1024) yield Buffer.alloc(1024 * 1024);
      throw new Error('gone');
    })();
    server.requests.length = 0;
    const writing = store.write('large', Readable.from(bytes, { objectMode: false }), size);
    await expect(writing).rejects.toThrow('gone');
    const [began, ...rest] = server.requests;
    expect(began).toMatch(/^POST \/models\/large\?uploads/);
    expect(rest.at(-1)).toMatch(/^DELETE \/models\/large\?.*uploadId=/);
    expect(rest.filter((one) => one.startsWith('POST'))).toEqual([]);
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

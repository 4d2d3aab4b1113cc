import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvcIn } from '../support/dvc-reading.js';
import { dvcConfig, dvcFile, type Tracked, trackFile, trackFolder } from '../support/dvc-remote.js';
import { AZURITE, serveAzure, serveS3 } from '../support/emulators.js';
import { serveGcs } from '../support/emulators-gcs.js';
import { serveFiles } from '../support/file-server.js';
import { type Env, type Sandbox, sandbox } from '../support/repo.js';

/** A remote of DVC on a server. */
interface RemoteBench {
  config: string;
  /** What lets one in; where the configuration names the server, the environment does not. */
  env: Env;
  put(key: string, bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

const s3 = async (box: Sandbox): Promise<RemoteBench> => {
  const { url, bucket, env, close } = await serveS3(box);
  const { AWS_ENDPOINT_URL_S3: _, AWS_REGION: __, ...keys } = env;
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const client = new S3Client({ endpoint: url, forcePathStyle: true, region: 'eu-west-1', credentials });
  return {
    config: dvcConfig(`s3://${bucket}/dvc store`, { endpointurl: url, region: 'eu-west-1' }),
    env: keys,
    put: async (key, Body) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `dvc store/${key}`, Body }));
    },
    close: async () => {
      client.destroy();
      await close();
    },
  };
};

const azure = async (box: Sandbox): Promise<RemoteBench> => {
  const { url, bucket, env, close } = await serveAzure(box);
  const { account, key: secret } = AZURITE;
  const container = new BlobServiceClient(
    url,
    new StorageSharedKeyCredential(account, secret),
  ).getContainerClient(bucket);
  await container.create();
  return {
    config: dvcConfig(`azure://${bucket}/store`, { account_name: account }),
    env,
    put: async (key, bytes) => void (await container.getBlockBlobClient(`store/${key}`).uploadData(bytes)),
    close,
  };
};

const gs = async (): Promise<RemoteBench> => {
  const { url, bucket, objects, close } = await serveGcs();
  return {
    config: dvcConfig(`gs://${bucket}/store`, { endpointurl: url }),
    env: {},
    put: async (key, bytes) => void objects.set(`store/${key}`, bytes),
    close,
  };
};

const http = async (box: Sandbox): Promise<RemoteBench> => {
  const server = await serveFiles(join(box.root, 'web'));
  return {
    config: dvcConfig(`${server.url}dvc%20store`),
    env: { REG_HTTP_PRIVATE: 'allow' },
    put: async (key, bytes) => server.put(`dvc store/${key}`, bytes),
    close: server.close,
  };
};

describe.each([
  ['s3', s3],
  ['azure', azure],
  ['gs', gs],
  ['http', http],
] as const)('a remote of the kind %s', (kind, open) => {
  const box = sandbox();
  const project = box.repository('project');
  const { find, read, failure } = dvcIn(box, () => project);
  const bytes = randomBytes(9_000_000);
  const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`part/${index}`, `${index}`]));
  let remote: RemoteBench;
  const push = async (...all: Tracked[]): Promise<void> => {
    for (const [key, object] of all.flatMap(({ objects }) => [...objects])) await remote.put(key, object);
  };
  beforeAll(async () => {
    remote = await open(box);
    const [model, folder, old] = [trackFile(bytes), trackFolder(files), trackFolder({ 'a.txt': 'a\r\n' }, 2)];
    await push(model, folder, old);
    project.commit({
      '.dvc/config': remote.config,
      'model.bin.dvc': dvcFile('model.bin', model),
      'folder.dvc': dvcFile('folder', folder),
      'old.dvc': dvcFile('old', old),
      'missing.dvc': dvcFile('missing', trackFile('never pushed')),
    });
  });
  afterAll(() => remote?.close());
  const asked = () => ({ env: remote.env, isHere: false });

  test('a file, which is large enough to come in parts', async () => {
    expect((await find('model.bin', asked()))?.files[0]).toMatchObject({ size: 9_000_000, ranges: true });
    expect((await read('model.bin', asked()))['model.bin']?.equals(bytes)).toBe(true);
  });

  test('folders of both layouts, and a file of one', async () => {
    const asBytes = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]);
    expect(await read('folder', asked())).toEqual(Object.fromEntries(asBytes));
    expect(await read('folder/part/7', asked())).toEqual({ '7': Buffer.from('7') });
    expect(await read('old', asked())).toEqual({ 'a.txt': Buffer.from('a\r\n') });
  });

  test('an object that was not pushed is missing', async () => {
    const { code, message } = await failure('missing', asked());
    expect({ code, message }).toEqual({
      code: 'SOURCE_PATH',
      message: expect.stringContaining(
        `missing (md5 ${trackFile('never pushed').md5}) is missing in the DVC remote 'storage', ${kind}://`,
      ),
    });
  });

  test('a load that is cancelled is interrupted', async () => {
    const signal = AbortSignal.abort();
    expect((await failure('model.bin', { ...asked(), signal })).code).toBe('INTERRUPTED');
  });
});

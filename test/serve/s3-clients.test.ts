import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Env, sandbox } from '../support/repo.js';
import { CHURN, LLM, servedRegistry } from '../support/served-registry.js';
import { type ServedThere, serveThere } from '../support/serving.js';

// clients of S3 as they are: the SDK for JavaScript, and the programs aws, rclone and curl where they are installed

const box = sandbox();
const registry = servedRegistry(box);
registry.tag('churn#prod-eu#1');
const TOKEN = 'a-token-of-the-tests';
/** More than clients ask for in one part. */
const BIG = Buffer.alloc(9_000_000, 'a big model, ');
let server: ServedThere;
let open: ServedThere;

beforeAll(async () => {
  registry.commit({ 'big.bin': BIG, 'big.model.yaml': 'source: {path: big.bin}\n' });
  for (const tag of ['big@v1.0.0', 'big#prod#1']) registry.tag(tag);
  const tokenFile = join(box.root, 'tokens');
  writeFileSync(tokenFile, `ann ${TOKEN}\n`);
  server = await serveThere(box, { registries: { '': registry.dir }, tokenFile, s3Port: 0 });
  open = await serveThere(box, { registries: { '': registry.dir }, s3Port: 0 });
});
afterAll(() => Promise.all([server.close(), open.close()]));

/** Where a program is; the first of that name in PATH that is no shim. */
const programOf = (name: string): string | undefined =>
  ['/usr/bin', '/usr/local/bin', ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

const run = async (program: string, args: readonly string[], env: Env, cwd?: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, args, { env, cwd });
  return stdout;
};

function around(name: string): Env {
  const home = join(box.root, name);
  mkdirSync(home, { recursive: true });
  const { PATH = '' } = process.env;
  return {
    PATH,
    HOME: home,
    LC_ALL: 'C.UTF-8',
    AWS_ACCESS_KEY_ID: 'ann',
    AWS_SECRET_ACCESS_KEY: TOKEN,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
}

/** The files of a folder with what they hold. */
function filesIn(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

describe('the SDK for JavaScript', () => {
  const clientOf = (endpoint: string, secretAccessKey = TOKEN, accessKeyId = 'ann'): S3Client =>
    new S3Client({
      endpoint,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });

  test('loads by its key pair, below a path and at a port of its own', async () => {
    for (const endpoint of [`${server.url}/s3`, server.s3Url ?? '']) {
      const client = clientOf(endpoint);
      await client.send(new HeadBucketCommand({ Bucket: 'churn' }));
      const { Body } = await client.send(new GetObjectCommand({ Bucket: 'churn', Key: 'prod/churn.bin' }));
      expect(await Body?.transformToString()).toBe(CHURN.v1);
      const list = await client.send(
        new ListObjectsV2Command({ Bucket: 'teams', Prefix: 'llm/prod/', MaxKeys: 3 }),
      );
      expect(list).toMatchObject({
        IsTruncated: true,
        KeyCount: 3,
        NextContinuationToken: expect.any(String),
      });
    }
  });

  test('names of every kind are signed as they are read', async () => {
    const client = clientOf(`${server.url}/s3`);
    for (const [path, text] of Object.entries(LLM)) {
      const wanted = { Bucket: 'teams', Key: `llm/prod/${path}` };
      const { Body } = await client.send(new GetObjectCommand(wanted));
      expect(await Body?.transformToString()).toBe(text);
      const { Contents } = await client.send(
        new ListObjectsV2Command({ Bucket: 'teams', Prefix: wanted.Key }),
      );
      expect(Contents?.map(({ Key }) => Key)).toContain(wanted.Key);
    }
  });

  test('with another secret or another name is refused', async () => {
    for (const client of [
      clientOf(`${server.url}/s3`, 'another-token-of-tests'),
      clientOf(`${server.url}/s3`, TOKEN, 'bob'),
    ])
      await expect(
        client.send(new GetObjectCommand({ Bucket: 'churn', Key: 'prod/churn.bin' })),
      ).rejects.toMatchObject({ name: 'SignatureDoesNotMatch', $metadata: { httpStatusCode: 403 } });
  });
});

test('a port for S3 alone needs the face', async () => {
  await expect(
    serveThere(box, { registries: { '': registry.dir }, faces: ['hf'], s3Port: 0 }),
  ).rejects.toMatchObject({ code: 'USAGE', message: '--s3-port is given, and S3 is not served' });
});

const AWS = programOf('aws');
describe.skipIf(AWS === undefined)('aws', () => {
  const aws = (args: readonly string[], env: Env = around('aws'), to = server): Promise<string> =>
    run(AWS ?? '', ['--endpoint-url', `${to.url}/s3`, ...args], env);

  test('lists buckets and folders', async () => {
    expect(await aws(['s3', 'ls'])).toMatch(/big\n.*churn\n/);
    expect(await aws(['s3', 'ls', 's3://churn/prod/'])).toMatch(/ 16 churn\.bin\n$/);
  });

  test('loads a stage, a folder, and once alone', async () => {
    const folder = mkdtempSync(join(box.root, 'aws-'));
    await aws(['s3', 'cp', 's3://churn/prod/churn.bin', join(folder, 'churn.bin')]);
    expect(readFileSync(join(folder, 'churn.bin'), 'utf8')).toBe(CHURN.v1);
    const sync = ['s3', 'sync', 's3://teams/llm/prod', join(folder, 'llm')];
    expect(await aws(sync)).toContain('download: ');
    expect(filesIn(join(folder, 'llm'))).toEqual(LLM);
    expect(await aws(sync)).toBe('');
  });

  test('loads a file in parts', async () => {
    const to = join(mkdtempSync(join(box.root, 'aws-')), 'big.bin');
    await aws(['s3', 'cp', 's3://big/prod/big.bin', to]);
    expect(readFileSync(to).equals(BIG)).toBe(true);
  });

  test('an address that it signs is good for who has it', async () => {
    const url = await aws(['s3', 'presign', 's3://churn/prod/churn.bin']);
    const answer = await fetch(url.trim());
    // some versions sign by Version 2
    expect([answer.status, url.includes('AWSAccessKeyId')]).toEqual(
      url.includes('AWSAccessKeyId') ? [400, true] : [200, false],
    );
  });

  test('without a key pair, and writes', async () => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = around('aws-open');
    const to = join(box.root, 'aws-open', 'churn.bin');
    const cp = ['--no-sign-request', 's3', 'cp', 's3://churn/prod/churn.bin', to];
    await expect(aws(cp, env)).rejects.toMatchObject({ stderr: expect.stringContaining('403') });
    await aws(cp, env, open);
    expect(readFileSync(to, 'utf8')).toBe(CHURN.v1);
    await expect(aws(['s3', 'cp', to, 's3://churn/x'])).rejects.toMatchObject({
      stderr: expect.stringMatching(/MethodNotAllowed.*reg register/s),
    });
  });
});

const RCLONE = programOf('rclone');
describe.skipIf(RCLONE === undefined)('rclone', () => {
  const rclone = (args: readonly string[], secret = TOKEN): Promise<string> => {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...env } = around('rclone');
    const config = {
      RCLONE_CONFIG: join(box.root, 'rclone', 'none.conf'),
      RCLONE_CONFIG_REG_TYPE: 's3',
      RCLONE_CONFIG_REG_PROVIDER: 'Other',
      RCLONE_CONFIG_REG_ENDPOINT: server.s3Url ?? '',
      RCLONE_CONFIG_REG_ACCESS_KEY_ID: 'ann',
      RCLONE_CONFIG_REG_SECRET_ACCESS_KEY: secret,
    };
    writeFileSync(config.RCLONE_CONFIG, '');
    return run(RCLONE ?? '', args, { ...env, ...config });
  };

  test('lists, copies and checks', async () => {
    expect(await rclone(['lsd', 'reg:'])).toMatch(/churn/);
    expect(await rclone(['lsf', 'reg:churn/prod'])).toBe('churn.bin\n');
    const folder = mkdtempSync(join(box.root, 'rclone-'));
    await rclone(['copy', 'reg:teams/llm/prod', join(folder, 'llm')]);
    expect(filesIn(join(folder, 'llm'))).toEqual(LLM);
    await rclone(['check', '--download', 'reg:teams/llm/prod', join(folder, 'llm')]);
    await rclone(['copyto', 'reg:churn/eu/prod/churn.bin', join(folder, 'churn.bin')]);
    expect(readFileSync(join(folder, 'churn.bin'), 'utf8')).toBe(CHURN.v1);
  });

  test('with another secret is refused', async () => {
    await expect(
      rclone(['lsf', '--retries', '1', 'reg:churn'], 'another-token-of-tests'),
    ).rejects.toMatchObject({
      stderr: expect.stringContaining('SignatureDoesNotMatch'),
    });
  });
});

const CURL = programOf('curl');
describe.skipIf(CURL === undefined)('curl', () => {
  test('-O loads a file, and an archive whose files it has', async () => {
    const folder = mkdtempSync(join(box.root, 'curl-'));
    const curl = ['-sSfO', '-H', `Authorization: Bearer ${TOKEN}`];
    await run(CURL ?? '', [...curl, `${server.url}/files/churn/prod/churn.bin`], around('curl'), folder);
    expect(readFileSync(join(folder, 'churn.bin'), 'utf8')).toBe(CHURN.v1);
    await run(CURL ?? '', [...curl, `${server.url}/files/teams/llm/prod.tar`], around('curl'), folder);
    mkdirSync(join(folder, 'llm'));
    await run('tar', ['-xf', '../prod.tar'], around('curl'), join(folder, 'llm'));
    expect(filesIn(join(folder, 'llm'))).toEqual(LLM);
  });
});

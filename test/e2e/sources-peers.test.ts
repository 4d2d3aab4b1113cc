import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Emulator, serveAzure, serveS3 } from '../support/emulators.js';
import { serveGcs } from '../support/emulators-gcs.js';
import { type Env, type Repository, sandbox } from '../support/repo.js';
import { MODEL, sha256 } from './registry.js';

const box = sandbox();
const SHA = sha256(MODEL);
const KEY = `${SHA.slice(0, 2)}/${SHA.slice(2)}/model.safetensors`;
const LARGE = Buffer.alloc(20_000_003, 'a large model ');

/** Azurite begins without a container. */
async function startAzure(): Promise<Emulator> {
  const peer = await serveAzure(box);
  const service = BlobServiceClient.fromConnectionString(peer.env.AZURE_STORAGE_CONNECTION_STRING ?? '');
  await service.getContainerClient(peer.bucket).create();
  return peer;
}

/** The stores that are servers, as their emulators answer, and a folder that several machines would share. */
const PEERS: { name: string; start: () => Promise<Emulator>; storeOf: (peer: Emulator) => string }[] = [
  { name: 's3', start: () => serveS3(box), storeOf: ({ bucket }) => `s3://${bucket}/registry` },
  { name: 'azure', start: startAzure, storeOf: ({ bucket }) => `az://${bucket}/registry` },
  { name: 'gcs', start: () => serveGcs(), storeOf: ({ bucket }) => `gs://${bucket}/registry` },
];

describe.each(PEERS)('a store at $name', ({ name, start, storeOf }) => {
  let peer: Emulator;
  let store: string;
  let registry: Repository;
  beforeAll(async () => {
    peer = await start();
    store = storeOf(peer);
    registry = box.repository(`registry-${name}`);
    registry.commit({ '.reg.yaml': `store: ${store}\n` });
    mkdirSync(join(registry.dir, 'out'));
    writeFileSync(join(registry.dir, 'out/model.safetensors'), MODEL);
    writeFileSync(join(registry.dir, 'out/large.bin'), LARGE);
  });
  afterAll(() => peer.close());
  const reg = (env: Env = {}) =>
    regIn(box, registry.dir, { ...peer.env, XDG_CACHE_HOME: join(box.root, `cache-${name}`), ...env });
  const emptyCache = (): Env => ({ XDG_CACHE_HOME: join(box.root, `cache-${name}-${Math.random()}`) });

  test('a model is uploaded, registered, assigned and loaded', async () => {
    const uploaded = await reg()('upload', 'out/model.safetensors', 'churn', '--assign', 'prod');
    expect(uploaded).toMatchObject({ stdout: 'churn.model.yaml\nchurn@v0.0.1\nchurn#prod#1\n', code: 0 });
    expect(readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8')).toContain(`url: ${store}/${KEY}\n`);
    const loaded = await reg(emptyCache())('load', 'churn#prod', '-o', 'loaded.safetensors');
    expect(transcript(loaded)).toBe("$ reg load 'churn#prod' -o loaded.safetensors\nloaded.safetensors\n");
    expect(readFileSync(join(registry.dir, 'loaded.safetensors')).equals(MODEL)).toBe(true);
    expect((await reg(emptyCache())('validate')).code).toBe(0);
    const again = await reg()('upload', 'out/model.safetensors', 'churn');
    expect(again.stderr).toContain('the store has these bytes already');
  });

  test('a large one in parts, and a folder', async () => {
    const uploaded = await reg()('upload', 'out', 'both', '--register');
    expect(uploaded).toMatchObject({ stdout: 'both.model.yaml\nboth@v0.0.1\n', code: 0 });
    const loaded = await reg(emptyCache())('load', 'both@latest', '-o', `both-${name}`);
    expect(loaded).toMatchObject({ stderr: '', code: 0 });
    expect(readFileSync(join(registry.dir, `both-${name}/large.bin`)).equals(LARGE)).toBe(true);
  });

  test('a model that is already there is linked by its URL', async () => {
    const link = await reg()('link', `${store}/${KEY}`, 'there');
    expect(link).toMatchObject({ stdout: 'there.model.yaml\n', code: 0 });
    expect(readFileSync(join(registry.dir, 'there.model.yaml'), 'utf8')).toContain(`sha256: ${SHA}\n`);
    registry.commit({}, 'Link it');
    rmSync(join(registry.dir, 'model.safetensors'), { force: true });
    expect((await reg(emptyCache())('load', 'there')).stdout).toBe('model.safetensors\n');
  });

  test('a wrong secret, and something that is not there', async () => {
    const wrong = {
      AWS_SECRET_ACCESS_KEY: 'canary-wrong-secret',
      AZURE_STORAGE_CONNECTION_STRING: wrongKey(peer.env),
    };
    // the emulator of this one lets everybody in
    if (name !== 'gcs') {
      const run = await reg({ ...wrong, ...emptyCache() })('load', 'churn#prod', '-o', '-');
      expect(run).toMatchObject({ stdout: '', code: 4 });
      expect(run.stderr).toMatch(/^error: .+\nhint: .+\n$/);
      expect(run.stderr).not.toContain('canary');
    }
    const missing = await reg()('link', `${store}/nothing.bin`, 'nothing');
    expect(missing).toMatchObject({ stdout: '', code: 1 });
    expect(missing.stderr).toContain(`${store}/nothing.bin`);
  });
});

const wrongKey = ({ AZURE_STORAGE_CONNECTION_STRING: text = '' }: Env): string =>
  text.replace(/AccountKey=[^;]*/, `AccountKey=${Buffer.from('canary-wrong-key').toString('base64')}`);

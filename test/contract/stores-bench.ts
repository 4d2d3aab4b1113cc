import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { openAzure } from '../../src/stores/azure.js';
import { openGcs } from '../../src/stores/gcs.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { openS3 } from '../../src/stores/s3.js';
import { AZURITE, serveAzure, serveS3 } from '../support/emulators.js';
import { serveGcs } from '../support/emulators-gcs.js';
import type { Env, Sandbox } from '../support/repo.js';
import { folder, http, SSH } from './stores-local.js';

/** A kind of store, as the contract of `ObjectStore` is tested with it. */
export interface StoreBench {
  name: string;
  /** What it says about writing and listing when it can do neither; left out where it can. */
  cannot?: readonly ('write' | 'list')[];
  /** Sets up an empty place of this kind below the sandbox. */
  open(box: Sandbox): Promise<StorePlace>;
}

/** An empty place for objects, and ways to it that do not lead through what is tested. */
export interface StorePlace {
  /** Opens the store at it; every store of one place has the same objects. */
  store(signal?: AbortSignal): Promise<ObjectStore>;
  /** Puts an object there by other means. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Every key that is there, by other means, in any order. */
  keys(): Promise<string[]>;
  /** Stores that fail, by what is wrong with them; each must fail with STORE_FAILED and a hint. */
  broken: Readonly<Record<string, () => Promise<ObjectStore>>>;
  /** What must be in no error. */
  secrets: readonly string[];
  close(): Promise<void>;
}

/** A port of loopback where nothing listens: no user may (IANA, "discard" is served nowhere here). */
const NOWHERE = 'http://127.0.0.1:9';

/** Below a folder, and with a name that a URL would have to write otherwise. */
const FOLDER = 'team one/ünï#%';

const s3: StoreBench = {
  name: 's3',
  open: async (box) => {
    const server = await serveS3(box);
    const { bucket: Bucket, env } = server;
    const client = new S3Client({
      endpoint: server.url,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    });
    const open = (bucket: string, other: Env = {}, signal?: AbortSignal): Promise<ObjectStore> =>
      openS3(`s3://${bucket}/${FOLDER}`, {}, { env: { ...env, ...other }, signal });
    const wrong = 'canary-secret/of+s3';
    return {
      store: (signal) => open(Bucket, {}, signal),
      put: async (key, bytes) => {
        await client.send(new PutObjectCommand({ Bucket, Key: `${FOLDER}/${key}`, Body: bytes }));
      },
      keys: async () => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
        return Contents.map(({ Key = '' }) => Key.slice(FOLDER.length + 1));
      },
      broken: {
        'a wrong secret': () => open(Bucket, { AWS_SECRET_ACCESS_KEY: wrong }),
        'a missing bucket': () => open('no-such-bucket'),
        'a port without a server': () =>
          open(Bucket, { AWS_ENDPOINT_URL_S3: NOWHERE, AWS_SECRET_ACCESS_KEY: wrong }),
      },
      secrets: [wrong, encodeURIComponent(wrong)],
      close: async () => {
        client.destroy();
        await server.close();
      },
    };
  },
};

const azure: StoreBench = {
  name: 'azure',
  open: async (box) => {
    const server = await serveAzure(box);
    const { account, key } = AZURITE;
    const service = new BlobServiceClient(server.url, new StorageSharedKeyCredential(account, key));
    const container = service.getContainerClient(server.bucket);
    await container.create();
    const wrong = Buffer.from('canary-secret-of-azure').toString('base64');
    const env: Env = { AZURE_STORAGE_ACCOUNT: account, AZURE_STORAGE_KEY: wrong };
    const open = (bucket: string, signal?: AbortSignal): Promise<ObjectStore> =>
      openAzure(`az://${bucket}/${FOLDER}`, {}, { env: server.env, signal });
    return {
      store: (signal) => open(server.bucket, signal),
      put: async (name, bytes) => {
        await container.getBlockBlobClient(`${FOLDER}/${name}`).uploadData(bytes);
      },
      keys: async () => {
        const found: string[] = [];
        for await (const { name } of container.listBlobsFlat({ includeUncommitedBlobs: false }))
          found.push(name.slice(FOLDER.length + 1));
        return found;
      },
      broken: {
        'a wrong secret': () => openAzure(`az://${server.bucket}`, { endpoint: server.url }, { env }),
        'a missing bucket': () => open('no-such-container'),
        'a port without a server': () =>
          openAzure(`az://${server.bucket}`, { endpoint: `${NOWHERE}/${account}` }, { env }),
      },
      secrets: [wrong, key],
      close: server.close,
    };
  },
};

const gcs: StoreBench = {
  name: 'gcs',
  open: async () => {
    const server = await serveGcs();
    const open = (bucket: string, endpoint = server.url, signal?: AbortSignal): Promise<ObjectStore> =>
      openGcs(`gs://${bucket}/${FOLDER}`, { endpoint }, { env: {}, signal });
    return {
      store: (signal) => open(server.bucket, server.url, signal),
      put: async (key, bytes) => void server.objects.set(`${FOLDER}/${key}`, Buffer.from(bytes)),
      keys: async () => [...server.objects.keys()].map((key) => key.slice(FOLDER.length + 1)),
      broken: {
        'a login that is needed': () => open(server.closed),
        'a missing bucket': () => open('no-such-bucket'),
        'a port without a server': () => open(server.bucket, NOWHERE),
      },
      secrets: [],
      close: server.close,
    };
  },
};

/** Every kind of store; another kind is another row. */
export const STORES: readonly StoreBench[] = [folder, http, ...SSH, s3, azure, gcs];

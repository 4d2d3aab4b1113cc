import type { Readable } from 'node:stream';
import type { BlobServiceClient, ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { RegError } from '../errors.js';
import type { Surroundings } from '../net/http.js';
import { type Bucket, cloudStore, codeAndMessage, importPeer } from './cloud.js';
import type { ObjectStore, StoreSettings } from './port.js';
import { type BucketUrl, parseBucketUrl } from './url.js';

/** The imported client of Azure Blob Storage. */
type AzureSdk = typeof import('@azure/storage-blob');

/**
 * Opens a folder of a container of Azure Blob Storage: `az://container/folder` of the account that the settings or the
 * environment name, or `az://account.blob.core.windows.net/container/folder`; `azure://` means the same. The variables are
 * those of the Azure command line ("az storage", environment variables).
 * @throws RegError SOURCE_UNSUPPORTED for a URL without a container or an account, PACKAGE_MISSING
 */
export async function openAzure(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const bucketUrl = parseBucketUrl(url, true);
  const env = withAccount(around.env, settings);
  const sdk = await importPeer('@azure/storage-blob', 12, () => import('@azure/storage-blob'));
  const service = await azureService(sdk, bucketUrl, settings, env);
  const bucket = azureBucket(sdk, service.getContainerClient(bucketUrl.bucket));
  return cloudStore(bucket, { url: bucketUrl, secrets: secretsOf(env), hint: HINT }, around);
}

/** The environment with the account of the settings: a key, a signature or a connection string takes the place of every other. */
function withAccount(
  env: NodeJS.ProcessEnv,
  { connection, accountKey, sasToken }: StoreSettings,
): NodeJS.ProcessEnv {
  if (connection === undefined && accountKey === undefined && sasToken === undefined) return env;
  return {
    ...env,
    AZURE_STORAGE_CONNECTION_STRING: connection,
    AZURE_STORAGE_KEY: accountKey,
    AZURE_STORAGE_ACCOUNT_KEY: undefined,
    AZURE_STORAGE_SAS_TOKEN: sasToken,
  };
}

const secretsOf = (env: NodeJS.ProcessEnv): (string | undefined)[] => {
  const parts = (env.AZURE_STORAGE_CONNECTION_STRING ?? '').split(';');
  return [
    env.AZURE_STORAGE_KEY,
    env.AZURE_STORAGE_ACCOUNT_KEY,
    env.AZURE_STORAGE_SAS_TOKEN,
    env.AZURE_CLIENT_SECRET,
    ...parts.flatMap((part) => /^(?:AccountKey|SharedAccessSignature)=(.*)$/i.exec(part)?.[1] ?? []),
  ];
};

const HINT =
  'see AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or `az login`';

/** The client's own four attempts, with short pauses: none, 0.3 and 0.9 seconds. */
const OPTIONS: StoragePipelineOptions = { retryOptions: { maxTries: 4, retryDelayInMs: 300 } };

/**
 * The client of a storage account, with the first of: a connection string, unless it is for another account; an account key; a
 * shared access signature; the credentials that `DefaultAzureCredential` finds.
 * @throws RegError SOURCE_UNSUPPORTED where nothing names the account, PACKAGE_MISSING
 */
async function azureService(
  sdk: AzureSdk,
  { host, shown }: BucketUrl,
  settings: StoreSettings,
  env: NodeJS.ProcessEnv,
): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = sdk;
  const named = host?.split('.')[0] ?? settings.account;
  const connection = env.AZURE_STORAGE_CONNECTION_STRING;
  if (connection && settings.endpoint === undefined && isFor(connection, named))
    return BlobServiceClient.fromConnectionString(connection, OPTIONS);
  const account = named ?? env.AZURE_STORAGE_ACCOUNT ?? env.AZURE_STORAGE_ACCOUNT_NAME;
  const server = settings.endpoint ?? serverOf(host, account);
  if (server === undefined || account === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `nothing says to which storage account ${shown} belongs`,
      'set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or write az://ACCOUNT.blob.core.windows.net/…',
    );
  const key = env.AZURE_STORAGE_KEY ?? env.AZURE_STORAGE_ACCOUNT_KEY;
  if (key) return new BlobServiceClient(server, new StorageSharedKeyCredential(account, key), OPTIONS);
  const sas = env.AZURE_STORAGE_SAS_TOKEN?.replace(/^\?/, '');
  if (sas) return new BlobServiceClient(`${server.replace(/\/$/, '')}?${sas}`, undefined, OPTIONS);
  return new BlobServiceClient(server, await entraCredential(env), OPTIONS);
}

/** Whether a connection string is for an account; that of the emulator names no account (Microsoft Learn, "Configure connection strings"). */
const isFor = (connection: string, account: string | undefined): boolean =>
  account === undefined || (/(?:^|;)AccountName=([^;]*)/i.exec(connection)?.[1] ?? account) === account;

/** A link must not choose the host that gets the credentials. */
function serverOf(host: string | undefined, account: string | undefined): string | undefined {
  if (host === undefined) return account && `https://${account}.blob.core.windows.net`;
  if (PROVIDER.test(host)) return `https://${host}`;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `az://${host} is not a host of Azure Blob Storage`,
    'write az://CONTAINER/…, and name another server with AZURE_STORAGE_CONNECTION_STRING',
  );
}

/** The endpoints of Azure and its national clouds (Microsoft Learn, "Storage account endpoints"). */
const PROVIDER =
  /^[a-z0-9-]+\.(z\d+\.)?blob\.(core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)|storage\.azure\.net)$/i;

/** The credential for Microsoft Entra; a service principal of this environment comes before the default chain. */
async function entraCredential({
  AZURE_TENANT_ID: tenant,
  AZURE_CLIENT_ID: client,
  AZURE_CLIENT_SECRET: secret,
}: NodeJS.ProcessEnv) {
  const identity = await importPeer('@azure/identity', 4, () => import('@azure/identity'));
  return tenant && client && secret
    ? new identity.ClientSecretCredential(tenant, client, secret)
    : new identity.DefaultAzureCredential();
}

const BLOCK_BYTES = 8 * 1024 * 1024;
/** Microsoft Learn, "Scalability and performance targets for Blob storage". */
const MAX_BLOCKS = 50_000;
/** Bytes in memory: four blocks, until blocks have to be larger. */
const IN_FLIGHT_BYTES = 4 * BLOCK_BYTES;

/** A container by the calls of the Blob service REST API. */
function azureBucket(sdk: AzureSdk, container: ContainerClient): Bucket {
  const blobAt = (key: string, version: string | undefined) => {
    const blob = container.getBlobClient(key);
    return version === undefined ? blob : blob.withVersion(version);
  };
  return {
    size: async (key, abortSignal, version) => {
      const found = await unlessMissing(sdk, blobAt(key, version).getProperties({ abortSignal }));
      return found && !isFolder(found.metadata) ? (found.contentLength ?? 0) : undefined;
    },
    list: async function* (prefix, abortSignal) {
      for await (const blob of container.listBlobsFlat({ prefix, abortSignal, includeMetadata: true }))
        if (!isFolder(blob.metadata)) yield { key: blob.name, size: blob.properties.contentLength };
    },
    read: async (key, range, abortSignal, version) => {
      const { start, end } = range ?? { start: 0, end: undefined };
      const blob = blobAt(key, version);
      const found = await unlessMissing(
        sdk,
        blob.download(start, end && end - start, { abortSignal, maxRetryRequests: 0 }),
      );
      return found && { bytes: found.readableStreamBody as Readable, length: found.contentLength };
    },
    sign: (key, { until: expiresOn }) =>
      // only an account key signs here; its absence is the client's own error
      container
        .getBlobClient(key)
        .generateSasUrl({ permissions: sdk.BlobSASPermissions.parse('r'), expiresOn }),
    write: async (key, bytes, size, abortSignal) => {
      const block = Math.max(BLOCK_BYTES, Math.ceil(size / MAX_BLOCKS));
      const atOnce = Math.max(1, Math.floor(IN_FLIGHT_BYTES / block));
      // only the last request makes a blob of the blocks; the service discards uncommitted ones (Put Block, remarks)
      await container.getBlockBlobClient(key).uploadStream(bytes, block, atOnce, { abortSignal });
    },
    reason: (error) => {
      const { code, details, message, statusCode, name } = error as Partial<BlobError>;
      const known = code ?? details?.errorCode ?? (statusCode ? `HTTP ${statusCode}` : undefined);
      return codeAndMessage(known ?? (name === 'Error' ? undefined : name), message);
    },
  };
}

/** The fields of a `RestError` of the client. */
interface BlobError {
  code: string;
  details: { errorCode?: string };
  message: string;
  name: string;
  statusCode: number;
}

/** Accounts with a hierarchical namespace have a blob for every folder (Microsoft Learn, "Known issues with Data Lake Storage"). */
const isFolder = (metadata: Record<string, string> | undefined): boolean =>
  metadata?.hdi_isfolder?.toLowerCase() === 'true';

/** Only a missing blob is not an error, but a missing container is (Microsoft Learn, "Blob service error codes"). */
const unlessMissing = <T>({ RestError }: AzureSdk, answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    const { code, details } = error as Partial<BlobError>;
    if (error instanceof RestError && (details?.errorCode ?? code) === 'BlobNotFound') return undefined;
    throw error;
  });

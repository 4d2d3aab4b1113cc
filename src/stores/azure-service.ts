import type { BlobServiceClient, StoragePipelineOptions } from '@azure/storage-blob';
import { RegError } from '../errors.js';
import type { AzureSdk } from './azure.js';
import type { CloudPlace } from './cloud-place.js';
import { importPeer } from './peer.js';
import type { StoreSettings } from './port.js';

/** The client's own four attempts, with pauses that a person waits for: none, 0.3 and 0.9 seconds. */
const OPTIONS: StoragePipelineOptions = { retryOptions: { maxTries: 4, retryDelayInMs: 300 } };

/**
 * The client of a storage account, let in by the first of: a connection string, unless another account is asked for; an
 * account key; a shared access signature; and what `DefaultAzureCredential` finds.
 * @throws RegError SOURCE_UNSUPPORTED when nothing names the account, PACKAGE_MISSING
 */
export async function azureService(
  sdk: AzureSdk,
  place: CloudPlace,
  settings: StoreSettings,
  env: NodeJS.ProcessEnv,
): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = sdk;
  const named = place.host?.split('.')[0] ?? settings.account;
  const connection = env.AZURE_STORAGE_CONNECTION_STRING;
  if (connection && settings.endpoint === undefined && isAbout(connection, named))
    return BlobServiceClient.fromConnectionString(connection, OPTIONS);
  const account = named ?? env.AZURE_STORAGE_ACCOUNT ?? env.AZURE_STORAGE_ACCOUNT_NAME;
  const server = settings.endpoint ?? serverOf(place.host, account);
  if (server === undefined || account === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `nothing says to which storage account ${place.shown} belongs`,
      'set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or write az://ACCOUNT.blob.core.windows.net/…',
    );
  const key = env.AZURE_STORAGE_KEY ?? env.AZURE_STORAGE_ACCOUNT_KEY;
  if (key) return new BlobServiceClient(server, new StorageSharedKeyCredential(account, key), OPTIONS);
  const sas = env.AZURE_STORAGE_SAS_TOKEN?.replace(/^\?/, '');
  if (sas) return new BlobServiceClient(`${server.replace(/\/$/, '')}?${sas}`, undefined, OPTIONS);
  return new BlobServiceClient(server, await identityOf(env), OPTIONS);
}

/** Whether a connection string is of that account; one for the emulator names none (Microsoft Learn, "Configure connection strings"). */
const isAbout = (connection: string, account: string | undefined): boolean =>
  account === undefined || (/(?:^|;)AccountName=([^;]*)/i.exec(connection)?.[1] ?? account) === account;

/** A link must not send anybody's login to a host of its own choosing. */
function serverOf(host: string | undefined, account: string | undefined): string | undefined {
  if (host === undefined) return account && `https://${account}.blob.core.windows.net`;
  if (PROVIDER.test(host)) return `https://${host}`;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `az://${host} is no host of Azure Blob Storage`,
    'write az://CONTAINER/…, and name another server with AZURE_STORAGE_CONNECTION_STRING',
  );
}

/** The endpoints of Azure and its national clouds (Microsoft Learn, "Storage account endpoints"). */
const PROVIDER =
  /^[a-z0-9-]+\.(z\d+\.)?blob\.(core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)|storage\.azure\.net)$/i;

/** Who Microsoft Entra takes us for; a service principal of this environment before all that the default chain looks for. */
async function identityOf({
  AZURE_TENANT_ID: tenant,
  AZURE_CLIENT_ID: client,
  AZURE_CLIENT_SECRET: secret,
}: NodeJS.ProcessEnv) {
  const identity = await importPeer('@azure/identity', 4, () => import('@azure/identity'));
  return tenant && client && secret
    ? new identity.ClientSecretCredential(tenant, client, secret)
    : new identity.DefaultAzureCredential();
}

import type { Surroundings } from '../net/http.js';
import { azureBucket } from './azure-bucket.js';
import { azureService } from './azure-service.js';
import { cloudStore } from './cloud.js';
import { cloudPlace } from './cloud-place.js';
import { importPeer } from './peer.js';
import type { ObjectStore, StoreSettings } from './port.js';

/** The client of Azure Blob Storage, as it is imported. */
export type AzureSdk = typeof import('@azure/storage-blob');

/**
 * Opens a folder of a container of Azure Blob Storage: `az://container/folder` of the account that the settings or the
 * environment name, or `az://account.blob.core.windows.net/container/folder`; `azure://` means the same. The variables are
 * those of the Azure command line ("az storage", environment variables).
 * @throws RegError SOURCE_UNSUPPORTED for a URL that names no container, or without an account, PACKAGE_MISSING
 */
export async function openAzure(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const place = cloudPlace(url, true);
  const { env } = around;
  const sdk = await importPeer('@azure/storage-blob', 12, () => import('@azure/storage-blob'));
  const service = await azureService(sdk, place, settings, env);
  const bucket = azureBucket(sdk, service.getContainerClient(place.bucket));
  return cloudStore(bucket, { place, secrets: secretsOf(env), hint: HINT }, around);
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

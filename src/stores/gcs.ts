import type { StorageOptions } from '@google-cloud/storage';
import type { Surroundings } from '../net/http.js';
import { cloudStore } from './cloud.js';
import { cloudPlace } from './cloud-place.js';
import { gcsBucket } from './gcs-bucket.js';
import { gcsDownload } from './gcs-download.js';
import { importPeer } from './peer.js';
import type { ObjectStore, StoreSettings } from './port.js';

/**
 * Opens a folder of a bucket of Google Cloud Storage, `gs://bucket/folder`, with the application default credentials
 * (Google Cloud, "How Application Default Credentials works"). An endpoint is an emulator's, and is asked without any.
 * @throws RegError SOURCE_UNSUPPORTED for a URL that names no bucket, PACKAGE_MISSING
 */
export async function openGcs(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const place = cloudPlace(url);
  const { Storage } = await importPeer('@google-cloud/storage', 7, () => import('@google-cloud/storage'));
  const server = settings.endpoint ?? around.env.STORAGE_EMULATOR_HOST;
  const storage = new Storage(gcsOptions(server, around.env));
  const download = gcsDownload(storage, place.bucket, server !== undefined, around);
  const bucket = gcsBucket(storage.bucket(place.bucket), download);
  return cloudStore(bucket, { place, secrets: [], hint: HINT }, around);
}

function gcsOptions(server: string | undefined, env: NodeJS.ProcessEnv): StorageOptions {
  const keyFilename = env.GOOGLE_APPLICATION_CREDENTIALS;
  return {
    // the variable may name a host alone
    ...(server ? { apiEndpoint: /^https?:/.test(server) ? server : `http://${server}` } : {}),
    ...(keyFilename ? { keyFilename } : {}),
    retryOptions: {
      // every write puts the same bytes there, so that trying again is no harm
      idempotencyStrategy: RETRY_ALWAYS,
      // seconds; the pauses of the client begin with two and double, which is long for a server that nobody started
      maxRetryDelay: 1,
    },
  };
}

/** `IdempotencyStrategy.RetryAlways`. */
const RETRY_ALWAYS = 0;

const HINT =
  'see GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default login`, and STORAGE_EMULATOR_HOST for an emulator';

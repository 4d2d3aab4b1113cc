import type { S3Client } from '@aws-sdk/client-s3';
import type { Surroundings } from '../net/http.js';
import { type Bucket, cloudStore } from './cloud.js';
import { cloudPlace } from './cloud-place.js';
import { importPeer } from './peer.js';
import type { ObjectStore, StoreSettings } from './port.js';
import { s3Bucket } from './s3-bucket.js';
import { s3Config } from './s3-config.js';

/** The client of AWS, as it is imported. */
export type S3Sdk = typeof import('@aws-sdk/client-s3');

/**
 * Opens a folder of a bucket of Amazon S3, or of a server that speaks its protocol, `s3://bucket/folder`.
 * Credentials, region and endpoint are found as the tools of AWS find them ("Configuration and credential precedence",
 * AWS CLI user guide).
 * @throws RegError SOURCE_UNSUPPORTED for a URL that names no bucket, PACKAGE_MISSING
 */
export async function openS3(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const place = cloudPlace(url);
  const sdk = await importPeer('@aws-sdk/client-s3', 3, () => import('@aws-sdk/client-s3'));
  const { env } = around;
  const client: S3Client = new sdk.S3Client(await s3Config(sdk, settings, env));
  const bucket: Bucket = s3Bucket(sdk, client, place.bucket);
  const secrets = [env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN];
  return cloudStore(bucket, { place, secrets, hint: HINT }, around);
}

const HINT =
  'see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_REGION; and AWS_ENDPOINT_URL_S3 for another server';

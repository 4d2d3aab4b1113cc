import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { StoreSettings } from './port.js';
import type { S3Sdk } from './s3.js';

/**
 * What the client is to know: keys of this environment before those that the default chain of AWS finds for itself (profiles,
 * single sign-on, roles, the metadata of a machine), unless a profile is asked for.
 */
export async function s3Config(
  sdk: S3Sdk,
  { endpoint, region, profile }: StoreSettings,
  env: NodeJS.ProcessEnv,
): Promise<S3ClientConfig> {
  const server = endpoint ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const chosen = profile ?? env.AWS_PROFILE;
  const credentials = profile === undefined ? keysOf(env) : undefined;
  const config: S3ClientConfig = {
    // few other servers know a bucket by its own host name
    ...(server ? { endpoint: server, forcePathStyle: true } : {}),
    ...(chosen ? { profile: chosen } : {}),
    ...(credentials ? { credentials } : {}),
    followRegionRedirects: true,
    // servers that speak the protocol differ in the checksums that they know, and every model is verified anyway
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT },
  };
  const named = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  return { ...config, region: named ?? (await regionOfProfile(sdk, config)) };
}

/** Milliseconds that a server may take to accept a connection; each of the three attempts has as many. */
const CONNECTION_TIMEOUT = 10_000;

const keysOf = ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
}: NodeJS.ProcessEnv): S3ClientConfig['credentials'] =>
  accessKeyId && secretAccessKey
    ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
    : undefined;

/** The region of the profile in the configuration files of AWS, and where none is set the oldest one. */
async function regionOfProfile({ S3Client }: S3Sdk, config: S3ClientConfig): Promise<string> {
  try {
    return await new S3Client(config).config.region();
  } catch {
    return 'us-east-1';
  }
}

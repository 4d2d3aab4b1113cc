import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { CompletedPart, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { type Bucket, cloudStore, codeAndMessage, importPeer } from './cloud.js';
import type { Lifetime, ObjectStore, StoreSettings } from './port.js';
import { parseBucketUrl } from './url.js';

/** The imported client of AWS. */
type S3Sdk = typeof import('@aws-sdk/client-s3');

/**
 * Opens a folder of a bucket of Amazon S3, or of a server with the same protocol: `s3://bucket/folder`. Credentials, region
 * and endpoint come from where the tools of AWS find them ("Configuration and credential precedence", AWS CLI user guide).
 * @throws RegError SOURCE_UNSUPPORTED for a URL without a bucket, PACKAGE_MISSING
 */
export async function openS3(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const bucketUrl = parseBucketUrl(url);
  const sdk = await importPeer('@aws-sdk/client-s3', 3, () => import('@aws-sdk/client-s3'));
  const { env } = around;
  const client: S3Client = new sdk.S3Client(await s3Config(sdk, settings, env));
  const bucket: Bucket = s3Bucket(sdk, client, bucketUrl.bucket);
  const { keys } = settings;
  const secrets = [env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN, keys?.secret, keys?.token];
  return cloudStore(bucket, { url: bucketUrl, secrets, hint: HINT }, around);
}

const HINT =
  'see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_REGION; and AWS_ENDPOINT_URL_S3 for another server';

/**
 * The configuration of the client. Keys of the settings, and those of this environment unless the settings name a profile, come before the
 * default credential provider chain of AWS (profiles, single sign-on, roles, instance metadata).
 */
async function s3Config(
  sdk: S3Sdk,
  { endpoint, region, profile, keys, isPublic }: StoreSettings,
  env: NodeJS.ProcessEnv,
): Promise<S3ClientConfig> {
  const server = endpoint ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const chosen = profile ?? env.AWS_PROFILE;
  const credentials = keys
    ? credentialsOf(keys.id, keys.secret, keys.token)
    : profile === undefined
      ? keysOf(env)
      : undefined;
  const config: S3ClientConfig = {
    // few other servers take a bucket as part of the host name
    ...(server ? { endpoint: server, forcePathStyle: true } : {}),
    ...(chosen ? { profile: chosen } : {}),
    ...(credentials ? { credentials } : {}),
    ...(isPublic ? UNSIGNED : {}),
    followRegionRedirects: true,
    // other servers support different checksums, and every model is verified anyway
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
  };
  const named = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  return { ...config, region: named ?? (await regionOfProfile(sdk, config)) };
}

/** For each of the three attempts. */
const CONNECTION_TIMEOUT_MS = 10_000;

const keysOf = ({
  AWS_ACCESS_KEY_ID: id,
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_SESSION_TOKEN: token,
}: NodeJS.ProcessEnv): S3ClientConfig['credentials'] =>
  id && secret ? credentialsOf(id, secret, token) : undefined;

const credentialsOf = (id: string, secret: string, token: string | undefined) => ({
  accessKeyId: id,
  secretAccessKey: secret,
  ...(token ? { sessionToken: token } : {}),
});

/** Requests as everyone may make them: nothing signs them. */
const UNSIGNED: S3ClientConfig = {
  credentials: credentialsOf('none', 'none', undefined),
  signer: { sign: async (request) => request },
};

/** The region of the profile in the configuration files of AWS; by default the oldest region. */
async function regionOfProfile({ S3Client }: S3Sdk, config: S3ClientConfig): Promise<string> {
  try {
    return await new S3Client(config).config.region();
  } catch {
    return 'us-east-1';
  }
}

/** A bucket by the calls of the Amazon S3 API reference. */
function s3Bucket(sdk: S3Sdk, client: S3Client, name: string): Bucket {
  const get = (Key: string, Range: string | undefined, abortSignal: AbortSignal, VersionId?: string) =>
    client.send(new sdk.GetObjectCommand({ Bucket: name, Key, Range, VersionId }), { abortSignal });
  return {
    size: async (Key, abortSignal, VersionId) => {
      try {
        const head = new sdk.HeadObjectCommand({ Bucket: name, Key, VersionId });
        return (await client.send(head, { abortSignal })).ContentLength ?? 0;
      } catch (error) {
        if (!hasNoBody(error)) throw error;
      }
      const found = await unlessMissing(get(Key, 'bytes=0-0', abortSignal, VersionId));
      (found?.Body as Readable | undefined)?.destroy();
      return found && Number(found.ContentRange?.split('/')[1] ?? found.ContentLength);
    },
    list: async function* (Prefix, abortSignal) {
      const pages = sdk.paginateListObjectsV2({ client }, { Bucket: name, Prefix }, { abortSignal });
      for await (const { Contents = [] } of pages)
        for (const { Key, Size } of Contents) if (Key !== undefined) yield { key: Key, size: Size };
    },
    read: async (key, range, end, version) => {
      const found = await unlessMissing(get(key, rangeOf(range), end, version));
      return found && { bytes: found.Body as Readable, length: found.ContentLength };
    },
    sign: (Key, lifetime) => presigned(sdk, client, { Bucket: name, Key }, lifetime),
    write: (key, bytes, size, end) => uploadToS3(sdk, client, { Bucket: name, Key: key }, bytes, size, end),
    reason: (error) => {
      const { name: code, message, code: cause } = error as NodeJS.ErrnoException;
      return codeAndMessage(cause ?? (code === 'Error' ? undefined : code), message);
    },
  };
}

/** A request as the client builds it before it is signed, as far as an address needs it. */
interface BuiltRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
}

/** The part of the client's signer that its type leaves out. */
interface Presigner {
  presign?(request: BuiltRequest, options: { expiresIn: number }): Promise<BuiltRequest>;
}

/**
 * The address of an object with a signature in its query ("Authenticating requests: using query parameters", Amazon S3 API reference).
 * The client's own signer makes it, so that no other package is needed. The request is built and never sent.
 */
async function presigned(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object,
  { seconds, until }: Lifetime,
): Promise<string> {
  const { expiration } = await client.config.credentials();
  // an address is valid no longer than the login that signed it
  if (expiration !== undefined && expiration < until)
    throw new RegError(
      'STORE_FAILED',
      `the login at s3://${object.Bucket} expires at ${expiration.toISOString().slice(0, 19)}Z, before the address would`,
      'give a shorter time, such as: --expires 15m',
    );
  const command = new sdk.GetObjectCommand(object);
  let url: string | undefined;
  command.middlewareStack.add(
    (_next, { authSchemes }) =>
      async ({ request }) => {
        const { protocol, hostname, port, path } = request as BuiltRequest;
        const host = port === undefined ? hostname : `${hostname}:${port}`;
        const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
        const bare = { method: 'GET', protocol, hostname, path, query: {}, headers };
        const signer = (await client.config.signer(authSchemes?.[0] as never)) as Presigner;
        const { query } = (await signer.presign?.(port === undefined ? bare : { ...bare, port }, {
          expiresIn: seconds,
        })) ?? { query: undefined };
        if (query !== undefined) url = `${protocol}//${host}${path}?${new URLSearchParams(query)}`;
        return { output: { $metadata: {} }, response: undefined };
      },
    { step: 'build', priority: 'low', name: 'presign' },
  );
  await client.send(command);
  if (url !== undefined) return url;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    'this version of @aws-sdk/client-s3 has no signer of addresses',
    'npm install @aws-sdk/client-s3@3 (with --global where git-reg was installed so)',
  );
}

const rangeOf = (range: ByteRange | undefined): string | undefined =>
  range && `bytes=${range.start}-${range.end - 1}`;

/** A response to HEAD has no body and cannot name the error, but one to GET can (RFC 9110, section 9.3.2). */
const hasNoBody = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;

/** Only a missing object is not an error, but a missing bucket is ("Error responses", Amazon S3 API reference). */
const unlessMissing = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    if (/^NoSuch(Key|Version)$/.test((error as Error).name)) return undefined;
    throw error;
  });

/** An object of a bucket. */
interface S3Object {
  Bucket: string;
  Key: string;
}

/** The size of a part, and of the largest object that is sent in one request. */
const PART_BYTES = 16 * 1024 * 1024;
/** "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
/** Bytes in memory: four parts, until parts have to be larger. */
const IN_FLIGHT_BYTES = 4 * PART_BYTES;

/**
 * Puts an object into a bucket, in one request or in a multipart upload, which only its last request makes visible.
 * @throws what the client throws, after the upload was aborted
 */
async function uploadToS3(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object,
  bytes: Readable,
  size: number,
  abortSignal: AbortSignal,
): Promise<void> {
  if (size <= PART_BYTES) {
    const Body = await buffer(bytes);
    await client.send(new sdk.PutObjectCommand({ ...object, Body, ContentLength: size }), { abortSignal });
    return;
  }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(object), { abortSignal });
  const upload = { ...object, UploadId };
  const send = async (Body: Buffer, PartNumber: number, end: AbortSignal): Promise<CompletedPart> => {
    const part = new sdk.UploadPartCommand({ ...upload, PartNumber, Body });
    const { ETag } = await client.send(part, { abortSignal: end });
    return { PartNumber, ETag };
  };
  try {
    const Parts = await sendParts(
      bytes,
      Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS)),
      send,
      abortSignal,
    );
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await client.send(complete, { abortSignal });
  } catch (error) {
    const abort = new sdk.AbortMultipartUploadCommand(upload);
    // the first error is the one to report; a lifecycle rule of the bucket may remove what stays
    await client.send(abort, { abortSignal: AbortSignal.timeout(ABORT_TIMEOUT_MS) }).catch(() => undefined);
    throw error;
  }
}

const ABORT_TIMEOUT_MS = 5_000;

/** Sends parts, a few at a time, numbered from 1. After a failure no request is running any more. */
async function sendParts(
  bytes: Readable,
  size: number,
  send: (block: Buffer, number: number, end: AbortSignal) => Promise<CompletedPart>,
  signal: AbortSignal,
): Promise<CompletedPart[]> {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  signal.addEventListener('abort', () => ending.abort(), { once: true });
  const most = Math.max(1, Math.floor(IN_FLIGHT_BYTES / size));
  const parts: Promise<CompletedPart>[] = [];
  const running = new Set<Promise<unknown>>();
  try {
    for await (const block of blocksOf(bytes, size)) {
      const part = send(block, parts.length + 1, ending.signal);
      parts.push(part);
      running.add(part);
      // a failure rejects the race, or the end
      part.then(() => running.delete(part)).catch(() => undefined);
      if (running.size >= most) await Promise.race(running);
    }
    return await Promise.all(parts);
  } catch (error) {
    ending.abort();
    await Promise.allSettled(parts);
    throw error;
  }
}

/** Cuts bytes into blocks of one size; the last one may be smaller. */
async function* blocksOf(bytes: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const chunk of bytes)
    for (let taken = 0; taken < chunk.length; ) {
      const count = chunk.copy(block, filled, taken);
      taken += count;
      filled += count;
      if (filled < size) continue;
      yield block;
      // the block before is still being sent
      block = Buffer.allocUnsafe(size);
      filled = 0;
    }
  if (filled > 0) yield block.subarray(0, filled);
}

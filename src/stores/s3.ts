import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import type { CompletedPart, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { ByteRange, Surroundings } from '../net/http.js';
import {
  type Bucket,
  blocksOf,
  cloudPlace,
  cloudStore,
  codeAndMessage,
  gathered,
  importPeer,
} from './cloud.js';
import type { ObjectStore, StoreSettings } from './port.js';

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

/** A bucket by the calls of the Amazon S3 API reference. */
export function s3Bucket(sdk: S3Sdk, client: S3Client, name: string): Bucket {
  const get = (Key: string, Range: string | undefined, abortSignal: AbortSignal) =>
    client.send(new sdk.GetObjectCommand({ Bucket: name, Key, Range }), { abortSignal });
  return {
    size: async (Key, abortSignal) => {
      try {
        const head = new sdk.HeadObjectCommand({ Bucket: name, Key });
        return (await client.send(head, { abortSignal })).ContentLength ?? 0;
      } catch (error) {
        if (!isBare(error)) throw error;
      }
      const found = await unlessMissing(get(Key, 'bytes=0-0', abortSignal));
      (found?.Body as Readable | undefined)?.destroy();
      return found && Number(found.ContentRange?.split('/')[1] ?? found.ContentLength);
    },
    list: async function* (Prefix, abortSignal) {
      const pages = sdk.paginateListObjectsV2({ client }, { Bucket: name, Prefix }, { abortSignal });
      for await (const { Contents = [] } of pages)
        for (const { Key, Size } of Contents) if (Key !== undefined) yield { key: Key, size: Size };
    },
    read: async (key, range, end) => {
      const found = await unlessMissing(get(key, rangeOf(range), end));
      return found && { bytes: found.Body as Readable, length: found.ContentLength };
    },
    write: (key, bytes, size, end) => uploadToS3(sdk, client, { Bucket: name, Key: key }, bytes, size, end),
    said: (error) => {
      const { name: code, message, code: cause } = error as NodeJS.ErrnoException;
      return codeAndMessage(cause ?? (code === 'Error' ? undefined : code), message);
    },
  };
}

const rangeOf = (range: ByteRange | undefined): string | undefined =>
  range && `bytes=${range.start}-${range.end - 1}`;

/** What the server says to HEAD has no body, so that it does not say what is wrong; GET is answered in full (RFC 9110 §9.3.2). */
const isBare = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;

/** Of all that may be missing the object alone is no failure ("Error responses", Amazon S3 API reference). */
const unlessMissing = <T>(answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    if ((error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  });

/** An object of a bucket. */
interface S3Object {
  Bucket: string;
  Key: string;
}

/** Bytes of a part, and of the largest object that is sent in one piece. */
const PART = 16 * 1024 * 1024;
/** Parts that an upload may have ("Amazon S3 multipart upload limits"). */
const MOST_PARTS = 10_000;
/** Bytes that are kept to be sent: four parts, until parts have to be larger. */
const IN_FLIGHT = 4 * PART;

/**
 * Puts an object into a bucket, in one request or in parts; only the last request makes it visible.
 * @throws what the client throws, and then no part of it is left
 */
export async function uploadToS3(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object,
  bytes: Readable,
  size: number,
  abortSignal: AbortSignal,
): Promise<void> {
  if (size <= PART) {
    const Body = await gathered(bytes);
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
    const Parts = await sendParts(bytes, Math.max(PART, Math.ceil(size / MOST_PARTS)), send, abortSignal);
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await client.send(complete, { abortSignal });
  } catch (error) {
    const abort = new sdk.AbortMultipartUploadCommand(upload);
    // what went wrong first is worth telling; a rule of the bucket may remove what is left
    await client.send(abort, { abortSignal: AbortSignal.timeout(ABORT_TIMEOUT) }).catch(() => undefined);
    throw error;
  }
}

/** Milliseconds that an upload that failed may take to be removed. */
const ABORT_TIMEOUT = 5_000;

/** Sends parts, a few at once, numbered from 1; after a failure none is on its way any more. */
async function sendParts(
  bytes: Readable,
  size: number,
  send: (block: Buffer, number: number, end: AbortSignal) => Promise<CompletedPart>,
  signal: AbortSignal,
): Promise<CompletedPart[]> {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  signal.addEventListener('abort', () => ending.abort(), { once: true });
  const most = Math.max(1, Math.floor(IN_FLIGHT / size));
  const parts: Promise<CompletedPart>[] = [];
  const underWay = new Set<Promise<unknown>>();
  try {
    for await (const block of blocksOf(bytes, size)) {
      const part = send(block, parts.length + 1, ending.signal);
      parts.push(part);
      underWay.add(part);
      // one that fails is met by the race, or by the end
      part.then(() => underWay.delete(part)).catch(() => undefined);
      if (underWay.size >= most) await Promise.race(underWay);
    }
    return await Promise.all(parts);
  } catch (error) {
    ending.abort();
    await Promise.allSettled(parts);
    throw error;
  }
}

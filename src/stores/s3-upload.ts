import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import { blocksOf, gathered } from './cloud-streams.js';
import type { S3Sdk } from './s3.js';

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

import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ByteRange } from '../net/http.js';
import type { Bucket } from './cloud.js';
import { codeAndMessage } from './cloud-words.js';
import type { S3Sdk } from './s3.js';
import { uploadToS3 } from './s3-upload.js';

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

import { pipeline } from 'node:stream/promises';
import type { Bucket as GcsBucket } from '@google-cloud/storage';
import type { Bucket } from './cloud.js';
import { gathered } from './cloud-streams.js';
import { codeAndMessage } from './cloud-words.js';
import type { GcsDownload } from './gcs-download.js';

/** Bytes of a request, and of the largest object that is sent in one; a multiple of 256 KiB ("Resumable uploads"). */
const CHUNK = 16 * 1024 * 1024;

/** A bucket by the calls of the Cloud Storage JSON API. */
export function gcsBucket(bucket: GcsBucket, download: GcsDownload): Bucket {
  /** A missing bucket is answered as a missing object is, but to a listing. */
  const unlessMissing = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch(async (error) => {
      if (error.code !== 404) throw error;
      await bucket.getFiles({ maxResults: 1, autoPaginate: false }).catch((other) => {
        if (other.code === 404) throw other;
      });
      return undefined;
    });
  return {
    size: async (key) => {
      const found = await unlessMissing(bucket.file(key).getMetadata());
      return found && Number(found[0].size);
    },
    list: async function* (prefix) {
      for (let pageToken: string | undefined, more = true; more; more = pageToken !== undefined) {
        const query = { prefix, autoPaginate: false, ...(pageToken ? { pageToken } : {}) };
        const [files, next] = await bucket.getFiles(query);
        for (const { name, metadata } of files) yield { key: name, size: Number(metadata.size) };
        pageToken = (next as { pageToken?: string } | null)?.pageToken;
      }
    },
    read: (key, range) => unlessMissing(download(key, range)),
    write: async (key, bytes, size, signal) => {
      const file = bucket.file(key);
      const whole = { validation: false, contentType: 'application/octet-stream', gzip: false } as const;
      if (size <= CHUNK) {
        const content = await gathered(bytes);
        await pipeline([content], file.createWriteStream({ ...whole, resumable: false }), { signal });
        return;
      }
      const upload = file.createWriteStream({
        ...whole,
        resumable: true,
        chunkSize: CHUNK,
        metadata: { contentLength: size },
      });
      await pipeline(bytes, upload, { signal });
    },
    said: (error) => {
      const { code, message } = error as { code?: unknown; message?: string };
      return codeAndMessage(code, messageIn(message));
    },
  };
}

/** The client gives the whole answer to a failed call for its message ("HTTP status and error codes"). */
function messageIn(text: string | undefined): string | undefined {
  try {
    return JSON.parse(text ?? '').error.message;
  } catch {
    return text;
  }
}

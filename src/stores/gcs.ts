import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Bucket as GcsBucket, Storage, StorageOptions } from '@google-cloud/storage';
import { type ByteRange, lengthOf, openHttp, type Surroundings } from '../net/http.js';
import { parseJson } from '../util/text.js';
import { type Body, type Bucket, cloudStore, codeAndMessage, importPeer } from './cloud.js';
import type { ObjectStore, StoreSettings } from './port.js';
import { parseBucketUrl } from './url.js';

/**
 * Opens a folder of a bucket of Google Cloud Storage, `gs://bucket/folder`, with the application default credentials
 * (Google Cloud, "How Application Default Credentials works"). Another endpoint is an emulator, which gets no credentials.
 * @throws RegError SOURCE_UNSUPPORTED for a URL without a bucket, PACKAGE_MISSING
 */
export async function openGcs(
  url: string,
  settings: StoreSettings,
  around: Surroundings,
): Promise<ObjectStore> {
  const bucketUrl = parseBucketUrl(url);
  const { Storage } = await importPeer('@google-cloud/storage', 7, () => import('@google-cloud/storage'));
  const server = settings.endpoint ?? around.env.STORAGE_EMULATOR_HOST;
  const storage = new Storage(
    gcsOptions(server, settings.keyfile ?? around.env.GOOGLE_APPLICATION_CREDENTIALS),
  );
  const download = gcsDownload(
    storage,
    bucketUrl.bucket,
    server !== undefined || settings.isPublic === true,
    around,
  );
  const bucket = gcsBucket(storage.bucket(bucketUrl.bucket), download);
  return cloudStore(bucket, { url: bucketUrl, secrets: [], hint: HINT }, around);
}

function gcsOptions(server: string | undefined, keyFilename: string | undefined): StorageOptions {
  return {
    // the variable may name a host alone
    ...(server ? { apiEndpoint: /^https?:/.test(server) ? server : `http://${server}` } : {}),
    ...(keyFilename ? { keyFilename } : {}),
    retryOptions: {
      // every attempt writes the same bytes, so that a retry is always safe
      idempotencyStrategy: RETRY_ALWAYS,
      // seconds; the pauses of the client begin with two and double, which is long where no server is running
      maxRetryDelay: 1,
    },
  };
}

/** `IdempotencyStrategy.RetryAlways`. */
const RETRY_ALWAYS = 0;

const HINT =
  'see GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth application-default login`, and STORAGE_EMULATOR_HOST for an emulator';

/** The size of a request, and of the largest object that is sent in one; a multiple of 256 KiB ("Resumable uploads"). */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** A bucket by the calls of the Cloud Storage JSON API. */
function gcsBucket(bucket: GcsBucket, download: GcsDownload): Bucket {
  /** The response for a missing bucket is that for a missing object, except to a listing. */
  const unlessMissing = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch(async (error) => {
      if (error.code !== 404) throw error;
      await bucket.getFiles({ maxResults: 1, autoPaginate: false }).catch((other) => {
        if (other.code === 404) throw other;
      });
      return undefined;
    });
  return {
    size: async (key, _signal, generation) => {
      const found = await unlessMissing(bucket.file(key, generation ? { generation } : {}).getMetadata());
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
    read: (key, range, _signal, generation) => unlessMissing(download(key, range, generation)),
    sign: async (key, { until: expires }) => {
      const [url] = await bucket.file(key).getSignedUrl({ version: 'v4', action: 'read', expires });
      return url;
    },
    write: async (key, bytes, size, signal) => {
      const file = bucket.file(key);
      const whole = { validation: false, contentType: 'application/octet-stream', gzip: false } as const;
      if (size <= CHUNK_BYTES) {
        const content = await buffer(bytes);
        await pipeline([content], file.createWriteStream({ ...whole, resumable: false }), { signal });
        return;
      }
      const upload = file.createWriteStream({
        ...whole,
        resumable: true,
        chunkSize: CHUNK_BYTES,
        metadata: { contentLength: size },
      });
      await pipeline(bytes, upload, { signal });
    },
    reason: (error) => {
      const { code, message } = error as { code?: unknown; message?: string };
      return codeAndMessage(code, messageIn(message));
    },
  };
}

/** The client takes the whole response to a failed call for its message ("HTTP status and error codes"). */
const messageIn = (text = ''): unknown =>
  (parseJson(text) as { error?: { message?: unknown } } | null | undefined)?.error?.message ?? text;

/** Requests the bytes of an object as they are stored. Its error has the status and the whole response. */
type GcsDownload = (
  key: string,
  range: ByteRange | undefined,
  generation: string | undefined,
) => Promise<Body>;

/**
 * Downloads with the credentials of the client, but not with its streams: the end of one of them ends the connections of all
 * (`File.createReadStream` destroys the agent that they share).
 * @param isOpen whether the server gets no credentials
 */
function gcsDownload(
  { authClient, apiEndpoint }: Storage,
  bucket: string,
  isOpen: boolean,
  around: Surroundings,
): GcsDownload {
  // the user chose the endpoint, or it is Google's
  const http = openHttp(around, { isPrivateAllowed: true });
  return async (key, range, generation) => {
    const of = generation === undefined ? '' : `&generation=${encodeURIComponent(generation)}`;
    // Cloud Storage JSON API, "Objects: get"
    const url = `${apiEndpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media${of}`;
    const login = isOpen ? {} : await authClient.getRequestHeaders(url);
    // an object that is stored with gzip would be decompressed on the way ("Transcoding of gzip-compressed files")
    const headers = { ...login, 'accept-encoding': 'gzip' };
    const { status, headers: received, body } = await http.request({ method: 'GET', url, headers, range });
    if (status < 300) return { bytes: body, length: lengthOf(received) };
    throw Object.assign(new Error(String(await buffer(body))), { code: status });
  };
}

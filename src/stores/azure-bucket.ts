import type { Readable } from 'node:stream';
import type { ContainerClient } from '@azure/storage-blob';
import type { AzureSdk } from './azure.js';
import type { Bucket } from './cloud.js';
import { codeAndMessage } from './cloud-words.js';

/** Bytes of a block. */
const BLOCK = 8 * 1024 * 1024;
/** Blocks that a blob may have (Microsoft Learn, "Scalability and performance targets for Blob storage"). */
const MOST_BLOCKS = 50_000;
/** Bytes that are kept to be sent: four blocks, until blocks have to be larger. */
const IN_FLIGHT = 4 * BLOCK;

/** A container by the calls of the Blob service REST API. */
export function azureBucket(sdk: AzureSdk, container: ContainerClient): Bucket {
  return {
    size: async (key, abortSignal) => {
      const found = await unlessMissing(sdk, container.getBlobClient(key).getProperties({ abortSignal }));
      return found && !isFolder(found.metadata) ? (found.contentLength ?? 0) : undefined;
    },
    list: async function* (prefix, abortSignal) {
      for await (const blob of container.listBlobsFlat({ prefix, abortSignal, includeMetadata: true }))
        if (!isFolder(blob.metadata)) yield { key: blob.name, size: blob.properties.contentLength };
    },
    read: async (key, range, abortSignal) => {
      const { start, end } = range ?? { start: 0, end: undefined };
      const blob = container.getBlobClient(key);
      const found = await unlessMissing(
        sdk,
        blob.download(start, end && end - start, { abortSignal, maxRetryRequests: 0 }),
      );
      return found && { bytes: found.readableStreamBody as Readable, length: found.contentLength };
    },
    write: async (key, bytes, size, abortSignal) => {
      const block = Math.max(BLOCK, Math.ceil(size / MOST_BLOCKS));
      const atOnce = Math.max(1, Math.floor(IN_FLIGHT / block));
      // the blocks become a blob by the last request, and the service forgets those that do not (Put Block, remarks)
      await container.getBlockBlobClient(key).uploadStream(bytes, block, atOnce, { abortSignal });
    },
    said: (error) => {
      const { code, details, message, statusCode, name } = error as Partial<Refusal>;
      const told = code ?? details?.errorCode ?? (statusCode ? `HTTP ${statusCode}` : undefined);
      return codeAndMessage(told ?? (name === 'Error' ? undefined : name), message);
    },
  };
}

/** What is known of a `RestError` of the client. */
interface Refusal {
  code: string;
  details: { errorCode?: string };
  message: string;
  name: string;
  statusCode: number;
}

/** Accounts with a hierarchical namespace have a blob for every folder (Microsoft Learn, "Known issues with Data Lake Storage"). */
const isFolder = (metadata: Record<string, string> | undefined): boolean =>
  metadata?.hdi_isfolder?.toLowerCase() === 'true';

/** Of all that may be missing the blob alone is no failure (Microsoft Learn, "Blob service error codes"). */
const unlessMissing = <T>({ RestError }: AzureSdk, answer: Promise<T>): Promise<T | undefined> =>
  answer.catch((error) => {
    const { code, details } = error as Partial<Refusal>;
    if (error instanceof RestError && (details?.errorCode ?? code) === 'BlobNotFound') return undefined;
    throw error;
  });

import { createHash, type Hash } from 'node:crypto';

/**
 * Begins to hash a blob as git names it: its type and size come before its bytes.
 * @param size the bytes of the blob
 * @param like an object id of the same repository, whose length tells SHA-1 from SHA-256
 */
export const blobHash = (size: number, like: string): Hash =>
  createHash(like.length === 40 ? 'sha1' : 'sha256').update(`blob ${size}\0`);

/** The id of a blob with these bytes; `like` as in `blobHash`. */
export const blobId = (bytes: Uint8Array, like: string): string =>
  blobHash(bytes.length, like).update(bytes).digest('hex');

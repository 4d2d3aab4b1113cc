import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ObjectStore } from '../stores/port.js';
import { CHUNK_BYTES } from '../util/stream.js';
import { hasherOf, type ModelDigest } from './digest.js';
import type { OnBytes } from './download.js';
import { bytesOf, type SourceFile, type SourceModel } from './source.js';

/**
 * The key of a model in a store, by its digest: the same bytes under the same name are stored once, and others never replace
 * them. It has two levels, as in git, so that no folder gets too large.
 */
export const keyOf = ({ sha256 }: ModelDigest, name: string): string =>
  `${sha256.slice(0, 2)}/${sha256.slice(2)}/${name}`;

/**
 * Puts a model into a store under a key, file by file; files that are there already are left alone.
 * @returns whether anything was written
 * @throws RegError STORE_FAILED, HASH_MISMATCH where a file changed since its digest was made
 */
export async function putModel(
  store: ObjectStore,
  key: string,
  { kind, files }: SourceModel,
  onBytes: OnBytes,
): Promise<boolean> {
  let isNew = false;
  for (const file of files) {
    const at = kind === 'file' ? key : `${key}/${file.path}`;
    const size = file.size ?? 0;
    // an object appears whole, and its key is its digest
    if ((await store.stat(at))?.size === size) onBytes(size);
    else {
      await store.write(at, Readable.from(counted(file, onBytes), AHEAD), size);
      isNew = true;
    }
  }
  return isNew;
}

/** Reads and hashes the next chunk while the store takes one. */
const AHEAD = { objectMode: false, highWaterMark: 2 * CHUNK_BYTES };

/** The bytes of a file, which must not change while they are stored under their digest. */
async function* counted(file: SourceFile, onBytes: OnBytes): AsyncGenerator<Uint8Array> {
  const hasher = hasherOf(file);
  let held: Uint8Array | undefined;
  for await (const chunk of bytesOf(file)) {
    hasher.add(chunk);
    onBytes(chunk.length);
    // the last bytes are sent after all were verified: without them the store discards the object
    if (held) yield held;
    held = chunk;
  }
  try {
    hasher.end();
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    throw new RegError(error.code, `${file.path} changed while it was uploaded`, 'upload it again');
  }
  if (held) yield held;
}

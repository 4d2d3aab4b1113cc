import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ObjectStore } from '../stores/port.js';
import { mapAtMost } from '../util/async.js';
import { isUnchanged, stampAt } from '../util/stamp.js';
import { CHUNK_BYTES } from '../util/stream.js';
import { combinedDigest, hasherOf, type ModelDigest } from './digest.js';
import type { OnBytes } from './download.js';
import { knownDigests } from './listing.js';
import { bytesOf, type SourceFile, type SourceModel } from './source.js';
import { fileKeyOf, formatFileList, listKeyOf, readFileList } from './store-layout.js';

/** What an upload stored. */
export interface Put {
  /** Whether anything was written. */
  isNew: boolean;
  /** How many different files it has, and how many of them the store did not have. */
  files: number;
  stored: number;
}

/** Files that are stored at a time. */
const MAX_FILES = 4;

/**
 * Puts a model into a store under a key, and leaves alone all that it has already. Of a folder each file has a key of its own, by its bytes, and
 * the key of the model has their list, which comes last: a model whose list is there is whole.
 * @param model with the SHA-256 of each file
 * @throws RegError STORE_FAILED, HASH_MISMATCH where a file changed since its digest was made
 */
export async function putModel(
  store: ObjectStore,
  key: string,
  { kind, files }: SourceModel,
  onBytes: OnBytes,
): Promise<Put> {
  const [only] = files;
  if (kind === 'file' && only) {
    const isNew = await putFile(store, key, only, onBytes);
    return { isNew, files: 1, stored: Number(isNew) };
  }
  const known = knownDigests(files);
  if (known === undefined) throw new RegError('INTERNAL', 'a file is stored before its digest is known');
  const list = Buffer.from(formatFileList(known));
  const listKey = listKeyOf(key);
  const isListed = await hasFileList(store, listKey, combinedDigest('folder', known));
  if (!isListed && (await isStoredWithoutList(store, key, files))) {
    onBytes(sizeOf(files));
    return { isNew: false, files: files.length, stored: 0 };
  }
  const bySha256 = new Map(files.map((file, index) => [known[index]?.sha256 ?? '', file]));
  // the same bytes under two paths are stored once
  onBytes(sizeOf(files) - sizeOf([...bySha256.values()]));
  const written = await mapAtMost(MAX_FILES, bySha256, ([sha256, file]) =>
    putFile(store, fileKeyOf({ sha256 }), file, onBytes),
  );
  if (!isListed) await store.write(listKey, Readable.from([list], { objectMode: false }), list.length);
  const stored = written.filter(Boolean).length;
  return { isNew: !isListed || stored > 0, files: bySha256.size, stored };
}

const sizeOf = (files: readonly SourceFile[]): number => files.reduce((sum, { size = 0 }) => sum + size, 0);

/** Whether the list of a model is there, and is the right one. */
async function hasFileList(store: ObjectStore, key: string, { sha256 }: ModelDigest): Promise<boolean> {
  const object = await store.stat(key);
  if (object === undefined) return false;
  return readFileList(store, object, sha256).then(() => true, unlessDamaged);
}

function unlessDamaged(error: unknown): false {
  if (error instanceof RegError && error.code === 'HASH_MISMATCH') return false;
  throw error;
}

/** Whether all files of a folder are below its key, as they were stored before there were lists. */
async function isStoredWithoutList(
  store: ObjectStore,
  key: string,
  files: readonly SourceFile[],
): Promise<boolean> {
  const below = new Map((await store.list(key)).map((object) => [object.key, object.size]));
  return files.every(({ path, size }) => below.get(`${key}/${path}`) === size);
}

/** Stores one file, whole or not at all; false where the store has it. */
async function putFile(
  store: ObjectStore,
  key: string,
  file: SourceFile,
  onBytes: OnBytes,
): Promise<boolean> {
  const size = file.size ?? 0;
  // an object appears whole, and its key is its digest
  if ((await store.stat(key))?.size === size) {
    onBytes(size);
    return false;
  }
  const { at, stamp } = file;
  const changed = (): RegError =>
    new RegError('HASH_MISMATCH', `${file.path} changed while it was uploaded`, 'upload it again');
  if (store.take && at !== undefined && stamp !== undefined) {
    // what was hashed is what is copied, where nothing was written from before the first until after the second
    await store.take(key, at, onBytes, () => {
      if (!isUnchanged(stamp, stampAt(at))) throw changed();
    });
  } else await store.write(key, Readable.from(counted(file, onBytes), AHEAD), size);
  return true;
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
    // the next chunk may come into the same memory, and a store keeps some
    held = Buffer.from(chunk);
  }
  try {
    hasher.end();
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    throw new RegError(error.code, `${file.path} changed while it was uploaded`, 'upload it again');
  }
  if (held) yield held;
}

import { refuseTooMany, refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import type { ObjectStore, StoredObject, StoreOpener, StoreSettings } from '../stores/port.js';
import { shownUrl } from '../util/address.js';
import { readAtMost } from '../util/stream.js';
import { combinedDigest, type FileDigest, type ModelDigest } from './digest.js';

// Where the bytes of models are in a store (docs/specification.md, 4 Link files, Stores).

/**
 * The key of a model in a store, by its digest: the same bytes under the same name are stored once, and others never replace
 * them. It has two levels, as in git, so that no folder gets too large.
 */
export const keyOf = ({ sha256 }: Pick<ModelDigest, 'sha256'>, name: string): string =>
  `${sha256.slice(0, 2)}/${sha256.slice(2)}/${name}`;

/** The key of one file of folder models, whatever its path in them. */
export const fileKeyOf = ({ sha256 }: Pick<FileDigest, 'sha256'>): string =>
  `files/${sha256.slice(0, 2)}/${sha256.slice(2)}`;

/** The key of the list of the files of a folder model, below that of the model. */
export const listKeyOf = (key: string): string => `${key}/${LIST}`;

/** The name of that list. Without it, the files themselves are below the key: so it was before there were lists. */
const LIST = '.reg-files';

/** Whose bytes are under a key, by their SHA-256; undefined for a key that no upload makes. */
export function modelOfKey(key: string): { sha256: string; isList: boolean } | undefined {
  const [, prefix, rest = '', below] = /^(?:files\/)?([0-9a-f]{2})\/([0-9a-f]{62})(\/.+)?$/s.exec(key) ?? [];
  if (prefix === undefined || key.startsWith('files/') !== (below === undefined)) return undefined;
  return { sha256: prefix + rest, isList: /^\/[^/]+\/\.reg-files$/.test(below ?? '') };
}

/** The list as it is stored: for each file, by path, a line `<sha256> <bytes> <path>`. */
export const formatFileList = (files: readonly FileDigest[]): string =>
  files.map(({ sha256, size, path }) => `${sha256} ${size} ${path}\n`).join('');

/** A line has a hundred bytes or so, and there are at most 100,000. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** The files of a folder model in a store. */
export interface StoredFolder {
  /** The store with the files, under `fileKeyOf`. */
  store: ObjectStore;
  files: FileDigest[];
  /** Whether they can be read from the middle, as their list can. */
  ranges: boolean;
}

/**
 * Reads the list of files at the address of a folder model; undefined without one.
 * @param folder the address as a store takes it, `/` at its end
 * @throws RegError HASH_MISMATCH where it is not the list that the address names, TOO_LARGE, SOURCE_PATH, STORE_FAILED
 */
export async function findFileList(
  stores: StoreOpener,
  folder: string,
  settings?: StoreSettings,
): Promise<StoredFolder | undefined> {
  const [, top, prefix, rest] =
    /^(.*[/\\])([0-9a-f]{2})[/\\]([0-9a-f]{62})[/\\][^/\\]+[/\\]$/s.exec(folder) ?? [];
  if (top === undefined) return undefined;
  const store = await stores.openStore(folder, settings);
  const object = await store.stat(LIST);
  if (object === undefined) return undefined;
  const files = await readFileList(store, object, `${prefix}${rest}`);
  return { store: await stores.openStore(top, settings), files, ranges: object.ranges };
}

/**
 * Reads a list of files, which has to be that of the model with this digest.
 * @throws RegError as `findFileList`
 */
export async function readFileList(
  store: ObjectStore,
  { key }: Pick<StoredObject, 'key'>,
  sha256: string,
): Promise<FileDigest[]> {
  const shown = shownUrl(`${store.shown}/${key}`);
  const tooLong = (): RegError =>
    new RegError('TOO_LARGE', `${shown} has more than ${MAX_LIST_BYTES} bytes`, 'do not trust its source');
  const text = (await readAtMost(await store.read(key), MAX_LIST_BYTES, tooLong)).toString();
  const files = text.split('\n').flatMap((line) => {
    const [, hash, size, path] = /^([0-9a-f]{64}) (\d{1,15}) (.+)$/s.exec(line) ?? [];
    return hash === undefined || path === undefined ? [] : [{ sha256: hash, size: Number(size), path }];
  });
  if (combinedDigest('folder', files).sha256 !== sha256)
    throw new RegError(
      'HASH_MISMATCH',
      `the list of files at ${shown} is not that of the model with sha256 ${sha256}`,
      'the store is damaged there: upload the model again',
    );
  refuseTooMany(shown, files.length);
  for (const { path } of files) refuseUnsafePath(path);
  return files;
}

import { RegError } from '../errors.js';
import type { ObjectStore, StoredObject, StoreOpener } from '../stores/port.js';
import { nameOfKey, splitObjectUrl } from '../stores/store-url.js';
import { shownUrl } from '../util/address.js';
import { refuseUnsafePath, type SourceFile, type SourceModel } from './model.js';

/**
 * Finds the model at a URL of a store: an object, or everything below a folder; nothing of it is read yet.
 * @throws RegError SOURCE_PATH when nothing is there, SOURCE_UNSUPPORTED, STORE_FAILED, PACKAGE_MISSING
 */
export async function storeModel(stores: StoreOpener, url: string): Promise<SourceModel> {
  const { folder, name } = splitObjectUrl(url);
  const store = await stores.openStore(folder);
  const found = name === '' ? undefined : await store.stat(name);
  const shown = nameOfKey(name === '' ? folder.replace(/\/$/, '') : name);
  if (found) return { kind: 'file', name: shown, files: [fileOf(store, found, shown)] };
  const below = await store.list(name).catch(unlessUnlistable(name));
  if (below.length === 0)
    throw new RegError('SOURCE_PATH', `there is nothing at ${shownUrl(url)}`, 'check source.url of the link');
  const from = name === '' ? 0 : name.length + 1;
  const files = below.map((one) => fileOf(store, one, one.key.slice(from)));
  for (const { path } of files) refuseUnsafePath(path);
  return { kind: 'folder', name: shown, files };
}

/** A web server lists nothing: what it does not have under a name is not there. */
const unlessUnlistable =
  (name: string) =>
  (error: unknown): StoredObject[] => {
    if (name !== '' && error instanceof RegError && error.code === 'SOURCE_UNSUPPORTED') return [];
    throw error;
  };

const fileOf = (store: ObjectStore, { key, size, ranges }: StoredObject, path: string): SourceFile => ({
  path,
  size,
  ranges,
  open: (range) => store.read(key, range),
});

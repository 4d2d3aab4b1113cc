import { isDvcFile } from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import type { SourceRepository } from '../git/port.js';
import type { Surroundings } from '../net/http.js';
import type { ObjectStore, StoredObject, StoreOpener } from '../stores/port.js';
import { nameOfKey, splitObjectUrl } from '../stores/url.js';
import { decoded, shownUrl } from '../util/address.js';
import { findDvcModel } from './dvc.js';
import { artifactInGit } from './dvc-index.js';
import { gitModel } from './git.js';
import type { SourceFile, SourceModel } from './source.js';
import { fileKeyOf, findFileList, type StoredFolder } from './store-layout.js';

/** A source whose place is known, a commit included. */
export type ResolvedSource =
  | { kind: 'store'; url: string }
  | {
      kind: 'repository';
      repository: SourceRepository;
      commit: Oid;
      path: string;
      /** The absolute path of the repository's work tree; undefined for a repository at a URL. */
      at: string | undefined;
    };

/** What finding a model takes beside its source. */
export interface LocateTools {
  stores: StoreOpener;
  around: Surroundings;
}

/**
 * Finds the model at a source: in git itself, behind pointers of Git LFS, in a remote of DVC, or in a store. Nothing of it is
 * read yet.
 * @throws RegError SOURCE_PATH where there is nothing, SOURCE_UNSUPPORTED, REMOTE_FAILED, STORE_FAILED, PACKAGE_MISSING
 */
export async function locate(source: ResolvedSource, { stores, around }: LocateTools): Promise<SourceModel> {
  if (source.kind === 'store') return storeModel(stores, source.url);
  const { repository, commit, path, at } = source;
  const inGit = (where: string): Promise<SourceModel> =>
    gitModel(repository, commit, where, around, at !== undefined);
  if (!isDvcFile(path) && (await repository.objects.entry(commit, path))) return inGit(path);
  const tracked = await findDvcModel(repository.objects, commit, path, stores, at);
  if (tracked) return tracked;
  return inGit((await artifactInGit(repository.objects, commit, path)) ?? path);
}

/** Finds the model at a URL of a store: an object, or everything below a folder. */
async function storeModel(stores: StoreOpener, url: string): Promise<SourceModel> {
  const { folder, name } = splitObjectUrl(url);
  const store = await stores.openStore(folder);
  const found = name === '' ? undefined : await store.stat(name);
  const shown = name === '' ? nameOfFolder(folder) : nameOfKey(name);
  if (found) return { kind: 'file', name: shown, files: [fileOf(store, found, shown)] };
  const listed = name === '' ? await findFileList(stores, folder) : undefined;
  if (listed !== undefined) return { kind: 'folder', name: shown, files: filesListed(listed) };
  const below = await store.list(name).catch(unlessUnlistable(name));
  if (below.length === 0)
    throw new RegError('SOURCE_PATH', `there is nothing at ${shownUrl(url)}`, 'check source.url of the link');
  const from = name === '' ? 0 : name.length + 1;
  const files = below.map((one) => fileOf(store, one, one.key.slice(from)));
  for (const { path } of files) refuseUnsafePath(path);
  return { kind: 'folder', name: shown, files };
}

/** The name of a folder; that of a web address is encoded. */
function nameOfFolder(folder: string): string {
  const name = nameOfKey(folder.replace(/\/$/, ''));
  return /^https?:/i.test(folder) ? decoded(name) : name;
}

/** A web server cannot list: without an object under a name there is nothing. */
const unlessUnlistable =
  (name: string) =>
  (error: unknown): StoredObject[] => {
    if (name !== '' && error instanceof RegError && error.code === 'SOURCE_UNSUPPORTED') return [];
    throw error;
  };

/** The files of a folder that a store keeps one by one. Nothing was looked up yet. */
const filesListed = ({ store, files, ranges }: StoredFolder): SourceFile[] =>
  files.map((file) => {
    const key = fileKeyOf(file);
    return {
      ...fileOf(store, { key, size: file.size, ranges, at: store.pathOf?.(key) }, file.path),
      digest: { algorithm: 'sha256', value: file.sha256 },
      isThere: async () => (await store.stat(key))?.size === file.size,
    };
  });

const fileOf = (store: ObjectStore, { key, size, ranges, at }: StoredObject, path: string): SourceFile => ({
  path,
  size,
  ranges,
  ...(at !== undefined && { at, isHere: true }),
  open: (range) => store.read(key, range),
});

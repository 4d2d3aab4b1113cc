import { isDvcFile } from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { parseLocation } from '../domain/location.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import { refuseCommitted } from '../git/committed.js';
import type { SourceOpener, SourceRepository } from '../git/port.js';
import type { Surroundings } from '../net/http.js';
import type { ObjectStore, StoredObject, StoreOpener } from '../stores/port.js';
import { nameOfKey, splitObjectUrl } from '../stores/url.js';
import { decoded, shownUrl, withoutLogin, withoutUserInfo } from '../util/address.js';
import { findDvcModel } from './dvc.js';
import type { OriginPlace } from './dvc-import.js';
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
      /** The address of a repository at a URL, fit to be shown; undefined for any other. */
      repo?: string | undefined;
    };

/** What finding a model takes beside its source. */
export interface LocateTools {
  stores: StoreOpener;
  sources: SourceOpener;
  around: Surroundings;
}

/** Imports of DVC that may lead to imports; more is taken for a mistake. */
const MOST_IMPORTS = 10;

/**
 * Finds the model at a source: in git itself, behind pointers of Git LFS, in a remote of DVC, or in a store. Nothing of it is
 * read yet.
 * @throws RegError SOURCE_PATH where there is nothing, SOURCE_UNSUPPORTED, REMOTE_FAILED, STORE_FAILED, PACKAGE_MISSING
 */
export const locate = (source: ResolvedSource, tools: LocateTools): Promise<SourceModel> =>
  locateAfter(source, tools, 0);

async function locateAfter(
  source: ResolvedSource,
  tools: LocateTools,
  imports: number,
): Promise<SourceModel> {
  const { stores, around } = tools;
  if (source.kind === 'store') return storeModel(stores, source);
  const { repository, commit, path, at, repo } = source;
  const inGit = (where: string): Promise<SourceModel> =>
    gitModel(repository, commit, where, around, at !== undefined);
  if (!isDvcFile(path) && (await repository.objects.entry(commit, path))) return inGit(path);
  const follow = (place: OriginPlace): Promise<SourceModel> =>
    place.kind === 'store' ? storeModel(stores, place) : followImport(place, at, tools, imports + 1);
  const tracked = await findDvcModel(repository.objects, commit, path, { stores, around, at, repo, follow });
  if (tracked) return tracked;
  return inGit((await artifactInGit(repository.objects, commit, path)) ?? path);
}

/** Finds the model in the repository that it was imported from. */
async function followImport(
  { repo, rev, path }: OriginPlace & { kind: 'repository' },
  from: string | undefined,
  tools: LocateTools,
  imports: number,
): Promise<SourceModel> {
  const shown = withoutUserInfo(repo);
  if (imports > MOST_IMPORTS)
    throw new RegError(
      'LINK_LOOP',
      `more than ${MOST_IMPORTS} imports of DVC lead to one another, the last from ${shown}`,
      'link to the model itself',
    );
  const location = parseLocation(repo);
  const at = location.kind === 'path' ? location.path : undefined;
  if (at !== undefined && from !== undefined) await refuseCommitted(from, at);
  const repository = await tools.sources.openSource(location);
  const commit = await repository.objects.commit(rev ?? 'HEAD');
  if (commit === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `'${rev ?? 'HEAD'}' names no commit of ${shown}, which the model was imported from`,
      'import it again with DVC: dvc update',
    );
  const address = location.kind === 'url' ? withoutLogin(location.url) : undefined;
  return locateAfter({ kind: 'repository', repository, commit, path, at, repo: address }, tools, imports);
}

/** Finds the model at a URL of a store: an object, or everything below a folder. */
async function storeModel(
  stores: StoreOpener,
  {
    url,
    settings,
    version,
  }: Pick<OriginPlace & { kind: 'store' }, 'url'> & Partial<OriginPlace & { kind: 'store' }>,
): Promise<SourceModel> {
  const { folder, name } = splitObjectUrl(url);
  const store = await stores.openStore(folder, settings);
  const kept = store.hasVersions ? version : undefined;
  const found = name === '' ? undefined : await store.stat(name, kept);
  const shown = name === '' ? nameOfFolder(folder) : nameOfKey(name);
  if (found) return { kind: 'file', name: shown, files: [fileOf(store, found, shown, kept)] };
  const listed = name === '' ? await findFileList(stores, folder, settings) : undefined;
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

const fileOf = (
  store: ObjectStore,
  { key, size, ranges, at }: StoredObject,
  path: string,
  version?: string,
): SourceFile => ({
  path,
  size,
  ranges,
  ...(at !== undefined && { at, isHere: true }),
  open: (range) => store.read(key, range, version),
});

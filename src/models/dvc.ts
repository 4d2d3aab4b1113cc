import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import {
  type DvcOut,
  isPartialImport,
  type ManifestEntry,
  readDvcManifest,
  requireOut,
  shownOrigin,
  type TrackedFile,
} from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { failureOf, RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { signed } from '../stores/port.js';
import { holdsLogin } from '../util/address.js';
import { once } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { readAtMost } from '../util/stream.js';
import { type ImportTools, importedModel } from './dvc-import.js';
import { findTracked, pointersAt, type Tracked } from './dvc-index.js';
import {
  type DvcPlace,
  type FoundObject,
  findObjects,
  findVersions,
  objectAddress,
  objectKey,
  openCache,
  openRemote,
} from './dvc-remote.js';
import { type DvcSettings, type DvcTools, dvcSettings, remoteOf } from './dvc-settings.js';
import type { ModelAddress, SourceFile, SourceModel } from './source.js';

/** Opens a place with objects of DVC; one after the other is asked. */
export type OpenPlace = () => Promise<DvcPlace>;

/**
 * Finds a model that DVC tracks at a commit, where git itself has nothing at a path, or a `.dvc` file. Its bytes come, as for
 * `dvc get`, from the first of: DVC's cache of the work tree, the remote in the configuration at that commit, and what it was imported from.
 * @param path as `findTracked` takes it
 * @returns undefined where DVC does not know the path; `artifactInGit` finds an artifact whose model is in git
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, HASH_MISMATCH, TOO_LARGE, STORE_FAILED, PACKAGE_MISSING
 */
export async function findDvcModel(
  objects: Objects,
  commit: Oid,
  path: string,
  tools: ImportTools,
): Promise<SourceModel | undefined> {
  const tracked = await trackedAt(objects, commit, path);
  if (tracked === undefined) return undefined;
  const { out, below } = tracked;
  const settings = await dvcSettings(objects, commit, out.file, tools);
  const { origin } = out;
  if (origin && isPartialImport(out))
    return importedModel({ ...out, origin, md5: undefined, size: undefined }, below, settings, commit, tools);
  const known = requireOut(out);
  try {
    return await trackedModel(await placesOf(settings, commit, known, tools), known, below);
  } catch (error) {
    const failure = failureOf(error);
    // what was imported from a URL may be another one by now, unless a version of it is kept there
    const isKept = origin?.kind === 'repository' || (origin?.content().versions.size ?? 0) > 0;
    if (origin === undefined || !isKept) throw failure;
    const md5 = known.isRaw && !known.isFolder ? known.md5 : undefined;
    return importedModel({ ...known, origin, md5 }, below, settings, commit, tools).catch((other) => {
      const { code, message, hint } = failureOf(other);
      const from = `it was imported from ${shownOrigin(origin)}`;
      throw new RegError(code, `${failure.message}; ${from}, and ${message}`, hint);
    });
  }
}

/** The places that have the bytes of an output: the cache first, which costs nothing. */
async function placesOf(
  settings: DvcSettings,
  commit: Oid,
  out: DvcOut,
  tools: DvcTools,
): Promise<OpenPlace[]> {
  const cache = await openCache(settings, tools);
  const remote = once(async () => openRemote(remoteOf(settings, commit, out, tools), tools));
  if (cache === undefined) return [remote];
  const notCached = (error: unknown): never => {
    const { code, message, hint } = failureOf(error);
    throw new RegError(code, `${out.path} is not whole in ${cache.shown}, and ${message}`, hint);
  };
  return [async () => cache, () => remote().catch(notCached)];
}

/** What DVC tracks at a path, or above it; undefined where it does not know the path. */
async function trackedAt(objects: Objects, commit: Oid, path: string): Promise<Tracked | undefined> {
  const tracked = await findTracked(pointersAt(objects, commit), path);
  if (tracked === undefined) return undefined;
  const { out, below } = tracked;
  return below !== '' && !isPartialImport(out) && !requireOut(out).isFolder ? undefined : { out, below };
}

/**
 * The address of the bytes that DVC tracks at a path, as `dvc get --show-url` prints it. No server is asked, except the remote for a path inside a folder:
 * it has the manifest.
 * @returns undefined where DVC does not know the path
 * @throws RegError as `findDvcModel`
 */
export async function dvcAddress(
  objects: Objects,
  commit: Oid,
  path: string,
  tools: DvcTools,
): Promise<ModelAddress | undefined> {
  const tracked = await trackedAt(objects, commit, path);
  if (tracked === undefined) return undefined;
  const { below } = tracked;
  const out = requireOut(tracked.out);
  const settings = await dvcSettings(objects, commit, out.file, tools);
  const remote = remoteOf(settings, commit, out, tools);
  if (out.files !== undefined || out.versions.size > 0)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${out.path} is in a remote that keeps versions, and no address leads to one of them`,
      `load it, or put it into a store, whose address others can read: reg upload`,
    );
  const open = once(() => openRemote(remote, tools));
  const name =
    below === '' ? out.md5 + (out.isFolder ? '.dir' : '') : await md5Inside(await open(), out, below);
  const notes = [
    ...(name.endsWith('.dir')
      ? [`${out.path} is a folder, and this is its manifest: the list of its files`]
      : []),
    ...(holdsLogin(remote.values.get('url') ?? '') ? ['the address needs a login, which is not shown'] : []),
  ];
  const key = objectKey(out, name);
  return {
    url: await objectAddress(remote, key, tools.at),
    note: notes.length === 0 ? undefined : notes.join('; '),
    sign: async (lifetime) => signed((await open()).store, key, lifetime),
  };
}

/** The md5 of a file in a folder. */
async function md5Inside(remote: DvcPlace, out: DvcOut, below: string): Promise<string> {
  const entries = await findManifest(remote, out);
  if (entries === undefined) throw missing(remote, out, out.path, `${out.md5}.dir`);
  const found = entries.find(({ path }) => path === below);
  if (found) return found.md5;
  const isFolder = entries.some(({ path }) => path.startsWith(`${below}/`));
  throw new RegError(
    isFolder ? 'SOURCE_UNSUPPORTED' : 'SOURCE_PATH',
    isFolder
      ? `${below} is a folder inside ${out.path}, which DVC tracks as a whole: it has no address of its own`
      : `there is no ${below} in ${out.path}, the folder that ${out.file} tracks`,
    isFolder ? `link ${out.path}, or one file in it` : 'check the path',
  );
}

/** A file of a folder, or the single file of an output. */
type Wanted = ManifestEntry & Partial<Pick<TrackedFile, 'size' | 'versions'>>;

/**
 * The model of an output, or of a path inside a folder. Its objects are looked up in one place after the other, and the manifest of a folder
 * is read.
 * @param below the path inside the folder; empty for the output itself
 * @throws RegError SOURCE_PATH where the last place lacks a part of it, or the folder has no such path; HASH_MISMATCH where an object
 * has another size than the output; errors of the manifest and the store
 */
export async function trackedModel(
  places: readonly OpenPlace[],
  out: DvcOut,
  below: string,
): Promise<SourceModel> {
  const whole = posix.join(out.path, below);
  const name = posix.basename(whole);
  refuseUnsafePath(name);
  const filesIn = (folder: string, wanted: readonly Wanted[]): Promise<SourceFile[]> =>
    filesOf(places, out, folder, wanted);
  if (!out.isFolder) {
    const { md5, size, versions } = out;
    const files = await filesIn(posix.dirname(whole), [{ path: name, md5, size, versions }]);
    return { kind: 'file', name, files };
  }
  const entries = await entriesOf(places, out);
  if (below === '') return { kind: 'folder', name, files: await filesIn(whole, entries) };
  const exact = entries.find(({ path }) => path === below);
  if (exact) {
    const [file] = await filesIn(out.path, [exact]);
    return { kind: 'file', name, files: file ? [{ ...file, path: name }] : [] };
  }
  const inside = entries.filter(({ path }) => path.startsWith(`${below}/`));
  if (inside.length > 0) {
    const files = await filesIn(out.path, inside);
    return {
      kind: 'folder',
      name,
      files: files.map((file) => ({ ...file, path: file.path.slice(below.length + 1) })),
    };
  }
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${below} in ${out.path}, the folder that ${out.file} tracks`,
    'check the path, and that `dvc push` was run before the commit',
  );
}

/** The files of a folder: those that the file of DVC lists, else those of its manifest in the first place that has it. */
async function entriesOf(places: readonly OpenPlace[], out: DvcOut): Promise<Wanted[]> {
  if (out.files) return out.files.map((file) => ({ ...file, md5: file.md5 ?? '' }));
  let last: DvcPlace | undefined;
  for (const [index, open] of places.entries()) {
    const isLast = index === places.length - 1;
    last = await open();
    const entries = await findManifest(last, out).catch((error) => {
      if (isLast) throw error;
      failureOf(error);
      return undefined;
    });
    if (entries) return entries;
  }
  throw missing(last, out, out.path, `${out.md5}.dir`);
}

/** @param folder what the paths of the files are below, from the top of the git repository */
async function filesOf(
  places: readonly OpenPlace[],
  out: DvcOut,
  folder: string,
  wanted: readonly Wanted[],
): Promise<SourceFile[]> {
  const found = new Map<string, FoundObject>();
  let last: DvcPlace | undefined;
  for (const [index, open] of places.entries()) {
    const left = wanted.filter(({ md5 }) => !found.has(md5));
    if (left.length === 0) break;
    last = await open();
    const objects = await objectsIn(last, out, folder, left);
    for (const { path, md5, size } of left) {
      const object = objects.get(md5);
      if (object === undefined) continue;
      if (size === undefined || object.size === undefined || object.size === size) found.set(md5, object);
      // a damaged cache is no reason not to ask the remote
      else if (index === places.length - 1)
        throw new RegError(
          'HASH_MISMATCH',
          `${posix.join(folder, path)} (md5 ${md5}) has ${object.size} bytes in ${last.shown}, not ${size} bytes as ${out.file} says`,
          DAMAGED_HINT,
        );
    }
  }
  return wanted.map(({ path, md5, size }) => {
    const object = found.get(md5);
    if (object === undefined) throw missing(last, out, posix.join(folder, path), md5);
    return fileOf(object, path, md5, size);
  });
}

/** The objects in one place, by version where it keeps versions of these files, else by md5. */
async function objectsIn(
  place: DvcPlace,
  out: DvcOut,
  folder: string,
  wanted: readonly Wanted[],
): Promise<Map<string, FoundObject>> {
  const versioned = wanted.flatMap(({ path, md5, versions = NO_VERSIONS }) =>
    versions.size === 0 ? [] : [{ path: posix.join(folder, path), md5, versions }],
  );
  const found = await findVersions(place, out, versioned);
  const names = wanted.map(({ md5 }) => md5).filter((md5) => !found.has(md5));
  return names.length === 0 ? found : new Map([...found, ...(await findObjects(place, out, names))]);
}

const NO_VERSIONS: TrackedFile['versions'] = new Map();

const fileOf = (
  { key, size, ranges, isRaw, at, version, place: { store, isHere } }: FoundObject,
  path: string,
  md5: string,
  promised: number | undefined,
): SourceFile => ({
  path,
  size: promised ?? size,
  ...(isRaw && { digest: { algorithm: 'md5', value: md5 } }),
  ranges,
  isHere,
  at,
  open: (range) => store.read(key, range, version),
});

function missing(place: DvcPlace | undefined, out: DvcOut, path: string, object: string): RegError {
  const remote = place?.name === undefined ? [] : ['--remote', place.name];
  return new RegError(
    'SOURCE_PATH',
    `${path} (md5 ${object}) is missing in ${place?.shown ?? 'DVC'}`,
    `put it there from a clone that has it: ${shellLine('dvc', 'push', ...remote, out.path)}`,
  );
}

const DAMAGED_HINT = 'what the remote stores is damaged; remove it there and push it again: dvc push';

/** A manifest has a hundred bytes or so for each file. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * Finds the manifest of a folder, `ab/cdef….dir`, in a place of DVC; undefined where it is missing there.
 * @throws RegError HASH_MISMATCH, TOO_LARGE, SOURCE_UNSUPPORTED, SOURCE_PATH
 */
export async function findManifest(place: DvcPlace, out: DvcOut): Promise<ManifestEntry[] | undefined> {
  const name = `${out.md5}.dir`;
  const found = (await findObjects(place, out, [name])).get(name);
  return found && readManifest(found, out);
}

async function readManifest({ key, place }: FoundObject, out: DvcOut): Promise<ManifestEntry[]> {
  const { store } = place;
  const tooLong = (): RegError =>
    new RegError('TOO_LARGE', `the manifest of ${out.path} has more than ${MAX_MANIFEST_BYTES} bytes`);
  const bytes = await readAtMost(await store.read(key), MAX_MANIFEST_BYTES, tooLong);
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== out.md5)
    throw new RegError(
      'HASH_MISMATCH',
      `the manifest of ${out.path} at ${store.shown} is not the one that ${out.file} names: md5 ${md5}, not md5 ${out.md5}`,
      DAMAGED_HINT,
    );
  return readDvcManifest(bytes, out.path);
}

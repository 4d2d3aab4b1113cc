import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type DvcOut, type ManifestEntry, readDvcManifest, requireOut } from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { type ObjectStore, type StoreOpener, signed } from '../stores/port.js';
import { holdsLogin } from '../util/address.js';
import { shellLine } from '../util/shell.js';
import { readAtMost } from '../util/stream.js';
import { findTracked, pointersAt } from './dvc-index.js';
import {
  type DvcRemote,
  type FoundObject,
  findObjects,
  objectAddress,
  objectKey,
  openRemote,
  remoteOf,
} from './dvc-remote.js';
import type { ModelAddress, SourceFile, SourceModel } from './source.js';

/**
 * Finds a model that DVC tracks at a commit, where git itself has nothing at a path, or a `.dvc` file. Its bytes come from the
 * remote in the configuration at that commit.
 * @param path as `findTracked` takes it
 * @param at the absolute path of the repository's work tree; undefined for a repository at a URL
 * @returns undefined where DVC does not know the path; `artifactInGit` finds an artifact whose model is in git
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, HASH_MISMATCH, TOO_LARGE, STORE_FAILED, PACKAGE_MISSING
 */
export async function findDvcModel(
  objects: Objects,
  commit: Oid,
  path: string,
  stores: StoreOpener,
  at: string | undefined,
): Promise<SourceModel | undefined> {
  const tracked = await trackedAt(objects, commit, path);
  if (tracked === undefined) return undefined;
  const { out, below } = tracked;
  const remote = await openRemote(await remoteOf(objects, commit, out, at), stores, at);
  return trackedModel(remote, out, below);
}

/** What DVC tracks at a path, or above it; undefined where it does not know the path. */
async function trackedAt(
  objects: Objects,
  commit: Oid,
  path: string,
): Promise<{ out: ReturnType<typeof requireOut>; below: string } | undefined> {
  const tracked = await findTracked(pointersAt(objects, commit), path);
  if (tracked === undefined) return undefined;
  const { below } = tracked;
  const out = requireOut(tracked.out);
  return below !== '' && !out.isFolder ? undefined : { out, below };
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
  stores: StoreOpener,
  at: string | undefined,
): Promise<ModelAddress | undefined> {
  const tracked = await trackedAt(objects, commit, path);
  if (tracked === undefined) return undefined;
  const { out, below } = tracked;
  const remote = await remoteOf(objects, commit, out, at);
  const open = (): Promise<DvcRemote> => openRemote(remote, stores, at);
  const name =
    below === '' ? out.md5 + (out.isFolder ? '.dir' : '') : await md5Inside(await open(), out, below);
  const notes = [
    ...(name.endsWith('.dir')
      ? [`${out.path} is a folder, and this is its manifest: the list of its files`]
      : []),
    ...(holdsLogin(remote.values.get('url') ?? '') ? ['the address needs a login, which is not shown'] : []),
  ];
  return {
    url: await objectAddress(remote, out, name, at),
    note: notes.length === 0 ? undefined : notes.join('; '),
    sign: async (lifetime) => signed((await open()).store, objectKey(out, name), lifetime),
  };
}

/** The md5 of a file in a folder. */
async function md5Inside(remote: DvcRemote, out: DvcOut, below: string): Promise<string> {
  const entries = await findManifest(remote.store, out);
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

/**
 * The model of an output, or of a path inside a folder. Its objects are looked up, and the manifest of a folder is read.
 * @param below the path inside the folder; empty for the output itself
 * @throws RegError SOURCE_PATH where the remote lacks a part of it, or the folder has no such path; HASH_MISMATCH where an object
 * has another size than the output; errors of the manifest and the store
 */
export async function trackedModel(remote: DvcRemote, out: DvcOut, below: string): Promise<SourceModel> {
  const whole = posix.join(out.path, below);
  const name = posix.basename(whole);
  refuseUnsafePath(name);
  const filesIn = (folder: string, entries: readonly ManifestEntry[]): Promise<SourceFile[]> =>
    filesOf(remote, out, folder, entries);
  if (!out.isFolder) {
    const files = await filesIn(posix.dirname(whole), [{ path: name, md5: out.md5 }]);
    return { kind: 'file', name, files: files.map((file) => withSize(remote, out, file)) };
  }
  const entries = await findManifest(remote.store, out);
  if (entries === undefined) throw missing(remote, out, out.path, `${out.md5}.dir`);
  if (below === '') return { kind: 'folder', name, files: await filesIn(whole, entries) };
  const exact = entries.find(({ path }) => path === below);
  if (exact)
    return { kind: 'file', name, files: await filesIn(posix.dirname(whole), [{ ...exact, path: name }]) };
  const inside = entries
    .filter(({ path }) => path.startsWith(`${below}/`))
    .map((entry) => ({ ...entry, path: entry.path.slice(below.length + 1) }));
  if (inside.length > 0) return { kind: 'folder', name, files: await filesIn(whole, inside) };
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${below} in ${out.path}, the folder that ${out.file} tracks`,
    'check the path, and that `dvc push` was run before the commit',
  );
}

async function filesOf(
  remote: DvcRemote,
  out: DvcOut,
  folder: string,
  entries: readonly ManifestEntry[],
): Promise<SourceFile[]> {
  const names = entries.map(({ md5 }) => md5);
  const found = await findObjects(remote.store, out, names);
  return entries.map(({ path, md5 }) => {
    const object = found.get(md5);
    if (object === undefined) throw missing(remote, out, posix.join(folder, path), md5);
    return fileOf(remote, object, path, md5);
  });
}

const fileOf = (
  { store, isHere }: DvcRemote,
  { key, size, ranges, isRaw, at }: FoundObject,
  path: string,
  md5: string,
): SourceFile => ({
  path,
  size,
  ...(isRaw && { digest: { algorithm: 'md5', value: md5 } }),
  ranges,
  isHere,
  at,
  open: (range) => store.read(key, range),
});

/** Compares the size of a file in the remote with that in the file of DVC. */
function withSize({ name, store }: DvcRemote, out: DvcOut, file: SourceFile): SourceFile {
  if (file.size === undefined || out.size === undefined || file.size === out.size)
    return { ...file, size: out.size ?? file.size };
  throw new RegError(
    'HASH_MISMATCH',
    `${out.path} (md5 ${out.md5}) has ${file.size} bytes in the DVC remote '${name}', ${store.shown}, not ${out.size} bytes as ${out.file} says`,
    DAMAGED_HINT,
  );
}

function missing({ name, store }: DvcRemote, out: DvcOut, path: string, object: string): RegError {
  return new RegError(
    'SOURCE_PATH',
    `${path} (md5 ${object}) is missing in the DVC remote '${name}', ${store.shown}`,
    out.origin === undefined
      ? `put it there from a clone that has it: ${shellLine('dvc', 'push', '--remote', name, out.path)}`
      : `it was imported from ${out.origin}, whose remote has it: link it there; \`dvc push\` leaves imports out`,
  );
}

const DAMAGED_HINT = 'what the remote stores is damaged; remove it there and push it again: dvc push';

/** A manifest has a hundred bytes or so for each file. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/**
 * Finds the manifest of a folder, `ab/cdef….dir`, in a remote or a cache of DVC; undefined where it is missing there.
 * @throws RegError HASH_MISMATCH, TOO_LARGE, SOURCE_UNSUPPORTED, SOURCE_PATH
 */
export async function findManifest(store: ObjectStore, out: DvcOut): Promise<ManifestEntry[] | undefined> {
  const name = `${out.md5}.dir`;
  const found = (await findObjects(store, out, [name])).get(name);
  return found && readManifest(store, found, out);
}

async function readManifest(store: ObjectStore, { key }: FoundObject, out: DvcOut): Promise<ManifestEntry[]> {
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

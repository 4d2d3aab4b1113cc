import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import {
  artifactPathIn,
  type DeclaredOut,
  type DvcContent,
  type DvcOut,
  isDvcFile,
  MAX_DVC_FILE_BYTES,
  type ManifestEntry,
  outPath,
  outsOfDvcFile,
  outsOfLock,
  readDvcFile,
  readDvcManifest,
  requireOut,
} from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { parseArtifactName, splitArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import type { ObjectStore, StoreOpener } from '../stores/port.js';
import { shellLine } from '../util/shell.js';
import { readAtMost } from '../util/stream.js';
import { committedFile } from './committed.js';
import { type DvcRemote, type FoundObject, findObjects, openRemote, remoteOf } from './dvc-remote.js';
import type { SourceFile, SourceModel } from './source.js';

/**
 * Finds a model that DVC tracks at a commit, where git itself has nothing at a path, or a `.dvc` file. The `.dvc` file of the
 * path or of a folder above it names it, or a `dvc.lock` beside or above it, or the path is the artifact of a `dvc.yaml`. Its
 * bytes come from the remote in the configuration at that commit.
 * @param at the absolute path of the repository's work tree; undefined for a repository at a URL
 * @returns undefined where DVC does not know the path; `artifactInGit` finds an artifact whose model is in git
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, HASH_MISMATCH, TOO_LARGE, STORE_FAILED, PACKAGE_MISSING
 */
export async function findDvcModel(
  repository: ObjectReader,
  commit: Oid,
  path: string,
  stores: StoreOpener,
  at: string | undefined,
): Promise<SourceModel | undefined> {
  const tracked = await findTracked(repository, commit, path);
  if (tracked === undefined) return undefined;
  const out = requireOut(tracked.out);
  if (tracked.below !== '' && !out.isFolder) return undefined;
  const remote = await openRemote(await remoteOf(repository, commit, out, at), stores, at);
  return trackedModel(remote, out, tracked.below);
}

/** A path that DVC tracks: an output, or a path inside it. */
interface Tracked {
  out: DeclaredOut;
  /** The path inside the output; empty for the output itself. */
  below: string;
}

async function findTracked(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const [only] = isDvcFile(path) ? [await onlyOutOf(objects, commit, path)] : [];
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  if (own) return { out: own, below: '' };
  const named = await artifactPath(objects, commit, path);
  if (named !== undefined) return findNamed(objects, commit, named);
  return trackedAbove(outAt, path);
}

/** Finds the path of an artifact. Where it is in git, DVC does not have it. */
async function findNamed(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const isThere = (await objects.entryAt(commit, path)) !== undefined;
  if (isThere && !isDvcFile(path)) return undefined;
  const only = isThere ? await onlyOutOf(objects, commit, path) : undefined;
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  return own ? { out: own, below: '' } : trackedAbove(outAt, path);
}

/** Gives the output at a path. */
type OutAt = (path: string) => Promise<DeclaredOut | undefined>;

async function trackedAbove(outAt: OutAt, path: string): Promise<Tracked | undefined> {
  for (const folder of foldersAbove(path)) {
    const out = await outAt(folder);
    if (out) return { out, below: path.slice(folder.length + 1) };
  }
  return undefined;
}

/** Reads the declarations of outputs at a path and at every folder above it. */
async function outsAround(objects: ObjectReader, commit: Oid, path: string): Promise<OutAt> {
  const locked: DeclaredOut[] = [];
  for (const folder of [...foldersAbove(path), ''])
    locked.push(...(await lockedOuts(objects, commit, folder)));
  return async (one) =>
    (await outInDvcFile(objects, commit, one)) ?? onlyOne(locked.filter((out) => out.path === one));
}

/** The folders above a path, the nearest first, without the top. */
function foldersAbove(path: string): string[] {
  const above = posix.dirname(path);
  return above === '.' || above === '/' ? [] : [above, ...foldersAbove(above)];
}

function onlyOne([first, ...more]: readonly DeclaredOut[]): DeclaredOut | undefined {
  if (first && more.some(({ entry }) => entry.md5 !== first.entry.md5))
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `more than one stage of ${first.file} makes ${first.path}, which DVC does not allow`,
      'let one stage make it: dvc repro',
    );
  return first;
}

/** The output in the `.dvc` file of a path. */
async function outInDvcFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
): Promise<DeclaredOut | undefined> {
  const file = `${path}.dvc`;
  const content = await readAt(objects, commit, file);
  return content && outsOfDvcFile(content, file).find((out) => out.path === path);
}

/**
 * The only output of a `.dvc` file; undefined without such a file.
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, SOURCE_PATH where it names no output of the repository, or several
 */
async function onlyOutOf(objects: ObjectReader, commit: Oid, file: string): Promise<DeclaredOut | undefined> {
  const content = await readAt(objects, commit, file);
  if (content === undefined) return undefined;
  const [only, ...more] = outsOfDvcFile(content, file);
  if (only && more.length === 0) return only;
  throw new RegError(
    'SOURCE_PATH',
    only ? `${file} tracks ${more.length + 1} paths` : `${file} tracks nothing inside the repository`,
    only ? `name one of them: ${only.path}` : 'name a file that `dvc add` wrote',
  );
}

/** The outputs of the pipeline in a folder. */
async function lockedOuts(objects: ObjectReader, commit: Oid, folder: string): Promise<DeclaredOut[]> {
  const file = posix.join(folder, 'dvc.lock');
  const lock = await readAt(objects, commit, file);
  if (lock === undefined) return [];
  const pipeline = await readAt(objects, commit, posix.join(folder, 'dvc.yaml'));
  return outsOfLock(lock, pipeline, file);
}

/**
 * The path of an artifact of a `dvc.yaml`, from the top of the repository; undefined without such an artifact.
 * @param name `name`, `dir:name` or `dir/dvc.yaml:name` (DVC, command reference, "artifacts get")
 * @throws RegError SOURCE_UNSUPPORTED for an artifact without a path in the repository
 */
async function artifactPath(objects: ObjectReader, commit: Oid, name: string): Promise<string | undefined> {
  const artifact = parseArtifactName(name);
  if (artifact === undefined) return undefined;
  const { dir, base } = splitArtifactName(artifact);
  // DVC's own names have no dot (its source, dvc/repo/artifacts.py, NAME_RE): it is the path of a file
  if (base.includes('.')) return undefined;
  const file = posix.basename(dir) === 'dvc.yaml' ? dir : `${dir === '' ? '' : `${dir}/`}dvc.yaml`;
  // a path that leads up, or is not in its shortest form, names no file
  if (outPath('', undefined, file) !== file) return undefined;
  const content = await readAt(objects, commit, file);
  return content && artifactPathIn(content, base, file);
}

/**
 * The path of an artifact of a `dvc.yaml` whose model is in git itself; undefined for any other text.
 * @throws RegError SOURCE_UNSUPPORTED for an artifact without a path in the repository
 */
export async function artifactInGit(
  objects: ObjectReader,
  commit: Oid,
  name: string,
): Promise<string | undefined> {
  const path = await artifactPath(objects, commit, name);
  return path !== undefined && (await objects.entryAt(commit, path)) ? path : undefined;
}

/**
 * Reads a file of DVC at a commit; undefined without it.
 * @throws RegError SOURCE_UNSUPPORTED where it is malformed, TOO_LARGE
 */
async function readAt(objects: ObjectReader, commit: Oid, file: string): Promise<DvcContent | undefined> {
  const bytes = await committedFile(objects, commit, file, MAX_DVC_FILE_BYTES);
  return bytes && readDvcFile(bytes, file);
}

/**
 * The model of an output, or of a path inside a folder. Its objects are looked up, and the manifest of a folder is read.
 * @param below the path inside the folder; empty for the output itself
 * @throws RegError SOURCE_PATH where the remote lacks a part of it, or the folder has no such path; HASH_MISMATCH where an object
 * has another size than the output; errors of the manifest and the store
 */
async function trackedModel(remote: DvcRemote, out: DvcOut, below: string): Promise<SourceModel> {
  const whole = posix.join(out.path, below);
  const name = posix.basename(whole);
  refuseUnsafePath(name);
  const filesIn = (folder: string, entries: readonly ManifestEntry[]): Promise<SourceFile[]> =>
    filesOf(remote, out, folder, entries);
  if (!out.isFolder) {
    const files = await filesIn(posix.dirname(whole), [{ path: name, md5: out.md5 }]);
    return { kind: 'file', name, files: files.map((file) => withSize(remote, out, file)) };
  }
  const manifest = (await findObjects(remote.store, out, [`${out.md5}.dir`])).get(`${out.md5}.dir`);
  if (manifest === undefined) throw missing(remote, out, out.path, `${out.md5}.dir`);
  const entries = await readManifest(remote.store, manifest, out);
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
  { key, size, ranges, isRaw }: FoundObject,
  path: string,
  md5: string,
): SourceFile => ({
  path,
  size,
  ...(isRaw && { digest: { algorithm: 'md5', value: md5 } }),
  ranges,
  isHere,
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
 * Reads the manifest of a folder, `ab/cdef….dir`, from the remote.
 * @throws RegError HASH_MISMATCH, TOO_LARGE, SOURCE_UNSUPPORTED, SOURCE_PATH
 */
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

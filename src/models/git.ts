import { posix } from 'node:path';
import type { Oid } from '../domain/event.js';
import { refuseTooMany, refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import { type Objects, type SourceRepository, STAGED, type TreeEntry } from '../git/port.js';
import type { Surroundings } from '../net/http.js';
import { withoutLogin } from '../util/address.js';
import { short } from '../util/oid.js';
import { askForPointers, followPointers, type LargeFilesAnswer, largeFileAddress } from './lfs/follow.js';
import { findPointers, type PointedFile } from './lfs/pointer.js';
import type { ModelAddress, SourceFile, SourceModel } from './source.js';

/**
 * Finds the model at a path of a commit, a file or a folder, in git's own objects: no work tree, no hooks, no filters. Pointers
 * of Git LFS are followed.
 * @param isHere whether the repository is on this machine
 * @throws RegError SOURCE_PATH where there is nothing, or anything but regular files; SOURCE_UNSUPPORTED for a pointer that cannot
 * be followed
 */
export async function gitModel(
  repository: SourceRepository,
  commit: Oid,
  path: string,
  around: Surroundings,
  isHere = false,
): Promise<SourceModel> {
  const entry = await repository.objects.entry(commit, path);
  if (entry === undefined) throw await nothingThere(repository.objects, commit, path);
  const name = posix.basename(path);
  const filesAt = (entries: readonly TreeEntry[]) => filesOf(repository, commit, entries, around, isHere);
  refuseUnsafePath(name);
  if (entry.type !== 'tree') return { kind: 'file', name, files: await filesAt([{ ...entry, path: name }]) };
  const below = (await repository.objects.entries(commit, path)).map((one) => ({
    ...one,
    path: one.path.slice(path.length + 1),
  }));
  refuseTooMany(path, below.length);
  for (const one of below) refuseUnsafePath(one.path);
  return { kind: 'folder', name, files: await filesAt(below) };
}

/**
 * The address of the bytes of a file of a commit: what the server of Git LFS says where the file is a pointer.
 * @throws RegError SOURCE_UNSUPPORTED for anything else, which is in git itself
 */
export async function gitAddress(
  repository: SourceRepository,
  commit: Oid,
  path: string,
  around: Surroundings,
): Promise<ModelAddress> {
  const { objects, largeFiles } = repository;
  const entry = await objects.entry(commit, path);
  if (entry === undefined) throw await nothingThere(objects, commit, path);
  const sizes = entry.type === 'blob' ? await objects.sizes([entry.oid]) : new Map<Oid, number>();
  const [pointed] = entry.type === 'blob' ? await pointedAmong(objects, [{ ...entry, path }], sizes) : [];
  if (pointed !== undefined) return largeFileAddress(repository, commit, pointed, around);
  const remote = await largeFiles.remote();
  const place = remote === undefined ? '' : ` (git+${withoutLogin(remote.url)}@${commit}:${path})`;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is in git itself at commit ${short(commit)}${place}, and no address leads to its bytes`,
    'load it, or put it into a store, whose address others can read: reg upload',
  );
}

/**
 * Finds out whether what the Git LFS pointers of a model lead to is on this machine or at the server; nothing of it is fetched.
 * @param ask false where the server is not to be asked
 * @throws RegError SOURCE_UNSUPPORTED for a malformed pointer
 */
export async function askForLargeFiles(
  repository: SourceRepository,
  commit: Oid,
  path: string,
  around: Surroundings,
  ask: boolean,
): Promise<LargeFilesAnswer> {
  const { objects } = repository;
  const entry = await objects.entry(commit, path);
  const entries = entry?.type === 'tree' ? await objects.entries(commit, path) : entry ? [entry] : [];
  const blobs = entries.filter(({ type }) => type === 'blob');
  const sizes = await objects.sizes(blobs.map(({ oid }) => oid));
  return askForPointers(repository, commit, await pointedAmong(objects, blobs, sizes), around, ask);
}

/** The Git LFS pointers among files. */
async function pointedAmong(
  objects: Objects,
  entries: readonly TreeEntry[],
  sizes: ReadonlyMap<Oid, number>,
): Promise<PointedFile[]> {
  const pointers = await findPointers(objects, entries, sizes);
  return entries.flatMap(({ path, oid }) => {
    const pointer = pointers.get(oid);
    return pointer ? [{ path, pointer }] : [];
  });
}

const KINDS = { link: 'a symbolic link', commit: 'a submodule', tree: 'a folder' } as const;

/** The files of these entries, which must all be files. */
async function filesOf(
  repository: SourceRepository,
  commit: Oid,
  entries: readonly TreeEntry[],
  around: Surroundings,
  isHere: boolean,
): Promise<SourceFile[]> {
  for (const { type, path } of entries)
    if (type !== 'blob') throw new RegError('SOURCE_PATH', `${path} is ${KINDS[type]}, not a file`);
  const sizes = await repository.objects.sizes(entries.map(({ oid }) => oid));
  const pointed = await pointedAmong(repository.objects, entries, sizes);
  const followed = await followPointers(repository, commit, pointed, around);
  const elsewhere = new Map(followed.map((file) => [file.path, file]));
  const fileAt = ({ path, oid }: TreeEntry): SourceFile => ({
    path,
    size: sizes.get(oid),
    // a program that reads objects may not verify them (git-fsck(1))
    ...(sizes.has(oid) ? { digest: { algorithm: 'blob' as const, value: oid } } : {}),
    ranges: false,
    isHere,
    open: () => repository.objects.stream(oid),
    ...writing(repository.objects, oid, sizes.get(oid)),
  });
  return entries.map((entry) => elsewhere.get(entry.path) ?? fileAt(entry));
}

/** A large blob is written by git itself: through a pipe it takes twice as long. */
const writing = ({ write }: Objects, oid: Oid, size = 0): Pick<SourceFile, 'write'> =>
  write === undefined || size < LARGE_BYTES ? {} : { write: (to, signal) => write(oid, to, signal) };

const LARGE_BYTES = 16 * 1024 * 1024;

const shown = (commit: Oid): string => (commit === STAGED ? `in ${STAGED}` : `at commit ${short(commit)}`);

/** The error for a path without an entry. Symbolic links and submodules in it are not followed. */
async function nothingThere(objects: Objects, commit: Oid, path: string): Promise<RegError> {
  const parts = path.split('/');
  for (const count of parts.keys()) {
    const above = parts.slice(0, count + 1).join('/');
    const entry = await objects.entry(commit, above);
    // below a missing entry there is nothing, and each question is a run of git
    if (entry === undefined) break;
    if (entry.type === 'link' || entry.type === 'commit')
      return new RegError(
        'SOURCE_PATH',
        `${above} is ${KINDS[entry.type]} ${shown(commit)}, which is not followed`,
        'name the path of the file itself',
      );
  }
  const same = await inAnotherForm(objects, commit, path);
  if (same !== undefined)
    return new RegError(
      'SOURCE_PATH',
      `there is no ${path} at commit ${short(commit)}, which has it in another form of Unicode`,
      `write it as git has it: ${escaped(same)}`,
    );
  return new RegError(
    'SOURCE_PATH',
    `there is no ${path} ${shown(commit)}`,
    'check the path, from the top of that repository, and that the file is committed there',
  );
}

/** The path of a file or folder that is the same text in another form of Unicode (UAX #15); some systems change the form of names. */
async function inAnotherForm(objects: Objects, commit: Oid, path: string): Promise<string | undefined> {
  const wanted = path.normalize();
  // only a text with a letter beyond ASCII has several forms
  if (/^[ -~]*$/.test(path)) return undefined;
  const depth = path.split('/').length;
  const paths = (await objects.entries(commit, '')).map((entry) =>
    entry.path.split('/').slice(0, depth).join('/'),
  );
  return paths.find((one) => one.normalize() === wanted);
}

/** A path in quotes, with what is not ASCII as escapes of YAML. */
const escaped = (path: string): string =>
  JSON.stringify(path).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

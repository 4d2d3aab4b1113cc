import { constants } from 'node:fs';
import { access, lstat, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuseUnsafePath } from '../domain/model-files.js';
import { RegError } from '../errors.js';
import { mapAtMost } from '../util/async.js';
import { isThere } from '../util/files.js';
import { isPlainTree } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import {
  combinedDigest,
  type DigestedModel,
  digestFile,
  type FileDigest,
  type ModelDigest,
} from './digest.js';
import type { Hashes } from './hashes.js';
import { isLoadPart } from './part.js';
import { fileOnDisk, modelOnDisk, type SourceFile, type SourceModel } from './source.js';

// The place that a model goes to. A file takes the place of a file. The files of a folder model go into a folder that may be there
// already, and only the paths that the model names are ever replaced (docs/specification.md, 5 Commands, Loading).

/** What is at a target: a file, the paths of the model in a folder, or anything else, such as a symbolic link. */
export type Before = DigestedModel | Held | 'other';

/** The paths of a model that a folder has already. */
export interface Held {
  kind: 'paths';
  found: ReadonlyMap<string, HeldFile>;
}

/** What is at the path of one file of a model. */
export interface HeldFile {
  /** Undefined for anything but a plain file with the bytes that the source promises, as far as it does. */
  digest: FileDigest | undefined;
  /** Changes with the file. */
  stamp: string;
}

/**
 * What a target has of a model; undefined where there is nothing. The files of the model there are read, and no others.
 * @throws RegError FILE_EXISTS where no load may write: a folder in place of a file, a file or a symbolic link in place of a folder
 * inside the target, a symbolic link to a folder, the inside of a git repository
 */
export async function lookAtTarget(
  path: string,
  { kind, files }: SourceModel,
  hashes?: Hashes,
): Promise<Before | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (kind === 'file' && found.isDirectory()) throw folderInTheWay(path);
  if (kind === 'file' || found.isFile()) return digestAt(path, hashes);
  if (found.isDirectory()) {
    for (const file of files) refuseUnsafePath(file.path);
    await refuseGitFolder(path);
    return { kind: 'paths', found: await heldBy(path, files, hashes) };
  }
  if (found.isSymbolicLink()) await refuseLinkedFolder(path);
  return 'other';
}

/** What is at a path, a folder with all in it; undefined where there is nothing. No symbolic link is followed. */
export async function digestAt(path: string, hashes?: Hashes): Promise<DigestedModel | 'other' | undefined> {
  if (!(await isThere(path))) return undefined;
  if (!(await isPlainTree(path))) return 'other';
  const model = await modelOnDisk(path);
  if (model === undefined) return undefined;
  const files = await mapAtMost(MAX_FILES, model.files, (file) => digestFile(file, hashes));
  await hashes?.save();
  return { ...combinedDigest(model.kind, files), files };
}

type WantedFile = Pick<SourceFile, 'path' | 'size' | 'digest'>;

/** Files that are read at a time. */
const MAX_FILES = 4;

/**
 * The files of a model that a folder has already.
 * @param known an earlier answer, which is right where a file has not changed since
 */
export async function heldBy(
  folder: string,
  files: readonly WantedFile[],
  hashes: Hashes | undefined,
  known: Held['found'] = new Map(),
): Promise<Held['found']> {
  await refuseBlockedFolders(folder, files);
  const found = new Map<string, HeldFile>();
  await mapAtMost(MAX_FILES, files, async (file) => {
    const one = await heldFile(folder, file, hashes, known.get(file.path));
    if (one !== undefined) found.set(file.path, one);
  });
  await hashes?.save();
  return found;
}

/** What is at the path of a file of a model; undefined where there is nothing. */
async function heldFile(
  folder: string,
  file: WantedFile,
  hashes: Hashes | undefined,
  known: HeldFile | undefined,
): Promise<HeldFile | undefined> {
  const at = join(folder, file.path);
  const found = await lstat(at).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isDirectory())
    throw inTheWay(
      at,
      'is a folder, and the model has a file there',
      'move it away, or name another folder with -o',
    );
  const stamp = `${found.ino}:${found.size}:${found.mtimeMs}`;
  if (known?.stamp === stamp) return known;
  const { size, digest } = file;
  const there = found.isFile() ? await fileOnDisk(at, file.path) : undefined;
  const isOther = there === undefined || (size !== undefined && there.size !== size);
  return {
    stamp,
    digest: isOther ? undefined : await digestFile({ ...there, digest }, hashes).catch(unlessOtherBytes),
  };
}

function unlessOtherBytes(error: unknown): undefined {
  if (!(error instanceof RegError) || error.code !== 'HASH_MISMATCH') throw error;
}

/** The files of a model at whose paths a folder has something else for certain. */
export const differing = ({ found }: Held): string[] =>
  [...found].flatMap(([path, { digest }]) => (digest === undefined ? [path] : []));

/** The digests of all files of a model where a folder has each of them; undefined otherwise. */
export function wholeIn({ found }: Held, files: readonly SourceFile[]): FileDigest[] | undefined {
  const digests = files.flatMap(({ path }) => found.get(path)?.digest ?? []);
  return digests.length === files.length ? digests : undefined;
}

/** Whether a file, or a folder with nothing else, is the model. */
export const isSame = (before: Before | undefined, { kind, sha256 }: ModelDigest): boolean =>
  before !== undefined && before !== 'other' && before.kind === kind && before.sha256 === sha256;

/** Whether there is a folder, and no symbolic link to one. */
export const isRealFolder = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * Refuses a target that has other content, right before a model takes its place. A folder is never replaced.
 * @throws RegError FILE_EXISTS
 */
export async function refuseTarget(path: string, force: boolean): Promise<void> {
  if (await isRealFolder(path)) throw folderInTheWay(path);
  if (await isThere(path)) refuseToReplace(path, force);
}

const folderInTheWay = (path: string): RegError =>
  inTheWay(
    path,
    'is a folder, and the model is one file',
    'name another file with -o, or move the folder away',
  );

const MOST_NAMED = 3;

/**
 * Refuses to replace the content of a target.
 * @param paths the files that would be replaced; none where that is the target itself
 * @throws RegError FILE_EXISTS without `force`
 */
export function refuseToReplace(target: string, force: boolean, paths: readonly string[] = []): void {
  if (force) return;
  const [first] = paths;
  if (first === undefined)
    throw new RegError(
      'FILE_EXISTS',
      `${target} is already there with other content`,
      'add --force to replace it',
    );
  const named = paths.slice(0, MOST_NAMED).join(', ');
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  throw new RegError(
    'FILE_EXISTS',
    `${target} already has files of the model with other content: ${named}${more}`,
    `add --force to replace ${paths.length === 1 ? 'this file' : `these ${paths.length} files`} and no others`,
  );
}

const inTheWay = (path: string, why: string, hint: string): RegError =>
  new RegError('FILE_EXISTS', `cannot write ${path}: it ${why}`, hint);

/** Nothing goes through a symbolic link, and a file in place of a folder is not the model's to delete. */
async function refuseBlockedFolders(folder: string, files: readonly { path: string }[]): Promise<void> {
  const folders = new Set<string>();
  for (const { path } of files)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      folders.add(path.slice(0, end));
  for (const one of folders) {
    const at = join(folder, one);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined || found.isDirectory()) continue;
    throw inTheWay(
      at,
      `is ${found.isSymbolicLink() ? 'a symbolic link' : 'a file'}, and the model has a folder there`,
      'move it away, or name another folder with -o',
    );
  }
}

async function refuseLinkedFolder(path: string): Promise<void> {
  const real = await realpath(path).catch(() => undefined);
  const found = real === undefined ? undefined : await lstat(real).catch(() => undefined);
  if (real !== undefined && found?.isDirectory())
    throw inTheWay(path, `is a symbolic link to ${real}`, `name the folder itself: ${shellLine('-o', real)}`);
}

/** The inside of a repository has files that git runs, `hooks`, and others that it goes by, `config` (gitrepository-layout(5)). */
async function refuseGitFolder(path: string): Promise<void> {
  for (const name of ['HEAD', 'objects', 'refs']) if (!(await isThere(join(path, name)))) return;
  throw new RegError(
    'FILE_EXISTS',
    `${path} is the inside of a git repository`,
    'give a folder that is not of git',
  );
}

/**
 * Makes sure that files can be put below a folder, before the first of them is.
 * @throws errors of the file system
 */
export async function requireWritable(folder: string, paths: readonly string[]): Promise<void> {
  for (const one of new Set(paths.map((path) => dirname(join(folder, path))))) {
    let at = one;
    while (at !== folder && !(await isThere(at))) at = dirname(at);
    await access(at, constants.W_OK | constants.X_OK);
  }
}

/** Counting ends there: the folder may be a home. */
export const MOST_OTHERS = 10_000;

/** How many files a folder has beside those of a model; counting ends after `MOST_OTHERS`. */
export async function othersIn(folder: string, files: readonly { path: string }[]): Promise<number> {
  const own = new Set(files.map(({ path }) => path));
  const spelled = new Map([...own].map((path) => [folded(path), path]));
  // where letter case or Unicode forms do not count, a file of the model may be there under another name
  const isOwn = async (path: string): Promise<boolean> => {
    const other = spelled.get(folded(path));
    return (
      other !== undefined && (await inodeOf(join(folder, other))) === (await inodeOf(join(folder, path)))
    );
  };
  let count = 0;
  const waiting = [''];
  for (let dir = waiting.pop(); dir !== undefined && count <= MOST_OTHERS; dir = waiting.pop()) {
    const entries = await readdir(join(folder, dir), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) count += 1;
    for (const entry of entries ?? []) {
      const path = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (dir === '' && isLoadPart(entry.name)) continue;
      if (entry.isDirectory()) waiting.push(path);
      else if (!own.has(path) && !(await isOwn(path))) count += 1;
    }
  }
  return count;
}

const inodeOf = (path: string): Promise<bigint | undefined> =>
  lstat(path, { bigint: true }).then(
    ({ ino }) => ino,
    () => undefined,
  );

const folded = (path: string): string => path.normalize('NFD').toLowerCase();

import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { LargeFiles, SourceRepository } from '../../git/port.js';
import type { Surroundings } from '../../net/http.js';
import { fileOnDisk, type ModelAddress, type SourceFile } from '../source.js';
import { findEndpoint } from './endpoint.js';
import { fileFacts, objectOf, type PointedFile, pointerText } from './pointer.js';
import { downloadAddress, refusedBy, serverFiles } from './server.js';

/**
 * Finds the files behind Git LFS pointers: on this machine, at the server of the repository, or through the git-lfs program.
 * The server is asked when the first of them is opened, for a hundred objects at a time.
 * @returns the files in the order of their pointers; opening one that is nowhere fails
 * @throws RegError SOURCE_UNSUPPORTED where the commit names a server that must not be asked
 */
export async function followPointers(
  repository: SourceRepository,
  commit: Oid,
  files: readonly PointedFile[],
  around: Surroundings,
): Promise<SourceFile[]> {
  if (files.length === 0) return [];
  const folders = await repository.largeFiles.folders();
  const stored = await Promise.all(files.map((file) => storedFile(folders, file)));
  const missing = files.filter((_, index) => stored[index] === undefined);
  if (missing.length === 0) return stored.filter((file) => file !== undefined);
  const endpoint = await findEndpoint(repository, commit);
  const elsewhere =
    endpoint && 'url' in endpoint
      ? await serverFiles(repository.largeFiles, endpoint, missing, around)
      : programFiles(repository.largeFiles, endpoint?.remote, missing);
  const found = elsewhere[Symbol.iterator]();
  return stored.flatMap((file) => file ?? found.next().value ?? []);
}

/**
 * The address of the object behind a Git LFS pointer, from the server of the repository. It may hold a signature that soon expires.
 * @throws RegError SOURCE_UNSUPPORTED without a server that can be asked, SOURCE_PATH where it does not have the object, REMOTE_FAILED
 */
export async function largeFileAddress(
  repository: SourceRepository,
  commit: Oid,
  file: PointedFile,
  around: Surroundings,
): Promise<ModelAddress> {
  const endpoint = await findEndpoint(repository, commit);
  if (endpoint === undefined || !('url' in endpoint))
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${file.path} is kept by Git LFS, ${endpoint === undefined ? 'and there is no remote to ask for its address' : `and only the git-lfs program can ask ${endpoint.remote}`}`,
      'load it, or put it into a store, whose address others can read: reg upload',
    );
  const { href, needsHeaders } = await downloadAddress(repository.largeFiles, endpoint, file, around);
  return {
    url: href,
    note: `the address is of a Git LFS server: it may expire soon${needsHeaders ? ', and needs a login, which is not shown' : ''}`,
    sign: async () => {
      throw new RegError(
        'SOURCE_UNSUPPORTED',
        `the Git LFS server ${endpoint.shown} decides how long its addresses are valid`,
        'leave out --expires',
      );
    },
  };
}

/** What is known of the objects of pointers. */
export type LargeFilesAnswer =
  | { kind: 'there' }
  /** They are not on this machine, and the server says that it does not have them. */
  | { kind: 'missing'; reason: string }
  | { kind: 'unknown'; reason: string };

/**
 * Finds out whether the objects of Git LFS pointers are on this machine or at the server of the repository. Nothing is fetched.
 * @param ask false where the server is not to be asked
 */
export async function askForPointers(
  repository: SourceRepository,
  commit: Oid,
  files: readonly PointedFile[],
  around: Surroundings,
  ask: boolean,
): Promise<LargeFilesAnswer> {
  const { largeFiles } = repository;
  const folders = files.length === 0 ? [] : await largeFiles.folders();
  const stored = await Promise.all(files.map((file) => storedFile(folders, file)));
  const missing = files.filter((_, index) => stored[index] === undefined);
  const [first] = missing;
  if (first === undefined) return { kind: 'there' };
  const unknown = (reason: string): LargeFilesAnswer => ({ kind: 'unknown', reason });
  if (!ask) return unknown(`${first.path} is not on this machine, and the server was not asked`);
  try {
    const endpoint = await findEndpoint(repository, commit);
    if (endpoint === undefined) return { kind: 'missing', reason: withoutRemote(first).message };
    if (!('url' in endpoint)) return unknown(`only the git-lfs program can ask ${endpoint.remote}`);
    const refused = await refusedBy(largeFiles, endpoint, missing, around);
    if (refused === undefined) return { kind: 'there' };
    return { kind: refused.code === 'SOURCE_PATH' ? 'missing' : 'unknown', reason: refused.message };
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    return unknown(error.message);
  }
}

/**
 * The file behind a pointer in the storage of git-lfs, `<folder>/ab/cd/<oid>` (docs/spec.md, "Intercepting Git"); undefined
 * where no folder has it. A file of another size is incomplete.
 */
async function storedFile(folders: readonly string[], file: PointedFile): Promise<SourceFile | undefined> {
  const { oid, size } = file.pointer;
  for (const folder of folders) {
    const found = await fileOnDisk(join(folder, oid.slice(0, 2), oid.slice(2, 4), oid), file.path);
    if (found?.size === size) return { ...found, ...fileFacts(file) };
  }
  return undefined;
}

/**
 * Files from the git-lfs program: it can use a remote over ssh, and the custom transfer agents of a user. It stores the files in
 * the repository, so that the next load finds them there.
 * @param remote its address, fit to be shown; undefined without a remote
 */
const programFiles = (
  largeFiles: LargeFiles,
  remote: string | undefined,
  files: readonly PointedFile[],
): SourceFile[] =>
  files.map((file) => ({
    ...fileFacts(file),
    // the program gives all or nothing
    ranges: false,
    open: async () => {
      if (remote === undefined) throw withoutRemote(file);
      const output = await largeFiles.smudge(pointerText(file.pointer));
      if (output === undefined) throw programMissing(file, remote);
      return objectOf(output, file.pointer);
    },
  }));

const withoutRemote = ({ path, pointer }: PointedFile): RegError =>
  new RegError(
    'SOURCE_PATH',
    `${path} is kept by Git LFS, its object ${pointer.oid} is not in the repository, and there is no remote to ask for it`,
    'fetch it in that repository: git lfs fetch --all <address>',
  );

const programMissing = ({ path, pointer }: PointedFile, remote: string): RegError =>
  new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is kept by Git LFS, and only the git-lfs program, which was not found, can get its object ${pointer.oid} from ${remote}`,
    'install git-lfs and see that it is on PATH: https://git-lfs.com',
  );

import type { Oid } from '../../domain/event.js';
import type { SourceRepository } from '../../git/port.js';
import type { Surroundings } from '../../net/http.js';
import type { SourceFile } from '../model.js';
import type { Pointer } from './pointer.js';
import { programFiles } from './program.js';
import { findEndpoint } from './server.js';
import { serverFiles } from './server-files.js';
import { storedFile } from './stored.js';

/** A file of a commit whose bytes are elsewhere. */
export interface PointedFile {
  /** The path that it has in the model. */
  path: string;
  pointer: Pointer;
}

/**
 * Finds the files behind Git LFS pointers: on this machine, at the server of the repository, or through the git-lfs program.
 * Nothing is asked of a server before the first of them is opened, and then it is asked for a hundred at a time.
 * @returns the files in the order of their pointers; opening one that is nowhere fails
 * @throws RegError SOURCE_UNSUPPORTED when the commit names a server that must not be asked
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

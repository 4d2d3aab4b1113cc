import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { LargeFiles, SourceRepository } from '../../git/port.js';
import type { Surroundings } from '../../net/http.js';
import type { SourceFile } from '../source.js';
import { findEndpoint } from './endpoint.js';
import { type Pointer, pointerText } from './pointer.js';
import { exactly, serverFiles } from './server.js';

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

/**
 * Files that the git-lfs program brings: it knows how to ask a remote by ssh, and the agents that a user has set up. It keeps
 * them in the repository, where they are found the next time.
 * @param remote its address, fit to be shown; undefined where there is none
 */
const programFiles = (
  largeFiles: LargeFiles,
  remote: string | undefined,
  files: readonly PointedFile[],
): SourceFile[] =>
  files.map((file) => {
    const { oid, size } = file.pointer;
    return {
      ...describe(file),
      // the program gives all or nothing
      ranges: false,
      open: async () => {
        if (remote === undefined) throw nowhere(file);
        const output = await largeFiles.smudge(pointerText(file.pointer));
        if (output === undefined) throw needsProgram(file, remote);
        return exactly(output, oid, { start: 0, end: size, skipped: 0, isLast: true });
      },
    };
  });

const nowhere = ({ path, pointer }: PointedFile): RegError =>
  new RegError(
    'SOURCE_PATH',
    `${path} is kept by Git LFS, its object ${pointer.oid} is not in the repository, and there is no remote to ask for it`,
    'fetch it in that repository: git lfs fetch --all <address>',
  );

const needsProgram = ({ path, pointer }: PointedFile, remote: string): RegError =>
  new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is kept by Git LFS, and its object ${pointer.oid} can be got from ${remote} by the git-lfs program alone, which was not found`,
    'install git-lfs and see that it is on PATH: https://git-lfs.com',
  );

/** What every file behind a pointer says of itself. */
export const describe = ({
  path,
  pointer: { oid, size },
}: PointedFile): Pick<SourceFile, 'path' | 'size' | 'digest'> => ({
  path,
  size,
  digest: { algorithm: 'sha256', value: oid },
});

/**
 * The file behind a pointer where git-lfs keeps it, `<folder>/ab/cd/<oid>` (docs/spec.md, "Intercepting Git"); undefined when no
 * folder has it. One of another size was not written to its end.
 */
async function storedFile(folders: readonly string[], file: PointedFile): Promise<SourceFile | undefined> {
  const { oid, size } = file.pointer;
  for (const folder of folders) {
    const at = join(folder, oid.slice(0, 2), oid.slice(2, 4), oid);
    const found = await stat(at).catch(() => undefined);
    if (found?.isFile() && found.size === size)
      return {
        ...describe(file),
        ranges: true,
        open: async (range) => createReadStream(at, range && { start: range.start, end: range.end - 1 }),
      };
  }
  return undefined;
}

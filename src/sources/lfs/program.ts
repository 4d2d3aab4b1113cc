import { RegError } from '../../errors.js';
import type { LargeFiles } from '../../git/port.js';
import type { SourceFile } from '../model.js';
import { exactly } from './exactly.js';
import type { PointedFile } from './follow.js';
import { pointerText } from './pointer.js';
import { describe } from './stored.js';

/**
 * Files that the git-lfs program brings: it knows how to ask a remote by ssh, and the agents that a user has set up. It keeps
 * them in the repository, where they are found the next time.
 * @param remote its address, fit to be shown; undefined where there is none
 */
export const programFiles = (
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

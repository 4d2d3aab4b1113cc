import type { LargeFiles } from '../port.js';

/** What finding large files takes of a repository, without git-lfs and without credential helpers. */
export const withoutPrograms = (
  known: Pick<LargeFiles, 'folders' | 'remote' | 'setting' | 'extraHeader'>,
): LargeFiles => ({
  ...known,
  findLogin: async () => undefined,
  tellLogin: async () => undefined,
  smudge: async () => undefined,
});

import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isThere } from '../../util/files.js';

// What the files of an ordinary work tree show (gitrepository-layout(5)). To start git takes longer than the answer to most questions.

/** Variables by which git finds another work tree than the one that a folder is in, or other files of it (git(1)). */
const FINDING = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_CEILING_DIRECTORIES',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_INDEX_FILE',
  'GIT_SHALLOW_FILE',
];

/** The top of the work tree that a folder is in, where a `.git` folder has an ordinary configuration; undefined where git has to be asked. */
export async function plainTop(
  folder: string,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<string | undefined> {
  if (FINDING.some((name) => env[name] !== undefined)) return undefined;
  try {
    for (let at = await realpath(folder); ; at = dirname(at)) {
      const inside = join(at, '.git');
      const [own, bare] = await Promise.all([kindOf(inside), kindOf(join(at, 'HEAD'))]);
      // a file `.git` names the folder of a linked worktree or a submodule; a folder with a HEAD may be a repository itself
      if (bare !== undefined || (own !== undefined && own !== 'folder')) return undefined;
      if (own === 'folder') return (await isPlain(inside)) ? at : undefined;
      if (dirname(at) === at) return undefined;
    }
  } catch {
    return undefined;
  }
}

const kindOf = (path: string): Promise<'folder' | 'other' | undefined> =>
  lstat(path).then(
    (found) => (found.isDirectory() ? 'folder' : 'other'),
    () => undefined,
  );

/** Whether nothing in the configuration of a repository can place its work tree elsewhere (git-config(1), core.worktree, core.bare). */
async function isPlain(gitDir: string): Promise<boolean> {
  if ((await kindOf(join(gitDir, 'HEAD'))) === undefined) return false;
  const text = await readFile(join(gitDir, 'config'), 'utf8');
  return !/worktree|include|bare(?!\s*=\s*false\b)/i.test(text);
}

/** Whether a clone has not the whole history. */
export const isShallowAt = (top: string): Promise<boolean> => isThere(join(top, '.git', 'shallow'));

/** Whether the configuration of a repository itself may name a remote. */
export const mayNameRemote = async (top: string): Promise<boolean> =>
  /^\s*\[\s*remote\b/im.test(await readFile(join(top, '.git', 'config'), 'utf8'));

/** A larger index takes longer to read than git to start. */
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/**
 * Whether the index may have a path with such an end. Only an index of version 2 or 3 that is in one piece has all its paths in full
 * (gitformat-index(5)).
 */
export async function mayIndexHave(top: string, end: string): Promise<boolean> {
  const path = join(top, '.git', 'index');
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_INDEX_BYTES) return true;
  const index = await readFile(path);
  const isWhole = index.toString('latin1', 0, 4) === 'DIRC' && [2, 3].includes(index.readUInt32BE(4));
  return !isWhole || [`${end}\0`, 'sdir', 'link'].some((bytes) => index.includes(bytes));
}

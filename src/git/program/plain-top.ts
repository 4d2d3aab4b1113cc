import { lstat, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Variables by which git finds another work tree than the one that a folder is in (git(1)). */
const FINDING = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_CEILING_DIRECTORIES',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
];

/**
 * The top of the work tree that a folder is in, where files alone show it: a `.git` folder with an ordinary configuration
 * (gitrepository-layout(5)). Undefined where git has to be asked. To start git takes longer than the answer to most questions.
 */
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

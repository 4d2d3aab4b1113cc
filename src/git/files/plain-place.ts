import { existsSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type GitConfig, gitConfigValue, parseGitConfig } from '../../documents/git-config.js';
import { userNumber } from '../../util/files.js';

// what names another place than the folder does, or limits where git looks for one (git(1), "Environment Variables")
const ELSEWHERE =
  /^GIT_(DIR|WORK_TREE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|SHALLOW_FILE|CONFIG|CONFIG_PARAMETERS|CONFIG_COUNT|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)$/;

/** Where a repository of plain files has what (gitrepository-layout(5)). */
export interface PlainPlace {
  /** Its own folder: of a linked worktree what is not shared, HEAD above all. */
  gitDir: string;
  /** What all its worktrees share: refs, objects, configuration. */
  commonDir: string;
  /** The top of the work tree; undefined where the configuration has a say in it. */
  workTree: string | undefined;
}

/**
 * Finds the repository that a folder is in, when its files may be read as they are; undefined when the git program has to be
 * asked. Anything unusual is git's: a bare repository (git-config(1), safe.bareRepository), one of somebody else
 * (safe.directory), an environment that points elsewhere, a format that is not the plain one.
 */
export function findPlainPlace(folder: string, env: NodeJS.ProcessEnv): PlainPlace | undefined {
  const user = userNumber();
  if (user === undefined || Object.keys(env).some((name) => ELSEWHERE.test(name))) return undefined;
  try {
    const { gitDir, top } = gitFolderAbove(realpathSync(folder), user) ?? {};
    if (gitDir === undefined || !existsSync(join(gitDir, 'HEAD'))) return undefined;
    const shared = join(gitDir, 'commondir');
    const commonDir = existsSync(shared) ? resolve(gitDir, readFileSync(shared, 'utf8').trimEnd()) : gitDir;
    const settings = settingsOf(commonDir);
    if (settings === undefined || !isPlain(settings)) return undefined;
    return { gitDir, commonDir, workTree: isMoved(settings) ? undefined : top };
  } catch {
    // whatever is the matter, git words it
    return undefined;
  }
}

interface Above {
  gitDir: string | undefined;
  top: string;
}

function gitFolderAbove(start: string, user: number): Above | undefined {
  const { dev } = statSync(start);
  for (let folder = start; ; folder = dirname(folder)) {
    const inside = join(folder, '.git');
    const found = statSync(inside, { throwIfNoEntry: false });
    if (found) {
      const isTrusted = isOwn(user, statSync(folder), found);
      return isTrusted ? { gitDir: gitFolderAt(inside, found, user), top: folder } : undefined;
    }
    const isLast = dirname(folder) === folder || statSync(dirname(folder)).dev !== dev;
    if (isLast || existsSync(join(folder, 'HEAD'))) return undefined;
  }
}

/** In a linked worktree and in a submodule `.git` is a file that says where the folder is (gitrepository-layout(5)). */
function gitFolderAt(path: string, found: Stats, user: number): string | undefined {
  if (found.isDirectory()) return path;
  const [, named] = /^gitdir: (.*)$/m.exec(readFileSync(path, 'utf8')) ?? [];
  const gitDir = named && resolve(dirname(path), named);
  return gitDir && isOwn(user, statSync(gitDir)) ? gitDir : undefined;
}

const isOwn = (user: number, ...found: readonly Stats[]): boolean => found.every(({ uid }) => uid === user);

/** Extensions that change nothing for who reads tags (git-config(1), "extensions.*"). */
const HARMLESS = /^extensions\.(noop|partialclone|worktreeconfig|preciousobjects|relativeworktrees)$/;

function settingsOf(commonDir: string): GitConfig | undefined {
  const isWhole = existsSync(join(commonDir, 'objects')) && existsSync(join(commonDir, 'refs'));
  return isWhole ? parseGitConfig(readFileSync(join(commonDir, 'config'), 'utf8')) : undefined;
}

/** Whether refs are files, ids are SHA-1, and nothing else is new. */
const isPlain = (settings: GitConfig): boolean =>
  Number(gitConfigValue(settings, 'core.repositoryformatversion') ?? 0) <= 1 &&
  [...settings.keys()].every((key) => !key.startsWith('extensions.') || HARMLESS.test(key));

/** Whether the work tree need not be where `.git` is: files that are included or a worktree's own may say so too. */
const isMoved = (settings: GitConfig): boolean =>
  gitConfigValue(settings, 'core.bare') !== 'false' ||
  [...settings.keys()].some((key) =>
    /^core\.worktree$|^include(if)?\.|^extensions\.worktreeconfig$/.test(key),
  );

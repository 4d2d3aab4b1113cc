import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  badGitConfigLine,
  type GitConfig,
  type GitSettings,
  gitConfigOf,
  gitConfigValue,
  gitSettingsIn,
  isGitConfigTrue,
} from '../../documents/git-config.js';
import { RegError } from '../../errors.js';
import { isFolder, readIfThere } from '../../util/files.js';
import { needsGit } from '../port.js';

/** Where a repository has what (gitrepository-layout(5)). */
export interface Place {
  /** Its own folder: in a linked worktree the one that is not shared, with HEAD. */
  gitDir: string;
  /** The folder that all its worktrees share: refs, objects, configuration. */
  commonDir: string;
  /** The top of the work tree; undefined in a bare repository. */
  workTree: string | undefined;
  config: GitConfig;
  /** The same in the order of its file. */
  settings: GitSettings;
}

/** Variables that point git at other objects, refs or settings than those of the repository itself (git(1)). */
const POINTING_ELSEWHERE = [
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
];

/**
 * Finds the repository that a folder is in, or that GIT_DIR names (git(1)).
 * @throws RegError NO_REPOSITORY, GIT_MISSING when it is stored in a way that only the git program reads
 */
export async function findPlace(folder: string, env: NodeJS.ProcessEnv): Promise<Place> {
  const pointing = POINTING_ELSEWHERE.find((name) => env[name]);
  if (pointing) throw needsGit(`a repository with a part that ${pointing} names`);
  const start = await realpath(folder);
  const found = env.GIT_DIR ? await named(resolve(start, env.GIT_DIR), start) : await lookUp(start);
  if (found === undefined)
    throw new RegError(
      'NO_REPOSITORY',
      `no git repository at ${folder}`,
      'make one with git init, or name another with --repo',
    );
  const { gitDir, top } = found;
  const commonDir = resolve(gitDir, (await lineOf(join(gitDir, 'commondir'))) ?? '.');
  const settings = await readConfig(join(commonDir, 'config'));
  const config = gitConfigOf(settings);
  refuseUnknownFormats(config, commonDir);
  const configured = gitConfigValue(config, 'core.worktree');
  const isBare = top === undefined || (isGitConfigTrue(config, 'core.bare') && gitDir === commonDir);
  const workTree = configured === undefined ? top : resolve(gitDir, configured);
  return {
    gitDir,
    commonDir,
    workTree: env.GIT_WORK_TREE ? resolve(start, env.GIT_WORK_TREE) : isBare ? undefined : workTree,
    config,
    settings,
  };
}

/** @throws RegError NO_REPOSITORY for a file that git does not understand */
async function readConfig(path: string): Promise<GitSettings> {
  const text = (await textOf(path)) ?? '';
  const line = badGitConfigLine(text);
  if (line === undefined) return gitSettingsIn(text);
  const message = `git does not read the repository: bad config line ${line} in file ${path}`;
  throw new RegError('NO_REPOSITORY', message, 'repair that file in an editor');
}

interface Found {
  gitDir: string;
  /** The top of the work tree that it is the folder of; undefined without a work tree. */
  top: string | undefined;
}

const named = async (gitDir: string, top: string): Promise<Found | undefined> =>
  (await isGitDir(gitDir)) ? { gitDir, top } : undefined;

async function lookUp(folder: string): Promise<Found | undefined> {
  const inside = join(folder, '.git');
  // in a linked worktree and in a submodule it is a file that names the folder
  const gitDir = resolve(folder, (await gitFile(inside)) ?? inside);
  if (await isGitDir(gitDir)) return { gitDir, top: folder };
  if (await isGitDir(folder)) return { gitDir: folder, top: undefined };
  return dirname(folder) === folder ? undefined : lookUp(dirname(folder));
}

async function gitFile(path: string): Promise<string | undefined> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? /^gitdir: (.*)$/m.exec((await textOf(path)) ?? '')?.[1] : undefined;
}

async function isGitDir(folder: string): Promise<boolean> {
  if ((await textOf(join(folder, 'HEAD')).catch(() => undefined)) === undefined) return false;
  if ((await lineOf(join(folder, 'commondir'))) !== undefined) return true;
  return (await isFolder(join(folder, 'objects'))) && (await isFolder(join(folder, 'refs')));
}

/** Extensions that change nothing for a reader (git-config(1), "extensions.*"). */
const HARMLESS = /^extensions\.(noop|noop-v1|partialclone|worktreeconfig|preciousobjects|relativeworktrees)$/;

function refuseUnknownFormats(config: GitConfig, folder: string): void {
  const format = gitConfigValue(config, 'extensions.objectformat') ?? 'sha1';
  const refs = gitConfigValue(config, 'extensions.refstorage') ?? 'files';
  if (format !== 'sha1') throw needsGit(`${folder}, whose ids are ${format},`);
  if (refs !== 'files') throw needsGit(`${folder}, whose refs are stored as ${refs},`);
  const unknown = [...config.keys()].find(
    (key) =>
      key.startsWith('extensions.') && !/\.(objectformat|refstorage)$/.test(key) && !HARMLESS.test(key),
  );
  const version = Number(gitConfigValue(config, 'core.repositoryformatversion') ?? 0);
  if (version > 1) throw needsGit(`${folder}, whose format has the number ${version},`);
  if (version === 1 && unknown) throw needsGit(`${folder}, which has ${unknown},`);
}

/** The text of a file; undefined without one. */
export async function textOf(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path);
  return bytes && Buffer.from(bytes).toString();
}

const lineOf = async (path: string): Promise<string | undefined> => (await textOf(path))?.trimEnd();

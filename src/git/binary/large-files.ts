import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { parseLocation } from '../../domain/location.js';
import { once } from '../../util/async.js';
import { isFolder } from '../../util/files.js';
import type { LargeFiles } from '../port.js';
import { findLogin, tellLogin } from './large-files-login.js';
import { smudged } from './large-files-smudge.js';
import { gitIn, type RunGit } from './run-git.js';
import { streamGitIn } from './stream-git.js';
import { type Surroundings, withoutLocalVariables } from './surroundings.js';

/** The remote of a repository, by its name and its URL as it is, login included. */
type Remote = NonNullable<Awaited<ReturnType<LargeFiles['remote']>>>;

/**
 * Finds large files with the git program, and with git-lfs where that is installed.
 * @param folder of the repository, as git may be run in it
 * @param known its remote, where that is not what git's configuration says
 */
export function binaryLargeFiles(folder: string, around: Surroundings, known?: Remote): LargeFiles {
  const git = gitIn(folder, around);
  const setting = async (key: string): Promise<string | undefined> =>
    firstLine(git, ['config', '--includes', '--get', '--', key]);
  const remote = once(async () => known ?? (await findRemote(git, setting)));
  const hasProgram = once(async () => (await git(['lfs', 'version'])).code === 0);
  return {
    setting,
    remote,
    folders: async () => {
      const paths = await remotePaths(git, folder, await remote());
      const elsewhere = { ...around, env: withoutLocalVariables(around.env) };
      const found = [git, ...paths.map((path) => gitIn(path, elsewhere))].map(storageOf);
      return (await Promise.all(found)).filter((one) => one !== undefined);
    },
    extraHeader: (url) => firstLine(git, ['config', '--includes', '--get-urlmatch', 'http.extraHeader', url]),
    findLogin: (url, mayAsk) => findLogin(folder, around, url, mayAsk),
    tellLogin: (url, login, isGood) => tellLogin(git, url, login, isGood),
    smudge: async (pointer) => {
      if (!(await hasProgram())) return undefined;
      // somebody who does not want large files in work trees wants this one all the same
      const { GIT_LFS_SKIP_SMUDGE: _, ...env } = around.env;
      const stream = streamGitIn(folder, { ...around, env });
      const output = stream([...PLAIN, 'lfs', 'smudge'], Buffer.from(pointer));
      return smudged(output, pointer, (await remote())?.url ?? '');
    },
  };
}

/** Settings for git-lfs: no hooks are installed behind people's backs, and nothing is left out (git-lfs-config(5)). */
const PLAIN = [
  `core.hooksPath=${devNull}`,
  'lfs.fetchinclude=',
  'lfs.fetchexclude=',
  'lfs.skipdownloaderrors=false',
].flatMap((one) => ['-c', one]);

async function firstLine(git: RunGit, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await git(args);
  const [line = ''] = stdout.toString().split('\n');
  return code === 0 && line !== '' ? line : undefined;
}

/** The remote that git-lfs would take: of the branch, the default one, the only one, `origin` (git-lfs-config(5), remote.lfsdefault). */
async function findRemote(git: RunGit, setting: LargeFiles['setting']): Promise<Remote | undefined> {
  const branch = await firstLine(git, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const all = (await git(['remote'])).stdout.toString().split('\n').filter(Boolean);
  const named =
    (branch === undefined ? undefined : await setting(`branch.${branch}.remote`)) ??
    (await setting('remote.lfsdefault')) ??
    (all.length === 1 ? all[0] : 'origin');
  if (named === undefined || !all.includes(named)) return undefined;
  const url = await firstLine(git, ['remote', 'get-url', '--', named]);
  return url === undefined ? undefined : { name: named, url };
}

/** Where a remote of this machine may be: git tries a path as it is, and with `.git` at its end (git-clone(1)). */
async function remotePaths(git: RunGit, folder: string, remote: Remote | undefined): Promise<string[]> {
  if (remote === undefined) return [];
  try {
    const location = parseLocation(remote.url);
    if (location.kind === 'url') return [];
    const top = (await firstLine(git, ['rev-parse', '--show-toplevel'])) ?? folder;
    const path = resolve(top, location.path);
    const there = [path, `${path}.git`].map(async (one) => ((await isFolder(one)) ? [one] : []));
    return (await Promise.all(there)).flat();
  } catch {
    // an address that nothing is read from; git-lfs may know better
    return [];
  }
}

/** Where a repository keeps large files (git-lfs-config(5), lfs.storage). */
async function storageOf(git: RunGit): Promise<string | undefined> {
  const common = await firstLine(git, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (common === undefined) return undefined;
  const storage = await firstLine(git, ['config', '--includes', '--type=path', '--get', 'lfs.storage']);
  return join(resolve(common, storage ?? 'lfs'), 'objects');
}

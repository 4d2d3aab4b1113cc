import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { parseLocation } from '../../domain/location.js';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { once } from '../../util/async.js';
import { isFolder } from '../../util/files.js';
import type { LargeFiles } from '../port.js';
import {
  GitFailed,
  gitIn,
  type RunGit,
  type Surroundings,
  streamGitIn,
  unhurried,
  withoutLocalVariables,
} from './run.js';
import { gitWebConfig } from './web.js';

/** The remote of a repository, with its URL as it is, login included. */
type Remote = NonNullable<Awaited<ReturnType<LargeFiles['remote']>>>;

/**
 * Finds large files with the git program, and with git-lfs where that is installed.
 * @param folder where git runs
 * @param known the remote of the repository, where git's configuration does not have it
 */
export function gitLargeFiles(folder: string, around: Surroundings, known?: Remote): LargeFiles {
  const git = gitIn(folder, around);
  const setting = async (key: string): Promise<string | undefined> =>
    firstLine(git, ['config', '--includes', '--get', '--', key]);
  const web = gitWebConfig(folder, around);
  const remote = once(async () => {
    if (known === undefined) return findRemote(git, setting);
    // loaded on use: a question about tags does not need it
    const { insteadOf } = await import('../../net/git-settings.js');
    return { ...known, url: insteadOf(await web.settings(), known.url) };
  });
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
    web,
    smudge: async (pointer) => {
      if (!(await hasProgram())) return undefined;
      // the user may not want large files in work trees; this one was asked for
      const { GIT_LFS_SKIP_SMUDGE: _, ...env } = around.env;
      const stream = streamGitIn(folder, unhurried({ ...around, env }));
      const output = stream([...PLAIN, 'lfs', 'smudge'], Buffer.from(pointer));
      return smudged(output, pointer, (await remote())?.url ?? '');
    },
  };
}

/** Settings for git-lfs: it installs no hooks and leaves out no file (git-lfs-config(5)). */
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

/** The remote that git-lfs takes: that of the branch, the default, the only one, `origin` (git-lfs-config(5), remote.lfsdefault). */
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

/** Where a remote on this machine may be: git tries a path as it is, and with `.git` at its end (git-clone(1)). */
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
    // not an address to read from; git-lfs may know more
    return [];
  }
}

/** The folder in which a repository keeps large files (git-lfs-config(5), lfs.storage). */
async function storageOf(git: RunGit): Promise<string | undefined> {
  const common = await firstLine(git, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (common === undefined) return undefined;
  const storage = await firstLine(git, ['config', '--includes', '--type=path', '--get', 'lfs.storage']);
  return join(resolve(common, storage ?? 'lfs'), 'objects');
}

/**
 * The output of git-lfs. Its failures are failures of the remote, because it has no codes for what went wrong. It leaves a
 * pointer as it is when it cannot get the file, so a pointer that comes back is a failure too.
 * @param url of the remote, login included
 */
function smudged(output: Readable, pointer: string, url: string): Readable {
  const failed = (why: string): RegError =>
    new RegError(
      'REMOTE_FAILED',
      `git-lfs cannot get a file from ${shownAddress(url)}: ${redactorOf(url)(why)}`,
      'see that git-lfs itself can: git lfs fetch, in a clone of that repository',
    );
  const bytes = async function* (): AsyncGenerator<Buffer> {
    let start = Buffer.alloc(0);
    try {
      for await (const chunk of output as AsyncIterable<Buffer>) {
        if (start.length > pointer.length) yield chunk;
        else {
          start = Buffer.concat([start, chunk]);
          if (start.length > pointer.length) yield start;
        }
      }
    } catch (error) {
      throw error instanceof GitFailed ? failed(reasonIn(error.stderr)) : error;
    }
    if (start.equals(Buffer.from(pointer))) throw failed('it left the pointer as it is');
    if (start.length <= pointer.length) yield start;
  };
  return Readable.from(bytes(), { objectMode: false });
}

/** The reason in the messages of git-lfs, without its progress and without where it logs. */
function reasonIn(message: string): string {
  const lines = message.split(/[\r\n]+/).map((line) => line.trim());
  const reason = lines.filter((line) => !/^(Downloading |Errors logged|Use `|$)/.test(line));
  return reason.join(' ') || 'it does not say why';
}

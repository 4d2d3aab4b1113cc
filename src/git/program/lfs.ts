import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { parseLocation } from '../../domain/location.js';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { once } from '../../util/async.js';
import { isFolder } from '../../util/files.js';
import { percentDecoded } from '../../util/text.js';
import type { LargeFiles, Login } from '../port.js';
import {
  GitFailed,
  gitIn,
  type RunGit,
  type Surroundings,
  streamGitIn,
  unhurried,
  withoutLocalVariables,
} from './run.js';

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

/** No question on a terminal or in a window (git(1), GIT_TERMINAL_PROMPT; gitcredentials(7)). */
const WITHOUT_PROMPT = { GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', SSH_ASKPASS: '' } as const;

/** The login for a web address, from the helpers of git's configuration (git-credential(1)). */
async function findLogin(
  folder: string,
  around: Surroundings,
  url: string,
  mayAsk: boolean,
): Promise<Login | undefined> {
  const env = mayAsk ? around.env : { ...around.env, ...WITHOUT_PROMPT };
  const git = gitIn(folder, { ...around, env });
  const quiet = mayAsk ? [] : ['-c', 'core.askPass='];
  const { code, stdout } = await git([...quiet, 'credential', 'fill'], described(url));
  if (code !== 0) return undefined;
  const answer = new Map(
    stdout
      .toString()
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const [username, password] = [answer.get('username'), answer.get('password')];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Makes the helpers keep a login, or forget it. */
async function tellLogin(
  git: RunGit,
  url: string,
  { username, password }: Login,
  isGood: boolean,
): Promise<void> {
  const login = `username=${username}\npassword=${password}\n`;
  await git(['credential', isGood ? 'approve' : 'reject'], described(url) + login);
}

/** A web address as git-credential(1) reads it; credential.useHttpPath decides whether the path counts. */
function described(url: string): string {
  const { protocol, host, pathname, username } = new URL(url);
  const lines = [`protocol=${protocol.slice(0, -1)}`, `host=${host}`, `path=${decoded(pathname).slice(1)}`];
  if (username !== '') lines.push(`username=${decoded(username)}`);
  // a line break would make it another address for the helpers (CVE-2020-5260)
  return `${lines.map((line) => line.replaceAll(/[\r\n\0]/g, '')).join('\n')}\n`;
}

const decoded = (text: string): string => percentDecoded(text) ?? text;

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

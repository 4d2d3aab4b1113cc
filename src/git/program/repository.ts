import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RegError } from '../../errors.js';
import { once } from '../../util/async.js';
import { isFolder } from '../../util/files.js';
import { readPlain, userNumber } from '../../util/safe-files.js';
import {
  fetchReach,
  type History,
  isBrokenRef,
  NO_FILES,
  type Objects,
  type RegistryRepository,
  type Remote,
  type RemoteNames,
  type RemoteSide,
  reachesOf,
  type SourceRepository,
} from '../port.js';
import { gitBranches, gitHistory } from './history.js';
import { gitLargeFiles } from './lfs.js';
import { gitObjects } from './objects.js';
import { isShallowAt, mayIndexHave, mayNameRemote, plainTop } from './plain.js';
import { push } from './push.js';
import {
  accessTo,
  fetchTagObjects,
  listRemoteArtifacts,
  listRemoteRefs,
  listRemoteTags,
  listTips,
  namedAccess,
  type RemoteAccess,
  readHead,
} from './remote.js';
import {
  expectSuccess,
  gitIn,
  hasFailed,
  offline,
  oneLine,
  type ReadGit,
  type RunGit,
  readGitIn,
  requireGit,
  type Surroundings,
  streamGitIn,
  trustAdvice,
  unhurried,
  withinLimit,
  withoutLocalVariables,
  writeGitIn,
} from './run.js';
import { gitSignatures, gitSigner } from './signatures.js';
import { gitTags } from './tags.js';
import { commitFile, gitTagWriter } from './write.js';

/**
 * Opens the repository that a folder is in: a work tree, a folder inside one, a linked work tree, a bare repository. Nothing
 * runs before the first question. After a failure it is asked whether git is new enough, and whether there is a repository: every
 * call may throw RegError GIT_MISSING, GIT_TOO_OLD, NO_REPOSITORY.
 */
export function openGitRepository(folder: string, around: Surroundings): RegistryRepository {
  const usable = once(async () => {
    const run = readGitIn(folder, around);
    await requireGit(run);
    await requireRepository(run, folder);
  });
  const checked =
    (run: ReadGit): ReadGit =>
    async (args, input, take) => {
      const result = await run(args, input, take);
      if (hasFailed(result)) await usable();
      return result;
    };
  const git: RunGit = checked(gitIn(folder, around));
  const read = checked(readGitIn(folder, around));
  // in a partial clone git brings a missing model from the remote, and shows no progress
  const stream = streamGitIn(folder, unhurried(around));
  const plain = (): Promise<string | undefined> => plainTop(folder, around.env);
  const objects = gitObjects(read, stream, {
    isLasting: around.isLasting,
    write: writeGitIn(folder, unhurried(around)),
  });
  const asked = gitHistory(read);
  const history: History = {
    ...asked,
    isShallow: async () => {
      const top = await plain();
      return top === undefined ? asked.isShallow() : isShallowAt(top);
    },
  };
  const access = accesses(git);
  let reading: Promise<RemoteNames> | undefined;
  // calls at the same time share an answer; later ones see what was configured since
  const remotes = (): Promise<RemoteNames> => {
    reading ??= readRemotes(read, usable).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  // but it does not bring a missing tag
  const forTags = withinLimit(offline(around));
  const tags = gitTags(checked(readGitIn(folder, forTags)), streamGitIn(folder, forTags));
  return {
    address: undefined,
    tags,
    objects,
    history,
    branches: gitBranches(read, objects, history),
    signatures: gitSignatures(git),
    writer: {
      ...gitTagWriter(git, gitSigner(git, folder, around)),
      commitFile: (path, message) => commitFile(gitIn(folder, unhurried(around)), path, message),
      chooseRemote: async (name) =>
        void expectSuccess(
          await git(['config', 'reg.remote', name]),
          'writing reg.remote to its configuration',
        ),
    },
    remote: (name, side) =>
      gitRemote(
        access(name),
        objects,
        history,
        side,
        async () => (await remotes()).mirrors?.has(name) === true,
      ),
    remotes,
    hasRemote: async (name) => (await remotes()).names.includes(name),
    mayHaveRemote: async () => {
      const top = await plain();
      return top === undefined || mayNameRemote(top);
    },
    largeFiles: gitLargeFiles(folder, around),
    tips: () => listTips(ownAccess(read, folder)),
    defaultBranch: () => readHead(ownAccess(read, folder)),
    workTree: () => findWorkTree(read),
    plainTop: plain,
    // loaded on use: a question about tags has nothing to do with edited files
    uncommitted: async (paths) => (await import('./work-tree.js')).listUncommitted(read, paths),
    notCheckedOut: async (end) => {
      const top = await plain();
      if (top !== undefined && !(await mayIndexHave(top, end))) return new Map();
      return (await import('./work-tree.js')).listNotCheckedOut(read, folder, end);
    },
    nextCommit: async () => {
      const top = await findWorkTree(read);
      if (top === undefined) return NO_FILES;
      return (await import('./work-tree.js')).readNextCommit(top, { git: read, objects, around });
    },
    index: async () => {
      const top = await findWorkTree(read);
      return (await import('./work-tree.js')).readIndex(top ?? folder, objects, around);
    },
  };
}

/** The top of the work tree that a folder is in; undefined in a bare repository. */
async function findWorkTree(git: RunGit): Promise<string | undefined> {
  // in a bare repository the first answer is `false`, and the second question fails
  const { stdout } = await git(['rev-parse', '--is-inside-work-tree', '--show-toplevel']);
  const [inside, top] = stdout.toString().split('\n');
  return inside === 'true' ? top : undefined;
}

/** A repository as a remote of its own: a folder is one too. */
const ownAccess = (git: RunGit, folder: string): RemoteAccess => accessTo(git, { name: '.', shown: folder });

/** The remotes of a repository, by name. */
function accesses(git: RunGit): (name: string) => RemoteAccess {
  const known = new Map<string, RemoteAccess>();
  return (name) => {
    const access = known.get(name) ?? namedAccess(git, name);
    known.set(name, access);
    return access;
  };
}

async function requireRepository(git: RunGit, folder: string): Promise<void> {
  const { code, stderr } = await git(['rev-parse', '--git-dir']);
  if (code === 0) return;
  throw (
    refusalOf(stderr, folder) ??
    new RegError(
      'NO_REPOSITORY',
      `no git repository at ${folder} (${oneLine(stderr)})`,
      'see what git says of it: git status; make one with git init, or name another with --repo',
    )
  );
}

/**
 * Why git refuses a repository that is there; undefined without a repository. Git has one exit code for all of this, so that its
 * message decides, which is in English here.
 */
function refusalOf(stderr: string, folder: string): RegError | undefined {
  if (/^fatal: not a git repository/.test(stderr)) return undefined;
  const advice = trustAdvice(stderr);
  if (advice !== undefined) {
    const [, place = folder] = /at '(.*)'$/m.exec(stderr) ?? [];
    const message = `${place} belongs to another user, so git does not read it`;
    return new RegError('NO_REPOSITORY', message, `where you trust it: ${advice}`);
  }
  return new RegError(
    'NO_REPOSITORY',
    `git does not read the repository at ${folder}: ${oneLine(stderr)}`,
    'see what git says of it: git status',
  );
}

/**
 * Reads what git's configuration says about remotes.
 * @param requireUsable fails where there is no repository: git reads the configuration of the user there
 */
async function readRemotes(git: RunGit, requireUsable: () => Promise<void>): Promise<RemoteNames> {
  const pattern =
    '^(core\\.repositoryformatversion|remote\\..*\\.(url|fetch|tagopt|mirror)|reg\\.remote|remote\\.pushdefault|branch\\..*\\.remote)$';
  const { stdout } = await git(['config', '--null', '--get-regexp', pattern]);
  const lines = stdout.toString().split('\0').filter(Boolean);
  // a later value wins; the name in the middle of a key keeps its letter case
  const entries = lines.map((line): [key: string, value: string] => {
    const end = line.indexOf('\n');
    // a key without a value means true (git-config(1), Syntax)
    return end < 0 ? [line, 'true'] : [line.slice(0, end), line.slice(end + 1)];
  });
  const settings = new Map(entries);
  // `git init` writes it
  if (!settings.has('core.repositoryformatversion')) await requireUsable();
  const names = [...settings.keys()].flatMap((key) => /^remote\.(.*)\.url$/s.exec(key)?.[1] ?? []);
  const preferred = {
    chosen: settings.get('reg.remote'),
    pushDefault: settings.get('remote.pushdefault'),
    fetches: reachesOf(names, (name) => {
      const refspecs = entries.flatMap(([key, value]) => (key === `remote.${name}.fetch` ? value : []));
      return fetchReach(settings.get(`remote.${name}.tagopt`), refspecs);
    }),
    mirrors: await mirrorsAmong(names, (name) => settings.get(`remote.${name}.mirror`)),
  };
  if (names.length < 2) return { names, ...preferred };
  const head = await git(['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return {
    names,
    ...preferred,
    ofBranch: settings.get(`branch.${head.stdout.toString().trim()}.remote`),
  };
}

/** The remotes that git pushes all refs to. */
async function mirrorsAmong(
  names: readonly string[],
  setting: (name: string) => string | undefined,
): Promise<Set<string>> {
  const marked = names.filter((name) => setting(name) !== undefined);
  if (marked.length === 0) return new Set();
  // loaded on use: few remotes are mirrors
  const { isGitTrue } = await import('../../documents/git-config.js');
  // a key with = cannot be given on a command line, where it is to be overridden
  return new Set(marked.filter((name) => isGitTrue(setting(name)) && !name.includes('=')));
}

/**
 * The variable that names a folder as a bare repository, so that git reads it also where it reads only those that are named
 * (git-config(1), safe.bareRepository); nothing for any other folder. Git asks no owner of what is named, so that a folder of
 * another user is left to git (git-config(1), safe.directory).
 */
export async function namedBare(folder: string): Promise<{ GIT_DIR?: string }> {
  const [config, head, inside] = await Promise.all(
    ['config', 'HEAD', '.git'].map((name) => lstat(join(folder, name)).catch(() => undefined)),
  );
  const user = userNumber();
  if (!config?.isFile() || head === undefined || inside !== undefined || basename(folder) === '.git')
    return {};
  if (user !== undefined && (config.uid !== user || (await lstat(folder)).uid !== user)) return {};
  const bytes = await readPlain(join(folder, 'config'), MAX_CONFIG_BYTES, 'config').catch(() => undefined);
  const text = Buffer.from(bytes ?? []).toString();
  // loaded on use: few repositories are bare
  const { isGitConfigTrue, parseGitConfig } = await import('../../documents/git-config.js');
  return isGitConfigTrue(parseGitConfig(text), 'core.bare') ? { GIT_DIR: folder } : {};
}

const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Opens a folder as the source of models.
 * @throws RegError NO_REPOSITORY
 */
export async function openGitSource(path: string, around: Surroundings): Promise<SourceRepository> {
  const unreachable = (why: string): RegError =>
    new RegError(
      'NO_REPOSITORY',
      `there is no git repository at ${path}${why}`,
      'check --source, or source.repo of the link',
    );
  if (!(await isFolder(path))) throw unreachable('');
  const inside = { ...around, env: { ...withoutLocalVariables(around.env), ...(await namedBare(path)) } };
  const git = readGitIn(path, inside);
  const found = await git(['rev-parse', '--git-dir']);
  if (found.code !== 0) throw refusalOf(found.stderr, path) ?? unreachable(` (${oneLine(found.stderr)})`);
  return {
    objects: gitObjects(git, streamGitIn(path, unhurried(inside)), {
      isLasting: around.isLasting,
      write: writeGitIn(path, unhurried(inside)),
    }),
    history: gitHistory(git),
    largeFiles: gitLargeFiles(path, inside),
    tips: () => listTips(ownAccess(git, path)),
    defaultBranch: () => readHead(ownAccess(git, path)),
  };
}

/**
 * A remote, with the git program.
 * @param objects those of the repository here, which a fetch adds to
 * @param side which address is read, where fetches and pushes have different ones
 * @param isMirror whether git pushes all refs to it, unless its command line says otherwise
 */
export function gitRemote(
  access: RemoteAccess,
  objects: Objects,
  history: History,
  side: RemoteSide = 'fetch',
  isMirror = async (): Promise<boolean> => false,
): Remote {
  const read = async (): Promise<RemoteAccess> => (side === 'push' ? access.whereToPush() : access);
  return {
    listTags: async () => listRemoteTags(await read()),
    listArtifacts: async (artifacts) => listRemoteArtifacts(await read(), artifacts),
    listRefs: async (patterns) => listRemoteRefs(await read(), patterns),
    fetch: async (tags) => {
      const there = await read();
      const wanted = tags.filter((tag) => !isBrokenRef(tag));
      try {
        await fetchTagObjects(there, objects, history, wanted);
      } catch (error) {
        // loaded on use: most repositories are whole, and it takes what hashes and packs
        const { hasBadRefs, restoreTagObjects } = await import('./restore.js');
        if (!(await hasBadRefs(there.git)) || (await restoreTagObjects(there, wanted)) === 0) throw error;
      }
    },
    push: async (refs, ...turns) => push(access, refs, turns, await isMirror()),
  };
}

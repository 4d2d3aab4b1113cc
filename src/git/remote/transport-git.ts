import { Readable } from 'node:stream';
import { RegError } from '../../errors.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { once } from '../../util/async.js';
import type { LargeFiles, RegistryRepository, RepositoryInspector, SourceRepository } from '../port.js';
import { gitBranches, gitHistory, gitInspector } from '../program/history.js';
import { gitLargeFiles } from '../program/lfs.js';
import { gitObjects } from '../program/objects.js';
import { listRemoteTags, listTips, type RemoteAccess, remoteFailed } from '../program/remote.js';
import { gitTagRemote } from '../program/repository.js';
import {
  type GitResult,
  gitIn,
  type RunGit,
  readGitIn,
  requireGit,
  type StreamGit,
  type Surroundings,
  streamGitIn,
  withoutLocalVariables,
  withSettings,
} from '../program/run.js';
import { gitSignatures, gitSigner } from '../program/signatures.js';
import { gitTags } from '../program/tags.js';
import { gitTagWriter } from '../program/write.js';
import { type CacheFolder, openRemoteCache, type RemoteCache } from './cache.js';
import {
  type FolderReader,
  type RemoteReader,
  readRemote,
  type Transport,
  type Wants,
} from './repository.js';

/**
 * Opens the repository at a URL without cloning it: tags are read from the remote each time, objects are fetched when they
 * are needed and kept in the cache. No ref is kept there, so that a write is a push.
 */
export function openUrlRepository(url: string, cache: string, around: Surroundings): RegistryRepository {
  const { tags, reader, largeFiles, runner, folder } = openReader(url, cache, around);
  const { git, access } = runner;
  const inspector: RepositoryInspector = {
    isShallow: async () => false,
    // what a remote's tags lead to is there: no push without it is accepted
    objectTypes: async () => new Map(),
    // changes are listed in a work tree, and there is none at a URL
    mergeBase: async () => undefined,
    hasRemote: async () => true,
  };
  const { shown } = access.remote;
  return {
    url: shown,
    workTree: async () => undefined,
    commitFile: async (path) => {
      throw new RegError('NO_WORK_TREE', `${path} cannot be committed at ${shown}`, 'run it in a clone');
    },
    tags,
    ...reader,
    largeFiles,
    ...inspector,
    ...gitSignatures(git(folder)),
    ...gitTagRemote(inspector, () => access),
    fetchTags: async () => undefined,
    ...gitTagWriter(git(folder), gitSigner(git(folder), folder.path, runner.around(folder))),
    takeTurn: async (artifact) => ({ artifact, last: undefined }),
    // no ref is kept here: what the remote has done is done
    changeRefs: async (_refs, turn) =>
      turn === undefined
        ? { kind: 'done' }
        : { kind: 'lost', reason: 'a registry at a URL is written by a push alone' },
  };
}

/** Opens the repository at a URL as the source of models. */
export function openUrlSource(url: string, cache: string, around: Surroundings): SourceRepository {
  const { reader, largeFiles } = openReader(url, cache, around);
  return { ...reader, largeFiles };
}

function openReader(url: string, cacheFolder: string, around: Surroundings) {
  const cache = openRemoteCache(shownAddress(url), cacheFolder);
  const folder = cache.shared;
  const runner = openRunner(url, cache, around);
  const read = (one: CacheFolder): FolderReader => {
    const [git, stream] = [runner.read(one), runner.stream(one)];
    return {
      tags: gitTags(git, stream),
      ...gitObjects(git, stream),
      ...gitHistory(git),
      ...gitBranches(git, gitInspector(git, stream)),
    };
  };
  const { tags, ...reader }: RemoteReader = readRemote(gitTransport(runner), cache, read);
  // what a clone would call it
  const remote = { name: 'origin', url };
  const largeFiles: LargeFiles = gitLargeFiles(folder.path, runner.around(folder), remote);
  return { tags, reader, largeFiles, runner, folder };
}

/** Reaches a repository with the git program. */
const gitTransport = ({ git, access }: Runner): Transport => ({
  isVersion2: false,
  listTags: async () => listRemoteTags(access),
  listTips: () => listTips(access),
  fetch: async (wants, folder) => {
    const result = await runFetch(git(folder), wants, folder.isFresh);
    if (result.code === 0) return undefined;
    const error = remoteFailed(access.remote.shown, result);
    // a git that did not run to its end says nothing about what the server has
    if (result.code < 0) throw error;
    return error;
  },
});

/** What a remote repository is called inside its cache. */
const REMOTE = 'reg';

/** Runs git in the folders of a cache. */
interface Runner {
  git(folder: CacheFolder): RunGit;
  /** The same for questions about the folder alone. */
  read(folder: CacheFolder): RunGit;
  stream(folder: CacheFolder): StreamGit;
  around(folder: CacheFolder): Surroundings;
  /** The remote repository, as the shared folder reaches it. */
  access: RemoteAccess;
}

function openRunner(url: string, cache: RemoteCache, { env, signal }: Surroundings): Runner {
  const { path: cwd } = cache.shared;
  const newEnough = once(() => requireGit(readGitIn(cwd, { env, signal })));
  const redact = redactorOf(url);
  const around = (folder: CacheFolder): Surroundings => ({ env: variables(url, folder, env), signal });
  const checked =
    (run: RunGit): RunGit =>
    async (args, input) => {
      await cache.make();
      const [result] = await Promise.all([run(args, input), newEnough()]);
      return { ...result, stderr: redact(result.stderr) };
    };
  const git = (folder: CacheFolder): RunGit => checked(gitIn(cwd, around(folder)));
  return {
    git,
    read: (folder) => checked(readGitIn(cwd, around(folder))),
    stream: (folder) => {
      const run = streamGitIn(cwd, around(folder));
      const output = async function* (...asked: Parameters<StreamGit>): AsyncGenerator<Buffer, void> {
        await cache.make();
        yield* run(...asked);
      };
      return (...asked) => Readable.from(output(...asked), { objectMode: false });
    },
    around,
    access: { git: git(cache.shared), remote: { name: REMOTE, shown: cache.address } },
  };
}

/** The variables of git in a folder. They also name the URL, because a file would keep its password. */
const variables = (
  url: string,
  { path, objects }: CacheFolder,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv => ({
  ...withSettings(withoutLocalVariables(env), [
    [`remote.${REMOTE}.url`, url],
    // a push has to find out which commits the remote has: their files are not here to be sent
    ['push.negotiate', 'true'],
    // every fetch is kept as a pack
    ['fetch.unpackLimit', '1'],
  ]),
  GIT_DIR: path,
  GIT_OBJECT_DIRECTORY: objects,
  // missing objects are asked for here, never by git itself
  GIT_NO_LAZY_FETCH: '1',
});

async function runFetch(
  git: RunGit,
  { refspecs, filter, shallow }: Wants,
  isFresh: boolean,
): Promise<GitResult> {
  // a refspec of one short name looks stale to git, which would prune what it has just brought
  const prune = refspecs.some((refspec) => refspec.includes('*')) ? ['--prune'] : [];
  const args = [...FETCH, ...prune, ...(filter ? [`--filter=${filter}`] : [])];
  const input = refspecs.map((refspec) => `${refspec}\n`).join('');
  const run = (...depth: string[]): Promise<GitResult> => git([...args, ...depth, '--stdin', REMOTE], input);
  // with refs of last time git asks for nothing when nothing changed, but not when a depth is given
  if (!shallow || !isFresh) return run();
  const result = await run('--depth=1');
  return result.code > 0 && NO_DEPTH.test(result.stderr) ? run() : result;
}

/**
 * How git fails where it fails because of a depth: without a word when nothing matches (2.39), and in these words where the
 * server is one of plain files (its remote-curl.c) or too old (its fetch-pack.c).
 */
const NO_DEPTH = /^$|does not support shallow|shallow capabilities/;

const FETCH = [
  'fetch',
  '--progress',
  '--no-tags',
  '--no-write-fetch-head',
  // without refs everything here would look like garbage
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--refmap=',
];

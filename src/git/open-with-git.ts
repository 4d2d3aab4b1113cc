import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { WebConfig } from '../net/session.js';
import { redactorOf, shownAddress } from '../util/address.js';
import { once } from '../util/async.js';
import { isBundle, openBundleRepository } from './bundle.js';
import type { RegistryRepository, SourceOpener, Standpoint } from './port.js';
import { gitBranches, gitHistory } from './program/history.js';
import { gitLargeFiles } from './program/lfs.js';
import { reachingFrom } from './program/network.js';
import { gitObjects } from './program/objects.js';
import {
  accessTo,
  listRemoteTags,
  listTips,
  type RemoteAccess,
  readHead,
  refuseLongIds,
  remoteFailed,
} from './program/remote.js';
import { gitRemote, openGitSource } from './program/repository.js';
import {
  gitIn,
  hasFailed,
  type RunGit,
  readGitIn,
  requireGit,
  type StreamGit,
  type Surroundings,
  streamGitIn,
  withoutLocalVariables,
  withSettings,
} from './program/run.js';
import { gitSignatures, gitSigner } from './program/signatures.js';
import { gitTags } from './program/tags.js';
import { ownWebConfig } from './program/web.js';
import { gitTagWriter } from './program/write.js';
import { openRemoteCache, type RemoteCache } from './remote/cache.js';
import { type FolderReader, remoteRepository } from './remote/repository.js';
import type { CacheFolder } from './remote/transport.js';
import { fetchConfig, gitTransport, REMOTE } from './remote/transport-git.js';

export { reachingFrom } from './program/network.js';

/** How web servers are reached from where a person stands. */
export const webConfigFrom = async (standpoint: Standpoint): Promise<WebConfig> =>
  ownWebConfig(standpoint.folder, await reachingFrom(standpoint, { env: standpoint.env }));

/**
 * Opens the repository at a URL without cloning it. No ref of it is kept in the cache, so that a write is a push.
 * @param offline answers with what was asked before, and asks nothing
 */
export function openUrlRepository(
  url: string,
  cache: string,
  around: Surroundings,
  offline = false,
): RegistryRepository {
  const { remote, largeFiles, runner, folder } = openRemote(url, cache, around, offline);
  const git = runner.git(folder);
  return {
    ...remote,
    largeFiles,
    signatures: gitSignatures(git),
    remote: (_name, side) => {
      const { access } = runner;
      const there = gitRemote(access, remote.objects, remote.history, side);
      // objects come when they are read, but only from the address that fetches come from
      const isElsewhere = async (): Promise<boolean> =>
        side === 'push' && (await access.whereToPush()) !== access;
      return { ...there, fetch: async (tags) => ((await isElsewhere()) ? there.fetch(tags) : undefined) };
    },
    writer: {
      ...gitTagWriter(git, gitSigner(git, folder.path, runner.around(folder))),
      turn: async (artifact) => ({ artifact, last: undefined }),
      // no ref is kept here: what the remote has done is done
      change: async (_refs, ...turns) =>
        turns.length === 0
          ? { kind: 'done' }
          : { kind: 'lost', reason: 'a registry at a URL is written by a push alone' },
      commitFile: async (path) => {
        throw new RegError(
          'NO_WORK_TREE',
          `${path} cannot be committed at ${remote.address}`,
          'run it in a clone',
        );
      },
      chooseRemote: async () => {
        throw new RegError(
          'NO_CLONE',
          `${remote.address} has no remotes to choose from`,
          'run it in a clone',
        );
      },
    },
  };
}

/** Opens source repositories with the git program: a folder or a bundle of this machine where it is, a URL through the cache. */
export const openSources = (cache: string, around: Surroundings): SourceOpener => ({
  openSource: async (location) => {
    if (location.kind === 'path')
      return (await isBundle(location.path))
        ? openBundleRepository(location.path, cache, around)
        : openGitSource(location.path, around);
    const { remote, largeFiles } = openRemote(location.url, cache, around);
    return { ...remote, largeFiles };
  },
});

function openRemote(url: string, cacheFolder: string, around: Surroundings, offline = false) {
  const cache = openRemoteCache(shownAddress(url), cacheFolder);
  const folder = cache.shared;
  const runner = openRunner(url, cache, around);
  const { access } = runner;
  const transport = gitTransport({
    run: (one, args, input) => runner.git(one)(args, input),
    failed: (result) => remoteFailed(cache.address, result),
    listTags: async () => refuseLongIds(await listRemoteTags(access), cache.address),
    tips: () => listTips(access),
    defaultBranch: () => readHead(access),
  });
  const readers = new Map<string, FolderReader>();
  const read = (one: CacheFolder): FolderReader => {
    // the processes behind one are to last
    const known = readers.get(one.path);
    if (known !== undefined) return known;
    const [git, stream] = [runner.read(one), runner.stream(one)];
    const [objects, history] = [gitObjects(git, stream, { isLasting: around.isLasting }), gitHistory(git)];
    const branches = gitBranches(git, objects, history);
    const reader = { tags: gitTags(git, stream), objects, history, branches };
    if (around.isLasting && one.path === folder.path) readers.set(one.path, reader);
    return reader;
  };
  const remote = remoteRepository(transport, cache, read, offline);
  // what a clone would call it
  const largeFiles = gitLargeFiles(folder.path, runner.around(folder), { name: 'origin', url });
  return { remote, largeFiles, runner, folder };
}

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

function openRunner(url: string, cache: RemoteCache, { env, signal, isLasting }: Surroundings): Runner {
  const { path: cwd } = cache.shared;
  const newEnough = once(() => requireGit(readGitIn(cwd, { env, signal })));
  const redact = redactorOf(url);
  const around = ({ path, objects }: CacheFolder): Surroundings => ({
    env: {
      ...withSettings(withoutLocalVariables(env), fetchConfig(url)),
      GIT_DIR: path,
      GIT_OBJECT_DIRECTORY: objects,
      // missing objects are asked for here, never by git itself
      GIT_NO_LAZY_FETCH: '1',
    },
    signal,
    isLasting,
  });
  const checked =
    (run: RunGit): RunGit =>
    async (args, input) => {
      await cache.make();
      const result = await run(args, input);
      if (hasFailed(result)) await newEnough();
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
    access: accessTo(git(cache.shared), { name: REMOTE, shown: cache.address }),
  };
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { redactorOf, shownAddress } from '../../../util/address.js';
import { once } from '../../../util/async.js';
import type { LargeFiles } from '../../port.js';
import { binaryLargeFiles } from '../../program/lfs.js';
import { type NamedRemote, remoteFailed } from '../../program/remote.js';
import {
  type GitResult,
  gitIn,
  type RunGit,
  requireGit,
  type StreamGit,
  type Surroundings,
  streamGitIn,
  withoutLocalVariables,
} from '../../program/run.js';
import { borrowFolder, makeBareFolder, sharePacks } from './bare-folder.js';

/** What a remote repository is called inside its cache. */
const REMOTE = 'reg';

/** The refspecs of all branches and tags. */
export const EVERYTHING = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const;

/** What to ask a remote repository for. */
export interface Wants {
  /** Refspecs of git-fetch(1); an object id alone is one too. */
  refspecs: readonly string[];
  /** What to leave out; a server that cannot filter sends more. */
  filter: 'tree:0' | 'blob:none' | undefined;
  /** Leaves out the history of what is wanted. */
  shallow: boolean;
  /** Keeps the refs that came, so that the next fetch of that name asks for the changes alone. */
  keptAs?: string;
  /**
   * Does not look at the objects that are here already. Git takes a commit that is here for one whose history is here too,
   * and with what other fetches left out it is not.
   */
  apart?: boolean;
}

/**
 * The objects of one remote repository that were asked for so far. Objects never change, so any number of processes may
 * share them; refs do, so none is kept but what makes the next fetch smaller, and names are always the remote's own.
 */
export interface ObjectCache {
  /** Runs git over these objects. */
  git: RunGit;
  /** Where they are, and what git gets as its surroundings there. */
  folder: string;
  around: Surroundings;
  /** Runs git over them for what may be large. */
  stream: StreamGit;
  /** What following pointers to large files takes; those that git-lfs brings are kept here too. */
  largeFiles: LargeFiles;
  /** The remote repository, as `git` knows it. */
  remote: NamedRemote;
  /**
   * Asks the remote repository, and lets `read` look at the refs that came.
   * @throws RegError REMOTE_FAILED
   */
  fetch<T>(wants: Wants, read: (git: RunGit) => Promise<T>): Promise<T>;
}

/** Opens the cache of a repository at a URL; nothing happens before the first question. */
export function openObjectCache(url: string, cache: string, around: Surroundings): ObjectCache {
  const shown = shownAddress(url);
  const folder = join(cache, 'repositories', `${hash(shown)}.git`);
  const made = once(() => makeBareFolder(folder, shown));
  const newEnough = once(() => requireGit(gitIn(folder, around)));
  const gitOf = (dir: string, objects = join(folder, 'objects')): RunGit => {
    const git = gitIn(folder, { ...around, env: environment(url, dir, objects, around.env) });
    const redact = redactorOf(url);
    return async (args, input) => {
      await made();
      const [result] = await Promise.all([git(args, input), newEnough()]);
      return { ...result, stderr: redact(result.stderr) };
    };
  };
  const fetch: ObjectCache['fetch'] = async (wants, read) => {
    await made();
    const name = wants.keptAs === undefined ? undefined : hash(wants.keptAs);
    const borrowed = await borrowFolder(join(folder, 'fetching'), name);
    try {
      const git = gitOf(borrowed.path, wants.apart ? join(borrowed.path, 'objects') : undefined);
      const result = await runFetch(git, wants, borrowed.isFresh);
      if (result.code === 0) {
        if (wants.apart) await sharePacks(borrowed.path, folder);
        const answer = await read(git);
        await borrowed.giveBack();
        return answer;
      }
      // a git that ran to its end may have stumbled over what was kept
      if (borrowed.isFresh || result.code < 0) throw remoteFailed(shown, result);
    } finally {
      await borrowed.drop();
    }
    return fetch(wants, read);
  };
  const here = { ...around, env: environment(url, folder, join(folder, 'objects'), around.env) };
  const stream = streamGitIn(folder, here);
  // what a clone would call it
  const largeFiles = binaryLargeFiles(folder, here, { name: 'origin', url });
  return {
    git: gitOf(folder),
    folder,
    around: here,
    stream,
    largeFiles,
    remote: { name: REMOTE, shown },
    fetch,
  };
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

/**
 * The URL is told to git by its environment, because a file would keep its password. Git reads GIT_CONFIG_KEY_0 and so on
 * (git-config(1)); those of the user stay.
 */
function environment(url: string, dir: string, objects: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = [
    [`remote.${REMOTE}.url`, url],
    // a push has to find out which commits the remote has: their files are not here to be sent
    ['push.negotiate', 'true'],
    // whatever comes is kept as a pack
    ['fetch.unpackLimit', '1'],
  ];
  const count = Number(env.GIT_CONFIG_COUNT) || 0;
  const numbered = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return {
    ...withoutLocalVariables(env),
    GIT_DIR: dir,
    GIT_OBJECT_DIRECTORY: objects,
    // what is missing is asked for here, never by git behind our back
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: String(count + settings.length),
    ...Object.fromEntries(numbered),
  };
}

async function runFetch(
  git: RunGit,
  { refspecs, filter, shallow }: Wants,
  isFresh: boolean,
): Promise<GitResult> {
  const run = (...depth: string[]): Promise<GitResult> =>
    git(
      [
        ...FETCH,
        ...pruning(refspecs),
        ...(filter ? [`--filter=${filter}`] : []),
        ...depth,
        '--stdin',
        REMOTE,
      ],
      refspecs.map((refspec) => `${refspec}\n`).join(''),
    );
  // with refs of last time git asks for nothing when nothing changed, but not when a depth is given
  if (!shallow || !isFresh) return run();
  const result = await run('--depth=1');
  return result.code > 0 && NO_DEPTH.test(result.stderr) ? run() : result;
}

/**
 * How git fails where a depth is what it fails at: without a word when nothing matches (2.39), and in these words where the
 * server is one of plain files (its remote-curl.c) or too old (its fetch-pack.c).
 */
const NO_DEPTH = /^$|does not support shallow|shallow capabilities/;

const FETCH = [
  'fetch',
  '--progress',
  '--no-tags',
  '--no-write-fetch-head',
  // without refs here everything would look like garbage
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--refmap=',
];
/** A refspec of one short name looks stale to git, which would prune what it has just brought. */
const pruning = (refspecs: readonly string[]): string[] =>
  refspecs.some((refspec) => refspec.includes('*')) ? ['--prune'] : [];

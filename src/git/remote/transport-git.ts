import type { RegError } from '../../errors.js';
import type { CacheFolder, Transport, Wants } from './transport.js';

/** The name of the remote repository in git's configuration. */
export const REMOTE = 'reg';

/** The configuration of git in the folders of a cache. It is given by variables, because a file would keep the password of a URL. */
export const fetchConfig = (url: string) =>
  [
    [`remote.${REMOTE}.url`, url],
    // a push has to find out which commits the remote has: their files are not here to be sent
    ['push.negotiate', 'true'],
    // every fetch is kept as a pack
    ['fetch.unpackLimit', '1'],
  ] as const;

/** How a run of git ended; `code` is negative when git did not run to its end. */
interface Run {
  code: number;
  stderr: string;
}

/** What a transport takes of the git program. */
export interface Git<R extends Run> extends Pick<Transport, 'listTags' | 'tips' | 'defaultBranch'> {
  /** Runs git in a folder of the cache. */
  run(folder: CacheFolder, args: readonly string[], input: string): Promise<R>;
  /** The error for a fetch that failed. */
  failed(run: R): RegError;
}

/** Reaches a repository with the git program. */
export const gitTransport = <R extends Run>({
  run,
  failed,
  listTags,
  tips,
  defaultBranch,
}: Git<R>): Transport => ({
  isVersion2: false,
  listTags,
  tips,
  defaultBranch,
  fetch: async (wants, folder) => {
    const ended = await fetch((args, input) => run(folder, args, input), wants, folder.isFresh);
    // a git that did not run to its end says nothing about what the server has
    if (ended.code < 0) throw failed(ended);
    return ended.code === 0 ? undefined : failed(ended);
  },
});

async function fetch<R extends Run>(
  git: (args: readonly string[], input: string) => Promise<R>,
  { refspecs, filter, shallow }: Wants,
  isFresh: boolean,
): Promise<R> {
  // a refspec of one short name looks stale to git, which would prune what it has just brought
  const prune = refspecs.some((refspec) => refspec.includes('*')) ? ['--prune'] : [];
  const args = [...FETCH, ...prune, ...(filter ? [`--filter=${filter}`] : [])];
  const input = refspecs.map((refspec) => `${refspec}\n`).join('');
  const run = (...depth: string[]): Promise<R> => git([...args, ...depth, '--stdin', REMOTE], input);
  // with the refs of the last fetch git asks for nothing when nothing changed, but not when a depth is given
  if (!shallow || !isFresh) return run();
  const ended = await run('--depth=1');
  return ended.code > 0 && NO_DEPTH.test(ended.stderr) ? run() : ended;
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
  // without refs here everything would look like garbage
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--refmap=',
];

import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import { resolveCommit } from '../../program/objects.js';
import type { RunGit } from '../../program/run.js';
import { EVERYTHING, type ObjectCache, type Wants } from './object-cache.js';

const OID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/** The beginning of an id, or what git-describe(1) prints: nothing that a remote could look up. */
const ABBREVIATED = /^([0-9a-f]{4,64}|.*-g[0-9a-f]{4,64})$/i;
/** What no ref's name may hold (git-check-ref-format(1)). */
const NO_NAME = /[\s\0*?[\\~^:]|\.\.|@\{|^-|^$/;

/**
 * The full id of the commit that a rev names at a remote repository: a branch, a tag, HEAD, a commit id, and what follows
 * one of them, as in `main~2`; undefined when nothing does. The commit is here then.
 * @throws RegError REMOTE_FAILED
 */
export async function resolveRemoteCommit(cache: ObjectCache, rev: string): Promise<Oid | undefined> {
  const here = OID.test(rev) ? await resolveCommit(cache.git, rev) : undefined;
  if (here !== undefined) return here;
  const [, base = '', rest = ''] = /^(.*?)([~^].*)?$/s.exec(rev) ?? [];
  if (NO_NAME.test(base)) return undefined;
  const wants = [rest === '' ? tip(base) : history(base)];
  if (ABBREVIATED.test(base)) wants.push(EVERY_COMMIT);
  for (const want of wants) {
    const asked = want === EVERY_COMMIT ? rev : `${WANTED}${rest}`;
    const found = await attempt(cache, want, (git) => resolveCommit(git, asked));
    if (found !== undefined) return found;
  }
  // a rev that is not there and a remote that cannot be reached fail alike; this fails with the second alone
  await cache.fetch({ ...NOTHING, refspecs: [`+${WANTED}/*:${WANTED}/*`] }, async () => {});
  return undefined;
}

const NOTHING: Wants = { refspecs: [], filter: undefined, shallow: false };
const WANTED = 'refs/reg/wanted';

/** One commit, with the names of its files, because whoever asks for a commit goes on to read it. */
const tip = (name: string): Wants => ({
  refspecs: [`+${name}:${WANTED}`],
  filter: 'blob:none',
  shallow: true,
});
/** A commit and all that led to it, without files. */
const history = (name: string): Wants => ({
  refspecs: [`+${name}:${WANTED}`],
  filter: 'tree:0',
  shallow: false,
  apart: true,
  keptAs: `${name} and before`,
});
const EVERY_COMMIT: Wants = {
  refspecs: EVERYTHING,
  filter: 'tree:0',
  shallow: false,
  apart: true,
  keptAs: 'every commit',
};

async function attempt(
  cache: ObjectCache,
  wants: Wants,
  read: (git: RunGit) => Promise<Oid | undefined>,
): Promise<Oid | undefined> {
  try {
    return await cache.fetch(wants, read);
  } catch (error) {
    if (error instanceof RegError && error.code === 'REMOTE_FAILED') return undefined;
    throw error;
  }
}

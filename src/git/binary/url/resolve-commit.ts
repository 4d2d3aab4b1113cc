import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import { binaryObjectReader } from '../objects.js';
import type { RunGit } from '../run-git.js';
import { EVERYTHING, type ObjectCache, type Wants } from './object-cache.js';

const OID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const ABBREVIATED = /^[0-9a-f]{4,64}$/;
/** What no ref's name may hold (git-check-ref-format(1)). */
const NO_NAME = /[\s*?[\\~^:]|\.\.|@\{|^-|^$/;

/**
 * The full id of the commit that a rev names at a remote repository: a branch, a tag, HEAD, a commit id, and what follows
 * one of them, as in `main~2`; undefined when nothing does.
 * @throws RegError REMOTE_FAILED
 */
export async function resolveRemoteCommit(cache: ObjectCache, rev: string): Promise<Oid | undefined> {
  if (OID.test(rev) && (await isCommitHere(cache, rev))) return rev;
  const [, base = '', rest = ''] = /^(.*?)([~^].*)?$/s.exec(rev) ?? [];
  if (NO_NAME.test(base)) return undefined;
  // with the files' names, because whoever asks for a commit goes on to read it
  const wants = [rest === '' ? tip(base) : history(base)];
  if (ABBREVIATED.test(base)) wants.push(EVERY_COMMIT);
  for (const want of wants) {
    const found = await attempt(cache, want, async (git) => {
      const { resolveCommit } = binaryObjectReader(git);
      return want === EVERY_COMMIT ? resolveCommit(rev) : resolveCommit(`${WANTED}${rest}`);
    });
    if (found !== undefined) return found;
  }
  // a rev that is not there and a remote that cannot be reached fail alike; this fails with the second alone
  await cache.fetch(
    { refspecs: [`+${WANTED}/*:${WANTED}/*`], filter: undefined, shallow: false },
    async () => {},
  );
  return undefined;
}

const WANTED = 'refs/reg/wanted';
const tip = (name: string): Wants => ({
  refspecs: [`+${name}:${WANTED}`],
  filter: 'blob:none',
  shallow: true,
});
const history = (name: string): Wants => ({
  refspecs: [`+${name}:${WANTED}`],
  filter: 'tree:0',
  shallow: false,
});
const EVERY_COMMIT: Wants = {
  refspecs: EVERYTHING,
  filter: 'tree:0',
  shallow: false,
};

const isCommitHere = async ({ git }: ObjectCache, oid: Oid): Promise<boolean> =>
  (await git(['cat-file', '-e', `${oid}^{commit}`])).code === 0;

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

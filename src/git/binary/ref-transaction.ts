import type { RunGit } from '../program/run.js';
import type { RefChange } from './ref-change.js';
import { runPastLocks } from './stale-locks.js';

/** Changes refs in one transaction, all or none. Gives what git said when it was none. */
export async function updateRefs(git: RunGit, changes: readonly RefChange[]): Promise<string | undefined> {
  const input = changes.map(command).join('');
  const locks = changes.map(({ refName }) => `${refName}.lock`);
  const result = await runPastLocks(git, locks, () => git(['update-ref', '--stdin', '-z'], input));
  return result.code === 0 ? undefined : result.stderr;
}

/** A missing value means that anything may be there (git-update-ref(1), -z). */
function command({ refName, from, to }: RefChange): string {
  if (to === undefined) return `delete ${refName}\0${from}\0`;
  if (from === undefined) return `create ${refName}\0${to}\0`;
  return `update ${refName}\0${to}\0${from === 'anything' ? '' : from}\0`;
}

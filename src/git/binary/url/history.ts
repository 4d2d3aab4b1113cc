import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import type { HistoryReader } from '../../port.js';
import { binaryHistory } from '../../program/history.js';
import type { RunGit } from '../../program/run.js';
import { EVERYTHING, type ObjectCache, type Wants } from './object-cache.js';

/** Reads the history of a remote repository: commits without their files, kept so that the next time only new ones come. */
export function urlHistory(cache: ObjectCache): HistoryReader {
  return {
    commitsBetween: (from, to, most) =>
      withHistory(cache, [from, to], (git) => binaryHistory(git).commitsBetween(from, to, most)),
  };
}

/**
 * Brings these commits with all that led to them, and looks at them.
 * @throws RegError REMOTE_FAILED
 */
export async function withHistory<T>(
  cache: ObjectCache,
  commits: readonly Oid[],
  read: (git: RunGit) => Promise<T>,
): Promise<T> {
  const refspecs = commits.map((oid) => `+${oid}:refs/reg/history/${oid}`);
  try {
    return await cache.fetch({ ...COMMITS, refspecs, keptAs: 'history' }, read);
  } catch (error) {
    if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
    // an old server gives away nothing but what its refs hold
    return cache.fetch({ ...COMMITS, refspecs: EVERYTHING, keptAs: 'every commit' }, read);
  }
}

const COMMITS: Omit<Wants, 'refspecs'> = { filter: 'tree:0', shallow: false, apart: true };

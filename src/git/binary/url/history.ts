import { RegError } from '../../../errors.js';
import type { HistoryReader } from '../../port.js';
import { binaryHistory } from '../history.js';
import { EVERYTHING, type ObjectCache, type Wants } from './object-cache.js';

/** Reads the history of a remote repository: commits without their files, kept so that the next time only new ones come. */
export function urlHistory(cache: ObjectCache): HistoryReader {
  return {
    commitsBetween: async (from, to, most) => {
      const between = (refspecs: readonly string[], keptAs: string) =>
        cache.fetch({ ...COMMITS, refspecs, keptAs }, (git) =>
          binaryHistory(git).commitsBetween(from, to, most),
        );
      try {
        return await between(
          [from, to].map((oid) => `+${oid}:refs/reg/history/${oid}`),
          'history',
        );
      } catch (error) {
        if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
        // an old server gives away nothing but what its refs hold
        return between(EVERYTHING, 'every commit');
      }
    },
  };
}

const COMMITS: Omit<Wants, 'refspecs'> = { filter: 'tree:0', shallow: false, apart: true };

import type { Oid } from '../domain/event.js';
import { formatTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import type { HistoryReader, LoggedCommit } from '../git/port.js';
import type { CommitLog, LogRow } from './rows.js';

/**
 * Lists the commits between two others, at most so many each way; null when both are the same. A repository that cannot be
 * asked is no failure.
 */
export async function logBetween(
  open: () => Promise<HistoryReader>,
  from: Oid,
  to: Oid,
  most: number,
): Promise<CommitLog | null> {
  if (from === to) return null;
  const none = (problem: string): CommitLog => ({ from, to, added: [], removed: [], more: false, problem });
  try {
    const history = await open();
    // not at once: both may have to fetch the same
    const added = await history.commitsBetween(from, to, most + 1);
    const removed = added && (await history.commitsBetween(to, from, most + 1));
    if (added === undefined || removed === undefined) return none('the history is not here as a whole');
    return {
      from,
      to,
      added: added.slice(0, most).map(rowOf),
      removed: removed.slice(0, most).map(rowOf),
      more: added.length > most || removed.length > most,
      problem: null,
    };
  } catch (error) {
    if (error instanceof RegError && error.code !== 'INTERRUPTED') return none(error.message);
    throw error;
  }
}

/** The last second that a date of JavaScript can be; a commit may claim a later one. */
const LAST = 8.64e12;

const rowOf = ({ commit, time, author, email, subject }: LoggedCommit): LogRow => ({
  commit,
  time: formatTime(Math.min(time, LAST)),
  author,
  email,
  subject,
});

import type { Oid } from '../../domain/event.js';
import type { HistoryReader, LoggedCommit } from '../port.js';
import type { Objects } from './found-object.js';

/** Reads history without the git program. */
export function embeddedHistory(read: Objects['read'], isCutOff: () => Promise<boolean>): HistoryReader {
  const readCommit = commitReader(read);
  return {
    commitsBetween: async (from, to, most) =>
      (await isCutOff()) ? undefined : (await walkBetween(readCommit, from, to))?.slice(0, most),
  };
}

const commitReader =
  (read: Objects['read']) =>
  async (oid: Oid): Promise<ReadCommit | undefined> => {
    const found = await read(oid);
    return found?.type === 'commit' ? parseCommit(oid, found.bytes) : undefined;
  };

/** The newest commit that leads to two others; undefined when there is none, or the way to it is cut off. */
export async function mergeBase(read: Objects['read'], one: Oid, other: Oid): Promise<Oid | undefined> {
  const readCommit = commitReader(read);
  const own = new Set<Oid>();
  await walkBack(readCommit, one, ({ commit }) => {
    own.add(commit);
    return false;
  });
  return walkBack(readCommit, other, ({ commit }) => own.has(commit));
}

/** Walks from a commit into the past, newest first, as far as commits are there, until one is what is looked for. */
async function walkBack(
  read: (oid: Oid) => Promise<ReadCommit | undefined>,
  start: Oid,
  isWanted: (commit: ReadCommit) => boolean,
): Promise<Oid | undefined> {
  const queue = new Map<Oid, ReadCommit>();
  const seen = new Set<Oid>();
  const add = async (oid: Oid): Promise<void> => {
    if (seen.has(oid)) return;
    seen.add(oid);
    const found = await read(oid);
    if (found) queue.set(oid, found);
  };
  await add(start);
  while (queue.size > 0) {
    const next = newest(queue);
    queue.delete(next.commit);
    if (isWanted(next)) return next.commit;
    for (const parent of next.parents) await add(parent);
  }
  return undefined;
}

/** A commit with those that it follows. */
export interface ReadCommit extends LoggedCommit {
  parents: readonly Oid[];
}

/**
 * Walks from two commits into the past, newest first, until what is left is common to both; gives what leads to `to` alone.
 * As git does without a commit graph, it takes dates for what orders commits: where they lie, some more may be listed.
 * @param read undefined for a commit that is not there
 * @returns undefined when one was not there
 */
export async function walkBetween(
  read: (oid: Oid) => Promise<ReadCommit | undefined>,
  from: Oid,
  to: Oid,
): Promise<LoggedCommit[] | undefined> {
  const wanted = new Map<Oid, LoggedCommit>();
  const past = new Set<Oid>([from]);
  const queue = new Map<Oid, ReadCommit>();
  const add = async (oid: Oid): Promise<boolean> => {
    if (queue.has(oid)) return true;
    const found = await read(oid);
    if (found) queue.set(oid, found);
    return found !== undefined;
  };
  const seen = new Set<Oid>();
  if (!(await add(from)) || !(await add(to))) return undefined;
  while ([...queue.keys()].some((oid) => !past.has(oid))) {
    const { parents, ...next } = newest(queue);
    queue.delete(next.commit);
    const isPast = past.has(next.commit);
    if (isPast) wanted.delete(next.commit);
    else wanted.set(next.commit, next);
    seen.add(next.commit);
    for (const parent of parents) {
      // one that was listed already is gone through again once it turns out to be older than `from`
      const isNews = isPast && !past.has(parent);
      if (isPast) past.add(parent);
      if ((!seen.has(parent) || isNews) && !(await add(parent))) return undefined;
    }
  }
  return [...wanted.values()];
}

function newest(queue: ReadonlyMap<Oid, ReadCommit>): ReadCommit {
  const [first, ...others] = queue.values();
  if (first === undefined) throw new Error('a queue that is not empty');
  return others.reduce((best, one) => (one.time > best.time ? one : best), first);
}

/** Reads a commit object (git-commit-tree(1)): headers up to an empty line, then the message. */
export function parseCommit(commit: Oid, bytes: Buffer): ReadCommit {
  const text = bytes.toString();
  const end = text.indexOf('\n\n');
  const header = end < 0 ? text : text.slice(0, end);
  const [subject = ''] = (end < 0 ? '' : text.slice(end + 2)).trimStart().split('\n\n', 1);
  const [, author = '', email = ''] = /^author (.*?) ?<([^>\n]*)>/m.exec(header) ?? [];
  const [, time = '0'] = /^committer .*> (-?\d+)/m.exec(header) ?? [];
  return {
    commit,
    time: Number(time),
    author,
    email,
    subject: subject.trim().replaceAll(/\s*\n\s*/g, ' '),
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, oid = '']) => oid),
  };
}

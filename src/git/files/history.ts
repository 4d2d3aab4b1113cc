import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import type { LoggedCommit } from '../port.js';
import type { ObjectStore } from './objects.js';
import { textOf } from './place.js';

type Read = ObjectStore['read'];

/** A commit with its parents. */
export interface ReadCommit extends LoggedCommit {
  parents: readonly Oid[];
}

/** Reads a commit; undefined where it is missing, or the object is not a commit. */
export async function readCommit(read: Read, oid: Oid): Promise<ReadCommit | undefined> {
  const found = await read(oid);
  return found?.type === 'commit' ? parseCommit(oid, found.bytes) : undefined;
}

/** Parses a commit object (git-commit-tree(1)): headers up to an empty line, then the message. */
function parseCommit(commit: Oid, bytes: Buffer): ReadCommit {
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

/**
 * The commits that lead to `to` and not to `from`, newest first. Walks from both into the past, newest first, until all that is
 * left is common to both. As git does without a commit graph, it orders commits by their dates: with wrong dates some more may
 * be listed.
 * @returns undefined when a commit is missing
 */
export async function commitsBetween(read: Read, from: Oid, to: Oid): Promise<LoggedCommit[] | undefined> {
  const wanted = new Map<Oid, LoggedCommit>();
  const past = new Set<Oid>([from]);
  const queue = new Map<Oid, ReadCommit>();
  const add = async (oid: Oid): Promise<boolean> => {
    if (queue.has(oid)) return true;
    const found = await readCommit(read, oid);
    if (found) queue.set(oid, found);
    return found !== undefined;
  };
  const seen = new Set<Oid>();
  if (!(await add(from)) || !(await add(to))) return undefined;
  while ([...queue.keys()].some((oid) => !past.has(oid))) {
    const { parents, ...next } = takeNewest(queue);
    const isPast = past.has(next.commit);
    if (isPast) wanted.delete(next.commit);
    else wanted.set(next.commit, next);
    seen.add(next.commit);
    for (const parent of parents) {
      // a commit that was listed is visited again once it turns out to be older than `from`
      const isNews = isPast && !past.has(parent);
      if (isPast) past.add(parent);
      if ((!seen.has(parent) || isNews) && !(await add(parent))) return undefined;
    }
  }
  return [...wanted.values()];
}

/** The newest commit that leads to two others; undefined without one, or where the history up to it is missing. */
export async function mergeBase(read: Read, one: Oid, other: Oid): Promise<Oid | undefined> {
  const ancestors = new Set<Oid>();
  for await (const { commit } of ancestorsOf(read, one)) ancestors.add(commit);
  for await (const { commit } of ancestorsOf(read, other)) if (ancestors.has(commit)) return commit;
  return undefined;
}

/** A commit and all before it, newest first, as far as they are there. */
async function* ancestorsOf(read: Read, start: Oid): AsyncGenerator<ReadCommit, void> {
  const queue = new Map<Oid, ReadCommit>();
  const seen = new Set<Oid>();
  const add = async (oid: Oid): Promise<void> => {
    if (seen.has(oid)) return;
    seen.add(oid);
    const found = await readCommit(read, oid);
    if (found) queue.set(oid, found);
  };
  await add(start);
  while (queue.size > 0) {
    const next = takeNewest(queue);
    yield next;
    for (const parent of next.parents) await add(parent);
  }
}

function takeNewest(queue: Map<Oid, ReadCommit>): ReadCommit {
  const [first, ...others] = queue.values();
  if (first === undefined) throw new Error('the queue is empty');
  const newest = others.reduce((best, one) => (one.time > best.time ? one : best), first);
  queue.delete(newest.commit);
  return newest;
}

/** The commits at which history was cut off when it was fetched, one a line (gitrepository-layout(5), `shallow`). */
export async function readShallow(commonDir: string): Promise<ReadonlySet<Oid>> {
  return new Set(((await textOf(join(commonDir, 'shallow'))) ?? '').split('\n').filter(Boolean));
}

/** Adds commits at which history is cut off. */
export async function addShallow(commonDir: string, commits: readonly Oid[]): Promise<void> {
  if (commits.length === 0) return;
  const all = new Set([...(await readShallow(commonDir)), ...commits]);
  await writeFile(join(commonDir, 'shallow'), [...all].map((oid) => `${oid}\n`).join(''));
}

import { setTimeout as sleep } from 'node:timers/promises';
/** How long other work of this thread may wait, in milliseconds. */
const TURN_MS = 50;
let turnEnds = 0;

/** Lets other work of this thread run where it has waited for a while: timers, signals, progress. */
export async function turn(): Promise<void> {
  if (performance.now() < turnEnds) return;
  await new Promise((resolve) => setImmediate(resolve));
  turnEnds = performance.now() + TURN_MS;
}

/** A function that makes something at its first call and gives the same promise at every later one. After a failure it tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    if (made === undefined) {
      const making = make();
      made = making;
      making.catch(() => {
        if (made === making) made = undefined;
      });
    }
    return made;
  };
}

/** Such a function that makes it again once it is older than so many milliseconds. */
export function remembered<T>(most: number, make: () => Promise<T>): () => Promise<T> {
  let made = once(make);
  let since = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - since > most) {
      made = once(make);
      since = now;
    }
    return made();
  };
}

/** How `memoize` remembers. */
export interface MemoizeOptions {
  /** How many answers are remembered; the one that was asked for the longest time ago is forgotten first. All by default. */
  most?: number;
  /** Whether a failure is an answer like any other; by default it is asked again. */
  keepFailures?: boolean;
}

/** A function that asks once for each value and gives the same promise at every later call. Objects are compared by their JSON. */
export function memoize<K, T>(
  ask: (value: K) => Promise<T>,
  { most = Number.POSITIVE_INFINITY, keepFailures = false }: MemoizeOptions = {},
): (value: K) => Promise<T> {
  const answers = new Map<unknown, Promise<T>>();
  return (value) => {
    const key = typeof value === 'object' ? JSON.stringify(value) : value;
    const answer = answers.get(key) ?? ask(value);
    // behind all others, as the one that was asked for last
    answers.delete(key);
    answers.set(key, answer);
    if (!keepFailures)
      answer.catch(() => {
        if (answers.get(key) === answer) answers.delete(key);
      });
    const [oldest] = answers.keys();
    if (answers.size > most) answers.delete(oldest);
    return answer;
  };
}

/**
 * Does some work on each item, on at most so many at a time. Results are in the order of the items. After a failure, which is
 * thrown, no further item is begun.
 */
export async function mapAtMost<T, R>(
  most: number,
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  // one iterator for all workers; a loop that throws closes it
  const waiting = numbered(items);
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}

function* numbered<T>(items: Iterable<T>): Generator<[number, T]> {
  let index = 0;
  for (const item of items) yield [index++, item];
}

/** Lets no more than so many of the calls that go through it run at the same time. */
export function limiter(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const running = new Set<Promise<unknown>>();
  return async (run) => {
    while (running.size >= most) await Promise.race(running).catch(() => undefined);
    const mine = run().finally(() => running.delete(mine));
    running.add(mine);
    return mine;
  };
}

/** How often something is tried, and what lies between two attempts. */
export interface Retry {
  /** At most so many attempts. */
  attempts: number;
  /** After so long no attempt begins. */
  deadlineMs: number;
  /** The longest pause after an attempt; the first attempt has number 1. */
  longestPauseMs: (attempt: number) => number;
}

/** What attempts depend on outside. */
export interface RetryClock {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Ends a pause early; the next step notices the interruption. */
  signal?: AbortSignal | undefined;
}

/**
 * The numbers of the attempts at something, from 1 on, until the last attempt or the deadline. Before each attempt but the
 * first comes a pause of random length, which lets processes come apart that are in each other's way.
 */
export async function* attempts(
  { attempts: most, deadlineMs, longestPauseMs }: Retry,
  { now, signal }: RetryClock,
): AsyncGenerator<number> {
  const start = now();
  for (let attempt = 1; ; attempt += 1) {
    yield attempt;
    if (attempt === most || now() - start > deadlineMs) return;
    await sleep(Math.random() * longestPauseMs(attempt), undefined, { signal }).catch(() => undefined);
  }
}

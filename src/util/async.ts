import { setTimeout as sleep } from 'node:timers/promises';

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

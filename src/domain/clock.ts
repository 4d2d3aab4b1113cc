import type { Event } from './event.js';

// Dates come from the clocks of those who write (docs/specification.md, 2 Order of events).

/** How many seconds a date may be ahead of a clock before it is named: ten minutes. */
export const MOST_AHEAD_S = 10 * 60;

/** The last second that the date of a tag may have, and that a JavaScript Date can hold (ECMA-262, time values). */
export const LAST_SECOND = 8.64e12;

/** The newest date among events, in seconds since the epoch; -Infinity without any. */
export const newestDate = (events: readonly Event[]): number =>
  events.reduce((newest, { date }) => Math.max(newest, date), Number.NEGATIVE_INFINITY);

/**
 * The events whose date is ahead of a clock. A writer dates a tag after the newest one, so those that only follow one that is
 * ahead are left out.
 * @param events of one artifact, oldest first
 * @param now seconds since the epoch
 */
export function datedAhead<T extends Event>(events: readonly T[], now: number): T[] {
  let newest = Number.NEGATIVE_INFINITY;
  return events.filter(({ date }) => {
    const isAhead = date > Math.max(now + MOST_AHEAD_S, newest + 1);
    newest = Math.max(newest, date);
    return isAhead;
  });
}

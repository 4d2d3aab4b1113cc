import type { Event } from './event.js';
import type { EventKind } from './tag-name.js';

/** An event in its place among the events of its artifact (docs/specification.md, 2 Order of events). */
export type OrderedEvent = Event & {
  /** Effective time, in seconds since the epoch. */
  time: number;
  /** Position in the total order, 0 for the oldest. */
  place: number;
};

interface Timed {
  event: Event;
  time: number;
}

const KIND_ORDER: Record<EventKind, number> = {
  deprecation: 0,
  registration: 1,
  deregistration: 2,
  assignment: 3,
  unassignment: 4,
};

/**
 * Puts the events of one artifact in their total order (docs/specification.md, 2 Order of events), oldest first. Each gets
 * its effective time.
 * Clocks are trusted only as far as counters do not contradict them; the order of `events` never matters.
 */
export function inOrder(events: readonly Event[]): OrderedEvent[] {
  const counted = events.filter((event) => event.counter !== undefined).sort(byCounter);
  const timed: Timed[] = [];
  for (const event of events) if (event.counter === undefined) timed.push({ event, time: event.date });
  let time = Number.NEGATIVE_INFINITY;
  for (const event of counted) {
    time = Math.max(event.date, time);
    timed.push({ event, time });
  }
  return timed.sort(byTime).map(({ event, time }, place) => ({ ...event, time, place }));
}

/** Orders events of several artifacts by effective time; what one artifact's order settles, stays. */
export function mergeOrdered<T extends OrderedEvent>(artifacts: Iterable<readonly T[]>): T[] {
  return [...artifacts]
    .flat()
    .sort((a, b) => a.time - b.time || byCounter(a, b) || compareText(a.artifact, b.artifact));
}

const byTime = (a: Timed, b: Timed): number => a.time - b.time || byCounter(a.event, b.event);

/** Uncounted before counted, then counter, own date, kind, tag name and tag oid. */
function byCounter(a: Event, b: Event): number {
  return (
    (a.counter ?? -1) - (b.counter ?? -1) ||
    a.date - b.date ||
    KIND_ORDER[a.kind] - KIND_ORDER[b.kind] ||
    compareText(a.tag, b.tag) ||
    compareText(a.tagOid, b.tagOid)
  );
}

/** Orders texts by code unit, whatever the locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

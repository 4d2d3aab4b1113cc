import { short } from '../util/oid.js';
import type { Rewritten } from './acceptance.js';
import type { ArtifactState, ResolvedEvent } from './artifact.js';
import type { Event, NamedEvent, Oid } from './event.js';
import type { Version } from './version.js';

/** A gap in the history of an artifact. */
export interface Break {
  /** The event that shows it. */
  event: ResolvedEvent;
  message: string;
  /** Of a break in the chain: what it takes to accept it. */
  rewritten?: Rewritten;
}

/** The tag objects that events name as their predecessors, or that were accepted in their place, and that no tag holds any more. */
export function goneParents({ events }: ArtifactState, accepted: readonly Rewritten[] = []): Oid[] {
  const held = new Set(events.map(({ tagOid }) => tagOid));
  const named = [
    ...events.map(({ parent }) => parent),
    ...accepted.flatMap(({ event, now }) => (held.has(event) ? now : undefined)),
  ];
  return named.flatMap((oid) => (oid === undefined || held.has(oid) ? [] : [oid]));
}

/** An event that names what is not here; `parent` where that is the event before it, else it is its version. */
export interface Gap {
  event: Event;
  parent: Oid | undefined;
}

/** More events than these are looked up in sets: to make one of a large artifact takes longer than a few searches. */
const FEW = 4;

/**
 * The events that name an event before them, or a version, that is not here.
 * @param read events whose objects are known
 * @param all every event of the artifact
 */
export function gapsIn(read: readonly Event[], all: readonly NamedEvent[]): Gap[] {
  const isFew = read.length <= FEW;
  const held = isFew ? undefined : new Set(all.map(({ tagOid }) => tagOid));
  const versions = isFew ? undefined : new Set(all.flatMap((one) => ('version' in one ? one.version : [])));
  const isHere = (oid: Oid): boolean => held?.has(oid) ?? all.some(({ tagOid }) => tagOid === oid);
  const isKnown = (version: Version): boolean =>
    versions?.has(version) ?? all.some((one) => 'version' in one && one.version === version);
  return read.flatMap((event): Gap[] => {
    const { parent, statedVersion } = event;
    if (parent !== undefined && !isHere(parent)) return [{ event, parent }];
    return statedVersion !== undefined && !isKnown(statedVersion) ? [{ event, parent: undefined }] : [];
  });
}

/**
 * Checks the chain of `Reg-Parent` trailers of one artifact: which tag in its history was deleted, moved or recreated. Events
 * without the trailer, such as those of gto, belong to the chain where others name them.
 * @param names the own names of objects that no tag holds any more, as far as they still exist
 * @param held what every tag holds now, by name, event or not
 * @param accepted what stands in the place of a predecessor: the chain has to hold with that
 */
export function breaksIn(
  artifact: ArtifactState,
  names: ReadonlyMap<Oid, string>,
  held: ReadonlyMap<string, Oid>,
  accepted: readonly Rewritten[] = [],
): Break[] {
  const { events } = artifact;
  // one object may be under two names, and the first of them is the one that others followed
  const places = new Map(events.map(({ tagOid, place }) => [tagOid, place] as const).reverse());
  return events.flatMap((event): Break[] => {
    const { parent, tag, tagOid, place } = event;
    if (parent === undefined || (places.get(parent) ?? place) < place) return [];
    const instead = accepted.filter((one) => one.event === tagOid && one.parent === parent);
    if (instead.some(({ now }) => now === undefined || (places.get(now) ?? place) < place)) return [];
    const last = instead.at(-1)?.now;
    const lost = last ?? parent;
    const when = last === undefined ? `when ${tag} was written` : 'when that was accepted';
    const later = events[places.get(lost) ?? -1]?.tag;
    const name = names.get(lost);
    const message =
      later !== undefined
        ? `${tag} names ${later} as the event before it, which counts as a later one`
        : name === undefined
          ? guess(events, event, lost)
          : fate(name, held.get(name), { lost, tag, when });
    return [{ event, message, rewritten: { event: tagOid, parent, now: inPlaceOf(event, events, name) } }];
  });
}

/** The event in the place of a lost one: that with its name, or the one right before. */
function inPlaceOf(
  { place }: ResolvedEvent,
  events: readonly ResolvedEvent[],
  name: string | undefined,
): Oid | undefined {
  const before = events.slice(0, place);
  return (before.find(({ tag }) => tag === name) ?? before.at(-1))?.tagOid;
}

/** Events that share a counter with an earlier one, whatever their dates (docs/specification.md, 2 Order of events). */
export function sharedCounters({ events }: ArtifactState): Break[] {
  const firsts = new Map<number, ResolvedEvent>();
  return events.flatMap((event): Break[] => {
    if (event.counter === undefined) return [];
    const first = firsts.get(event.counter);
    if (first === undefined) firsts.set(event.counter, event);
    return first === undefined
      ? []
      : [{ event, message: `it has the same counter as ${first.tag}; the dates decide which came first` }];
  });
}

/**
 * Events that do not follow the one right before them. They name an earlier one, whose writer had not seen what came in between; name
 * none although an earlier event does; or leave out a counter.
 */
export function forksIn({ events }: ArtifactState): Break[] {
  const places = new Map(events.map(({ tagOid, place }) => [tagOid, place]));
  let chained: ResolvedEvent | undefined;
  let counted: ResolvedEvent | undefined;
  return events.flatMap((event): Break[] => {
    const [before, last] = [chained, counted];
    if (event.parent !== undefined) chained = event;
    if (event.counter !== undefined) counted = event;
    const passed = (event.counter ?? 0) - (last?.counter ?? 0);
    const skipped = `its counter is ${event.counter}, and ${last?.tag ?? 'no counted tag'} comes before it`;
    const skips: Break[] = passed <= 1 ? [] : [{ event, message: skipped }];
    if (event.parent === undefined && before !== undefined)
      return [...skips, { event, message: `it names no event before it, and ${before.tag} does` }];
    const named = event.parent === undefined ? undefined : places.get(event.parent);
    // a tag object under a second name follows what it followed under its own
    if (named === undefined || named >= event.place - 1 || event.ownName !== undefined) return skips;
    const between = events[named + 1]?.tag;
    const message = `it follows ${events[named]?.tag}, and its writer had not seen ${between}`;
    return [...skips, { event, message }];
  });
}

function fate(
  name: string,
  held: Oid | undefined,
  { lost, tag, when }: { lost: Oid; tag: string; when: string },
): string {
  if (held === undefined) return `${name} was deleted: ${tag} names it as the event before it`;
  // a listing gives this id where the file of a ref holds no object id
  if (/^0+$/.test(held)) return `${name} cannot be read: ${tag} names it as the event before it`;
  return `${name} was moved or recreated: ${when} it was ${short(lost)}, and now it is ${short(held)}`;
}

/** What must have happened to a tag whose object is gone, by the events around it. */
function guess(events: readonly ResolvedEvent[], event: ResolvedEvent, lost: Oid): string {
  const gone = `${short(lost)}, the event before ${event.tag}, is gone`;
  const before = events.slice(0, event.place);
  const last = before.at(-1);
  if (last === undefined) return `${gone}: it was deleted, and it was the first`;
  const counters = before.flatMap(({ counter }) => counter ?? []);
  const missing = (event.counter ?? 0) - 1;
  const isMissing = missing > 0 && !counters.includes(missing);
  if (isMissing) return `${gone}: the tag with counter ${missing} was deleted, after ${last.tag}`;
  if (last.counter !== undefined && last.counter === missing)
    return `${gone}: ${last.tag} was moved or recreated, or a tag between the two was deleted`;
  return `${gone}: it was deleted, or ${last.tag} was moved or recreated`;
}

/**
 * The tags that were there at some time for certain. The counter of an event puts it behind others, whatever its date; an event
 * without a counter, and one that shares it, may have any date. Such a tag is certain where a certain one follows it.
 * @param isEarly whether an event came early enough, by the order of events
 */
export function tagsBefore(
  { events }: ArtifactState,
  isEarly: (event: ResolvedEvent) => boolean,
): Set<string> {
  const shared = new Set<number>();
  const counters = new Set<number>();
  for (const { counter } of events)
    if (counter !== undefined) (counters.has(counter) ? shared : counters).add(counter);
  const byOid = new Map(events.map((event) => [event.tagOid, event]));
  const before = new Set<string>();
  for (const event of events) {
    if (event.counter === undefined || shared.has(event.counter) || !isEarly(event)) continue;
    let next: ResolvedEvent | undefined = event;
    while (next !== undefined && !before.has(next.tag)) {
      before.add(next.tag);
      next = next.parent === undefined ? undefined : byOid.get(next.parent);
    }
  }
  return before;
}

import type { ArtifactState, ResolvedEvent } from './artifact.js';
import type { Event, NamedEvent, Oid } from './event.js';
import type { StageName } from './names.js';
import { inOrder, type OrderedEvent } from './order.js';
import {
  Artifact,
  COMPLETE,
  current,
  type Facts,
  isActive,
  isVersion,
  type VersionId,
  versionMoved,
} from './state.js';
import { compareVersions, type Version } from './version.js';

/** One uninterrupted time during which a version was the current one in a stage. */
export interface Interval {
  version: VersionId;
  stage: StageName;
  /** The event that made it current; its `time` is when the interval began. */
  from: ResolvedEvent;
  /** The event that ended it; undefined while it lasts. */
  until: ResolvedEvent | undefined;
}

type Events = Pick<ArtifactState, 'name' | 'events'>;

/** The intervals of one stage, oldest first, also those that began and ended in the same second. */
export function allIntervals(artifact: Events, stage: StageName): Interval[] {
  const past = new Artifact(artifact.name, true);
  const intervals: Interval[] = [];
  let open: Interval | undefined;
  for (const event of artifact.events) {
    past.add(event);
    const version = current(past, stage, COMPLETE)?.id;
    if (open?.version === version) continue;
    if (open) open.until = event;
    open = version === undefined ? undefined : { version, stage, from: event, until: undefined };
    if (open) intervals.push(open);
  }
  return intervals;
}

/**
 * The intervals that a time can name: at every moment the one that lasts is what is current as of that moment. What lasted no second
 * is left out, and what it parted is one interval again.
 */
export function intervalsIn(artifact: Events, stage: StageName): Interval[] {
  const lasting: Interval[] = [];
  for (const interval of allIntervals(artifact, stage)) {
    if (interval.until?.time === interval.from.time) continue;
    const last = lasting.at(-1);
    if (last?.version === interval.version && last.until?.time === interval.from.time)
      last.until = interval.until;
    else lasting.push(interval);
  }
  return lasting;
}

/**
 * The event since which the current version of a stage is current; undefined where none is. It is another one than the last assignment
 * where a version became current again because another one left.
 */
export function currentSince(artifact: Artifact, stage: StageName, facts: Facts): OrderedEvent | undefined {
  const events = artifact.isOrdered
    ? artifact.events
    : inOrder(facts.real(eventsAbout(artifact, stage, facts)));
  const last = intervalsIn({ name: artifact.name, events: events as ResolvedEvent[] }, stage).at(-1);
  return last?.until === undefined ? last?.from : undefined;
}

/**
 * What an event came after: of a stage the version that was current there right before, of a registration the greatest active version
 * below it then. Without an event of this name, what one would come after now.
 */
export function cameAfter(
  event: Pick<ResolvedEvent, 'kind' | 'tag' | 'of'> & { stage?: StageName | null },
  { name, events }: Events,
): VersionId | undefined {
  const past = new Artifact(name, true);
  for (const one of events) {
    if (one.tag === event.tag) break;
    past.add(one);
  }
  if (event.stage) return current(past, event.stage, COMPLETE)?.id;
  if (event.kind !== 'registration') return undefined;
  const below = [...past.versions].filter(
    (one) => isVersion(one) && compareVersions(one, event.of as Version) < 0 && isActive(past, one, COMPLETE),
  ) as Version[];
  return below.sort(compareVersions).at(-1);
}

/** The events that decide what was current in a stage at any time, and those with counters, which give them their times. */
function eventsAbout(artifact: Artifact, stage: StageName, facts: Facts): NamedEvent[] {
  const moves: Event[] = facts.real(artifact.stages.get(stage) ?? []);
  const ids = new Set(moves.map((event) => versionMoved(event, artifact, facts)));
  const commits = new Set<Oid>(['unknown', ...moves.map(({ commit }) => commit)]);
  return artifact.events.filter(
    (event) =>
      event.counter !== undefined ||
      ('stage' in event && event.stage === stage) ||
      ('version' in event && ids.has(event.version)) ||
      (event.kind === 'registration' && commits.has(event.commit)),
  );
}

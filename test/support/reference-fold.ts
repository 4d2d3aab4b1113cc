import { compareBuild } from 'semver';
import type { Event, Oid } from '../../src/domain/event.js';
import type { ArtifactName, StageName } from '../../src/domain/names.js';
import type { Version } from '../../src/domain/version.js';

// The state of an artifact, computed in the plainest way from all of its events: docs/specification.md, 2 Order and 3 State,
// sentence by sentence. It is the reference for property tests and for the differential of the built program, and shares
// nothing with the code that it judges. Change it only where the specification changes.

/** What a version is called: `v1.2.0`, or the full commit id of one that was assigned without being registered. */
export type VersionId = Version | Oid;

/** An event in its place: its effective time, its position, 0 for the oldest, and the version that it concerns. */
export type PlacedEvent = Event & { time: number; place: number; of: VersionId | undefined };

/** What the events say of one version. */
export interface ReferenceVersion {
  id: VersionId;
  /** Whether a registration names it. */
  registered: boolean;
  /** Whether stages may hold it. */
  active: boolean;
  /** The commit that its last registration names. */
  commit: Oid;
  /** Its last registration; without one, the first event that names it. */
  event: PlacedEvent;
  /** Its last event for each stage. */
  stages: Map<StageName, PlacedEvent>;
}

/** What the events say of one artifact. */
export interface ReferenceState {
  name: ArtifactName;
  /** Oldest first. */
  events: PlacedEvent[];
  versions: Map<VersionId, ReferenceVersion>;
  deprecated: boolean;
}

/** The state of one artifact from its events, in any order; with `at`, of those whose effective time is not after it. */
export function referenceState(
  name: ArtifactName,
  events: readonly Event[],
  at = Number.POSITIVE_INFINITY,
): ReferenceState {
  const ordered = inOrder(events).filter(({ time }) => time <= at);
  const placed = ordered.map((event) => ({ ...event, of: versionOf(event, ordered) })) as PlacedEvent[];
  return {
    name,
    events: placed,
    versions: versionsFrom(placed),
    deprecated: placed.at(-1)?.kind === 'deprecation',
  };
}

/** The states of all artifacts that have an event, by name. */
export function referenceStates(events: readonly Event[], at?: number): ReferenceState[] {
  return [...new Set(events.map(({ artifact }) => artifact))]
    .sort()
    .map((name) =>
      referenceState(
        name,
        events.filter(({ artifact }) => artifact === name),
        at,
      ),
    )
    .filter((state) => state.events.length > 0);
}

// 2 Order of events

type Ordered = Event & { time: number; place: number };

const KINDS = ['deprecation', 'registration', 'deregistration', 'assignment', 'unassignment'];

function inOrder(events: readonly Event[]): Ordered[] {
  let time = Number.NEGATIVE_INFINITY;
  const timed = [...events].sort(byCounter).map((event) => {
    if (event.counter === undefined) return { ...event, time: event.date };
    time = Math.max(event.date, time);
    return { ...event, time };
  });
  return timed
    .sort((a, b) => a.time - b.time || byCounter(a, b))
    .map((event, place) => ({ ...event, place }) as Ordered);
}

const byCounter = (a: Event, b: Event): number =>
  (a.counter ?? -1) - (b.counter ?? -1) ||
  a.date - b.date ||
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
  compareText(a.tag, b.tag) ||
  compareText(a.tagOid, b.tagOid);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

// 3 State

/** The version that an event concerns. */
function versionOf(event: Ordered, ordered: readonly Ordered[]): VersionId | undefined {
  if (event.kind === 'deprecation') return undefined;
  if (event.kind === 'registration' || event.kind === 'deregistration') return event.version;
  if (event.statedVersion !== undefined) return event.statedVersion;
  const here = ordered.flatMap((one) =>
    one.kind === 'registration' && one.commit === event.commit ? [one] : [],
  );
  const registration = here.findLast(({ place }) => place <= event.place) ?? here[0];
  return registration?.version ?? event.commit;
}

function versionsFrom(events: readonly PlacedEvent[]): Map<VersionId, ReferenceVersion> {
  const versions = new Map<VersionId, ReferenceVersion>();
  const unregistered = (id: VersionId, event: PlacedEvent, active: boolean): ReferenceVersion => ({
    id,
    registered: false,
    active,
    commit: event.commit,
    event,
    stages: new Map(),
  });
  for (const event of events) {
    if (event.kind === 'registration')
      versions.set(event.version, {
        ...unregistered(event.version, event, true),
        registered: true,
      });
    if (event.kind === 'deregistration') {
      const known = versions.get(event.version);
      versions.set(
        event.version,
        known ? { ...known, active: false } : unregistered(event.version, event, false),
      );
    }
  }
  for (const event of events) {
    if (event.kind !== 'assignment' && event.kind !== 'unassignment') continue;
    const id = event.of ?? event.commit;
    const known = versions.get(id) ?? unregistered(id, event, id === event.commit);
    known.stages.set(event.stage, event);
    versions.set(id, known);
  }
  return versions;
}

/** A version in a stage, with the assignment that put it there. */
export interface ReferenceInStage {
  version: ReferenceVersion;
  assignment: PlacedEvent;
}

/** The versions in a stage, the current one first. */
export const inStage = ({ versions }: ReferenceState, stage: StageName): ReferenceInStage[] =>
  [...versions.values()]
    .flatMap((version) => {
      const last = version.stages.get(stage);
      return version.active && last?.kind === 'assignment' ? [{ version, assignment: last }] : [];
    })
    .sort((a, b) => b.assignment.place - a.assignment.place);

/** Every stage that some event names, by name. */
export const stagesUsed = ({ events }: ReferenceState): StageName[] =>
  [...new Set(events.flatMap((event) => ('stage' in event ? [event.stage] : [])))].sort(compareText);

/** All versions, greatest first; behind them those without a registration, the newest of them first. */
export const greatestFirst = ({ versions }: ReferenceState): ReferenceVersion[] =>
  [...versions.values()].sort(
    (a, b) =>
      Number(b.registered) - Number(a.registered) ||
      (a.registered ? compareBuild(b.id, a.id) || compareText(b.id, a.id) : b.event.time - a.event.time) ||
      compareText(a.id, b.id),
  );

/** The greatest active registered version. */
export const latest = (state: ReferenceState): ReferenceVersion | undefined =>
  greatestFirst(state).find(({ registered, active }) => registered && active);

/** The event since which a version is current at the end of every second; what lasts no second is no interval. */
export function since({ name, events }: ReferenceState, stage: StageName): PlacedEvent | undefined {
  const heldAfter = (count: number) =>
    inStage(referenceState(name, events.slice(0, count)), stage)[0]?.version.id;
  let first: PlacedEvent | undefined;
  let held: string | undefined;
  for (const second of new Set(events.map(({ time }) => time))) {
    const own = events.filter(({ time }) => time === second);
    const now = heldAfter((own.at(-1)?.place ?? 0) + 1);
    if (now !== held)
      first = now === undefined ? undefined : own.findLast(({ place }) => heldAfter(place) !== now);
    held = now;
  }
  return first;
}

import type { Event, Oid } from './event.js';
import type { ArtifactName, StageName } from './names.js';
import { inOrder, type OrderedEvent } from './order.js';
import type { StageEventName, VersionEventName } from './tag-name.js';
import type { Version } from './version.js';
import { versionsOf } from './version-of.js';

/** What a version is called: `v1.2.0`, or the full commit id of one that was assigned without being registered. */
export type VersionId = Version | Oid;

/** An event whose version is settled; `of` is undefined for a deprecation. */
export type ResolvedEvent = OrderedEvent & { of: VersionId | undefined };

/** What the events say of one version. */
export interface VersionState {
  id: VersionId;
  /** Whether a registration names it; false for a bare commit and for a version whose registration is missing. */
  registered: boolean;
  /** Whether stages may hold it: its last (de)registration is a registration, or it is a bare commit (SPEC §3). */
  active: boolean;
  /** The commit that its last registration names. */
  commit: Oid;
  /** Its last registration; where there is none, the first event that names it. */
  event: ResolvedEvent;
  /** The last event of this version for each stage. */
  stages: ReadonlyMap<StageName, ResolvedEvent>;
}

/** What the events say of one artifact. */
export interface ArtifactState {
  name: ArtifactName;
  /** All events, oldest first. */
  events: readonly ResolvedEvent[];
  versions: ReadonlyMap<VersionId, VersionState>;
  /** Whether its last event is a deprecation. */
  deprecated: boolean;
}

/** All artifacts that have an event. */
export type State = ReadonlyMap<ArtifactName, ArtifactState>;

/** Events of a registry, gathered in any order. */
export interface Gathering {
  add(event: Event): void;
  /**
   * The state that they come to (SPEC §3). They are gone then: of a registry's events there is room for one copy.
   * @param at only events whose effective time, in seconds since the epoch, is not after it
   */
  state(at?: number): State;
}

/** Begins to gather events. */
export function gathering(): Gathering {
  const byArtifact = new Map<ArtifactName, Event[]>();
  return {
    add: (event) => {
      const own = byArtifact.get(event.artifact);
      if (own) own.push(event);
      else byArtifact.set(event.artifact, [event]);
    },
    state: (at) => {
      const states = new Map<ArtifactName, ArtifactState>();
      for (const [name, own] of byArtifact) {
        byArtifact.delete(name);
        const artifact = artifactStateOf(name, own, at);
        if (artifact.events.length > 0) states.set(name, artifact);
      }
      return states;
    },
  };
}

/**
 * Rebuilds the state of a registry from its events, in any order (SPEC §3).
 * @param at only events whose effective time, in seconds since the epoch, is not after it
 */
export function stateOf(events: Iterable<Event>, at?: number): State {
  const { add, state } = gathering();
  for (const event of events) add(event);
  return state(at);
}

/** Rebuilds the state of one artifact from its events, in any order. */
export function artifactStateOf(
  name: ArtifactName,
  events: readonly Event[],
  at = Number.POSITIVE_INFINITY,
): ArtifactState {
  const ordered = inOrder(events).filter((event) => event.time <= at);
  const versionOf = versionsOf(ordered);
  // of a registry's events there are as many as there are tags: each is copied once, by inOrder, and completed here
  const resolved = ordered as ResolvedEvent[];
  for (const event of resolved) event.of = versionOf(event);
  let versions: ReadonlyMap<VersionId, VersionState> | undefined;
  return {
    name,
    events: resolved,
    // the journal of a registry asks for none of them
    get versions() {
      versions ??= versionsFrom(resolved);
      return versions;
    },
    deprecated: resolved.at(-1)?.kind === 'deprecation',
  };
}

function versionsFrom(events: readonly ResolvedEvent[]): Map<VersionId, VersionState> {
  const versions = new Map<VersionId, Evolving>();
  // registrations first, so that an assignment finds its version wherever its tag lies (SPEC §3)
  for (const event of events) if (isVersionEvent(event)) evolveVersion(versions, event);
  for (const event of events) if (isStageEvent(event)) evolveStage(versions, event);
  return versions;
}

/** A version of which not all events are told yet. */
interface Evolving extends VersionState {
  stages: Map<StageName, ResolvedEvent>;
}

type VersionEvent = ResolvedEvent & VersionEventName;
type StageEvent = ResolvedEvent & StageEventName & { of: VersionId };

const isVersionEvent = (event: ResolvedEvent): event is VersionEvent =>
  event.kind === 'registration' || event.kind === 'deregistration';

/** Whether an event moves a version into or out of a stage. */
export const isStageEvent = (event: ResolvedEvent): event is StageEvent =>
  event.kind === 'assignment' || event.kind === 'unassignment';

/** The last registration or deregistration of the version that an event is about, before that event. */
export const versionEventBefore = (
  event: ResolvedEvent,
  { events }: Pick<ArtifactState, 'events'>,
): VersionEvent | undefined =>
  events
    .slice(0, event.place)
    .findLast((one): one is VersionEvent => isVersionEvent(one) && one.of === event.of);

function evolveVersion(versions: Map<VersionId, Evolving>, event: VersionEvent): void {
  const { version: id, commit } = event;
  const known = versions.get(id);
  if (event.kind === 'registration')
    versions.set(id, { id, registered: true, active: true, commit, event, stages: new Map() });
  else if (known) known.active = false;
  else versions.set(id, unregistered(id, event, false));
}

function evolveStage(versions: Map<VersionId, Evolving>, event: StageEvent): void {
  const known = versions.get(event.of) ?? unregistered(event.of, event, event.of === event.commit);
  known.stages.set(event.stage, event);
  versions.set(event.of, known);
}

const unregistered = (id: VersionId, event: ResolvedEvent, active: boolean): Evolving => ({
  id,
  registered: false,
  active,
  commit: event.commit,
  event,
  stages: new Map(),
});

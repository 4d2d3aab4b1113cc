import type { Event, Oid } from './event.js';
import type { ArtifactName, StageName } from './names.js';
import { compareText, inOrder, type OrderedEvent } from './order.js';
import {
  Artifact,
  COMPLETE,
  current,
  heldByStage,
  inStage,
  isActive,
  isDeprecated,
  type LastEvent,
  lastEvents,
  latest,
  registrationOf,
  type VersionId,
  type View,
  versionMoved,
} from './state.js';
import type { StageEventName, VersionEventName } from './tag-name.js';
import { compareVersions, type Version } from './version.js';

// An artifact whose tag objects are all known. It holds the answers of `state.ts` together, for callers that need many.

/** An event in its place, with the version that it is about; `of` is undefined for a deprecation. */
export type ResolvedEvent = OrderedEvent & { of: VersionId | undefined };

/** What the events say of one version. */
export interface VersionState {
  id: VersionId;
  /** Whether a registration names it; false for a bare commit and for a version whose registration is missing. */
  registered: boolean;
  /** Whether stages may hold it: its last (de)registration is a registration, or it is a bare commit. */
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
  /** The same by what they are about, for the questions of `state.ts`. */
  grouped: Artifact;
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
   * The state that they lead to. The events are gone then: of those of a large registry there is room for one copy.
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
 * Rebuilds the state of a registry from its events, in any order.
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
  const grouped = new Artifact(name, true);
  // each event is copied once, by inOrder, and completed here: a registry has as many as it has tags
  const resolved = inOrder(events).filter(({ time }) => time <= at) as ResolvedEvent[];
  for (const event of resolved) grouped.add(event);
  for (const event of resolved) event.of = subjectOf(event, grouped);
  let versions: ReadonlyMap<VersionId, VersionState> | undefined;
  return {
    name,
    events: resolved,
    grouped,
    // the journal of a registry asks for none of them
    get versions() {
      versions ??= versionsOf(resolved, grouped);
      return versions;
    },
    deprecated: isDeprecated(grouped, COMPLETE),
  };
}

/** The version that an event is about. */
function subjectOf(event: Event, artifact: Artifact): VersionId | undefined {
  if (event.kind === 'deprecation') return undefined;
  return 'version' in event ? event.version : versionMoved(event, artifact, COMPLETE);
}

/** A version whose stages are still being filled in. */
interface Growing extends VersionState {
  stages: Map<StageName, ResolvedEvent>;
}

function versionsOf(events: readonly ResolvedEvent[], artifact: Artifact): Map<VersionId, VersionState> {
  const versions = new Map<VersionId, Growing>();
  for (const id of artifact.versions) {
    const registration = registrationOf(artifact, id, COMPLETE);
    const event = (registration ?? artifact.eventsOf(id)[0]) as ResolvedEvent;
    const active = isActive(artifact, id, COMPLETE);
    versions.set(id, {
      id,
      registered: registration !== undefined,
      active,
      commit: event.commit,
      event,
      stages: new Map(),
    });
  }
  for (const event of events) {
    if (!isStageEvent(event) || versions.has(event.of)) continue;
    const { of: id, commit } = event;
    versions.set(id, { id, registered: false, active: id === commit, commit, event, stages: new Map() });
  }
  for (const stage of artifact.stages.keys())
    for (const { id, event } of lastEvents(artifact, stage, COMPLETE))
      versions.get(id)?.stages.set(stage, event as ResolvedEvent);
  return versions;
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

/** A version in a stage, with the assignment that put it there. */
export interface InStage {
  version: VersionState;
  assignment: ResolvedEvent;
}

/** The versions in a stage, the current one first. */
export const versionsInStage = (artifact: ArtifactState, stage: StageName): InStage[] =>
  [...inStage(artifact.grouped, stage, COMPLETE)].map((last) => inStageOf(artifact, last));

/** The current version in a stage, if there is one. */
export function currentIn(artifact: ArtifactState, stage: StageName): InStage | undefined {
  const first = current(artifact.grouped, stage, COMPLETE);
  return first && inStageOf(artifact, first);
}

/** Every stage that some event of the artifact names, by name. */
export const stagesUsed = ({ grouped }: ArtifactState): StageName[] =>
  [...grouped.stages.keys()].sort(compareText);

/** The versions that stages hold, stages by name and the current version of each first. */
export const versionsByStage = (artifact: ArtifactState, view: View = {}): Map<StageName, InStage[]> =>
  new Map(
    [...heldByStage(artifact.grouped, view, COMPLETE)].map(([stage, held]) => [
      stage,
      held.map((last) => inStageOf(artifact, last)),
    ]),
  );

const inStageOf = ({ versions }: ArtifactState, { id, event }: LastEvent): InStage => ({
  version: versions.get(id) as VersionState,
  assignment: event as ResolvedEvent,
});

/** How versions are put in order: by SemVer precedence or by when they were registered. */
export type VersionOrder = 'semver' | 'timestamp';

/** The greatest active registered version by SemVer precedence, pre-releases included. */
export function latestVersion({ grouped, versions }: ArtifactState): VersionState | undefined {
  const id = latest(grouped, COMPLETE);
  return id === undefined ? undefined : versions.get(id);
}

/** All versions, greatest first; unregistered ones after the registered, the newest of them first. */
export function versionsGreatestFirst(artifact: ArtifactState): VersionState[] {
  return [...artifact.versions.values()].sort(
    (a, b) =>
      Number(b.registered) - Number(a.registered) ||
      (a.registered ? compareVersions(b.id as Version, a.id as Version) : b.event.time - a.event.time) ||
      compareText(a.id, b.id),
  );
}

/** All versions, the last registered first. */
export const versionsNewestFirst = (artifact: ArtifactState): VersionState[] =>
  [...artifact.versions.values()].sort((a, b) => b.event.place - a.event.place);

/** Whether events of an artifact say that it took over one of another name. */
export const bringsFrom = ({ events }: ArtifactState, name: ArtifactName): boolean =>
  events.some(({ renamedFrom }) => renamedFrom === name);

/** Whether an artifact was renamed to another one, and is not in use under its old name again. */
export const isRenamed = (old: ArtifactState, to: ArtifactState): boolean =>
  old.deprecated && old.events.at(-1)?.successor === to.name && bringsFrom(to, old.name);

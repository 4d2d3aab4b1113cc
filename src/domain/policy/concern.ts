import { type ArtifactState, isStageEvent, type ResolvedEvent, versionEventBefore } from '../artifact.js';
import type { Oid } from '../event.js';
import type { StageName } from '../names.js';
import type { VersionId } from '../state.js';

/** How an event touches a stage. */
export interface Concern {
  stage: StageName;
  version: VersionId;
  /** Whether the stage gets a version by it; otherwise it loses one. */
  enters: boolean;
  /** The tagged commit, and the one that the version stood for then: what the stage gets. */
  commits: readonly Oid[];
}

/**
 * The stages that an event touches. Not only assignments do: a version that is in a stage leaves it when it is deregistered,
 * and comes back, perhaps as another commit, when it is registered again.
 */
export function concernsOf(artifact: ArtifactState, event: ResolvedEvent): Concern[] {
  const version = event.of;
  if (version === undefined) return [];
  if (isStageEvent(event)) {
    const commits = [...new Set([event.commit, commitAt(artifact, version, event)])];
    return [{ stage: event.stage, version, enters: event.kind === 'assignment', commits }];
  }
  return [...heldBefore(artifact, version, event.place)]
    .filter(([, assignment]) => event.kind === 'deregistration' || changes(artifact, event, assignment))
    .map(([stage]) => ({ stage, version, enters: event.kind === 'registration', commits: [event.commit] }));
}

/** Whether a registration brings back what was gone, or puts another commit in the place of what an assignment put there. */
function changes(artifact: ArtifactState, event: ResolvedEvent, assignment: ResolvedEvent): boolean {
  const last = versionEventBefore(event, artifact);
  return last?.kind === 'deregistration' || (last ?? assignment).commit !== event.commit;
}

/** The commit that a version stood for when an event happened. */
function commitAt({ events }: ArtifactState, version: VersionId, event: ResolvedEvent): Oid {
  const registrations = events.filter((one) => one.kind === 'registration' && one.of === version);
  const before = registrations.findLast(({ place }) => place < event.place);
  return (before ?? registrations[0] ?? event).commit;
}

/** The stages that a version was assigned to before a place and not taken out of again, each with the last assignment. */
function heldBefore(
  { events }: ArtifactState,
  version: VersionId,
  place: number,
): Map<StageName, ResolvedEvent> {
  const last = new Map<StageName, ResolvedEvent>();
  for (const event of events)
    if (isStageEvent(event) && event.of === version && event.place < place) last.set(event.stage, event);
  return new Map([...last].filter(([, { kind }]) => kind === 'assignment'));
}

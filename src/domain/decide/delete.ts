import { RegError } from '../../errors.js';
import { type ArtifactState, type ResolvedEvent, versionsInStage } from '../artifact.js';
import { findLeaving, findVersion, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import type { Plan, Snapshot } from '../plan.js';

/** The events that a deletion takes out of history, newest first, so that no deletion leaves a later one dangling. */
function deleting(artifact: ArtifactState, concerned: (event: ResolvedEvent) => boolean): Plan {
  return { tags: [], deletes: artifact.events.filter(concerned).reverse() };
}

/**
 * Decides to forget that a version was ever in a stage; without a version, the current one.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_VERSION, UNKNOWN_STAGE
 */
export function decideDeleteAssignments({ artifact, stages }: Snapshot, stage: StageName, id?: string): Plan {
  const version = id === undefined ? findLeaving(artifact, stage, stages).version : findVersion(artifact, id);
  const plan = deleting(
    artifact,
    (event) => 'stage' in event && event.stage === stage && event.of === version.id,
  );
  if (plan.deletes?.length) return plan;
  throw new RegError(
    'NOTHING_IN_STAGE',
    `${artifact.name} ${versionLabel(version.id)} was never in stage ${stage}`,
  );
}

/**
 * Decides to forget a version: its registrations, deregistrations, assignments and unassignments.
 * @throws RegError UNKNOWN_VERSION
 */
export function decideDeleteVersion({ artifact }: Snapshot, id: string): Plan {
  const version = findVersion(artifact, id);
  return deleting(artifact, (event) => event.of === version.id);
}

/** Decides to forget an artifact: all of its events. */
export const decideDeleteArtifact = ({ artifact }: Snapshot): Plan => deleting(artifact, () => true);

/**
 * Decides to forget the assignments of the version that is current in a stage, so that the one behind it is again.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_STAGE, UNKNOWN_VERSION when none is behind it
 */
export function decideDeleteCurrent(snapshot: Snapshot, stage: StageName): Plan {
  const { artifact } = snapshot;
  const plan = decideDeleteAssignments(snapshot, stage);
  if (versionsInStage(artifact, stage).length > 1) return plan;
  throw new RegError(
    'UNKNOWN_VERSION',
    `no other version of ${artifact.name} is in ${stage}, so deleting would leave it empty`,
    `roll back without --delete, or empty it with: reg unassign ${artifact.name} ${stage} --delete`,
  );
}

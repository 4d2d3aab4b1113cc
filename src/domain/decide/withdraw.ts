import { RegError } from '../../errors.js';
import {
  type ArtifactState,
  currentIn,
  stagesUsed,
  type VersionState,
  versionsInStage,
} from '../artifact.js';
import { findLeaving, findVersion, unknownArtifact, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import { type Plan, planTags, type Snapshot } from '../plan.js';
import { refuseUnwritableStage } from './writable.js';

/** What the three withdrawing events share. */
export interface WithdrawRequest {
  message?: string | undefined;
  /** Writes the event even when it changes nothing. */
  force?: boolean | undefined;
}

/**
 * Decides which tag takes a version out of a stage; without a version, the current one.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_VERSION, UNKNOWN_STAGE
 */
export function decideUnassign(
  snapshot: Snapshot,
  stage: StageName,
  id: string | undefined,
  { message, force }: WithdrawRequest,
): Plan {
  const { artifact, stages } = snapshot;
  if (stage.includes('/')) refuseUnwritableStage(stage, snapshot);
  const version = id === undefined ? findLeaving(artifact, stage, stages).version : findVersion(artifact, id);
  if (!force && !versionsInStage(artifact, stage).some((held) => held.version.id === version.id))
    throw new RegError(
      'NOTHING_IN_STAGE',
      `${artifact.name} ${versionLabel(version.id)} is not in stage ${stage}`,
      `see what is, with: reg which ${artifact.name} ${stage} --all`,
    );
  const event = { kind: 'unassignment', artifact: artifact.name, stage } as const;
  const plan = planTags(snapshot, [{ event, commit: version.commit, of: version.id, message }]);
  return { ...plan, note: whatFollows(artifact, stage, version) };
}

/**
 * Decides which tag takes back the registration of a version.
 * @throws RegError UNKNOWN_VERSION when it is not registered, DEREGISTERED when that already happened
 */
export function decideDeregister(snapshot: Snapshot, id: string, { message, force }: WithdrawRequest): Plan {
  const { artifact } = snapshot;
  const version = findVersion(artifact, id);
  if (version.event.kind !== 'registration' && version.event.kind !== 'deregistration')
    throw new RegError('UNKNOWN_VERSION', `${artifact.name} ${versionLabel(version.id)} is not registered`);
  if (!version.active && !force)
    throw new RegError('DEREGISTERED', `${artifact.name} ${version.id} is already deregistered`);
  const event = { kind: 'deregistration', artifact: artifact.name, version: version.event.version } as const;
  const plan = planTags(snapshot, [{ event, commit: version.commit, of: version.id, message }]);
  const notes = stagesUsed(artifact)
    .filter((stage) => currentIn(artifact, stage)?.version === version)
    .map((stage) => whatFollows(artifact, stage, version));
  return notes.length === 0 ? plan : { ...plan, note: notes.join('\n') };
}

/** What is in a stage once a version is out of it. */
function whatFollows(artifact: ArtifactState, stage: StageName, gone: VersionState): string {
  const next = versionsInStage(artifact, stage).find((held) => held.version !== gone);
  return next
    ? `${artifact.name} ${versionLabel(next.version.id)} is current in ${stage} now`
    : `no version of ${artifact.name} is in ${stage} any more`;
}

/** Decides which tag deprecates an artifact: none when it already is deprecated. */
export function decideDeprecate(snapshot: Snapshot, { message, force }: WithdrawRequest): Plan {
  const { artifact } = snapshot;
  const last = artifact.events.at(-1);
  if (last === undefined) throw unknownArtifact(artifact.name, snapshot.otherArtifacts, snapshot.mayLack);
  if (artifact.deprecated && !force)
    return { tags: [], note: `${artifact.name} already is deprecated`, standing: last };
  const event = { kind: 'deprecation', artifact: artifact.name } as const;
  return planTags(snapshot, [{ event, commit: last.commit, of: undefined, message }]);
}

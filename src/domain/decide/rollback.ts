import { RegError } from '../../errors.js';
import { findCurrent, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import type { Plan, Snapshot } from '../plan.js';
import { staysIn } from '../stays.js';
import { decideAssign } from './assign.js';

/**
 * Decides which tag brings back what was current in a stage before the current version; versions deregistered since
 * are passed over.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_STAGE, UNKNOWN_VERSION when nothing else was ever current there
 */
export function decideRollback(snapshot: Snapshot, stage: StageName, message?: string): Plan {
  const { artifact, stages } = snapshot;
  const { version } = findCurrent(artifact, stage, stages);
  const earlier = staysIn(artifact, stage).findLast(
    (stay) => stay.version !== version.id && artifact.versions.get(stay.version)?.active,
  );
  if (earlier) return decideAssign(snapshot, { stage, target: { version: earlier.version }, message });
  throw new RegError(
    'UNKNOWN_VERSION',
    `nothing to roll back to: only ${versionLabel(version.id)} was ever current in ${stage} of ${artifact.name}`,
    `choose a version with: reg assign ${artifact.name}@VERSION ${stage}`,
  );
}

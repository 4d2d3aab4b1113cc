import { RegError } from '../../errors.js';
import { findCurrent } from '../find.js';
import type { StageName } from '../names.js';
import type { Plan, Snapshot } from '../plan.js';
import { currentIn } from '../query.js';
import { staysIn } from '../stays.js';
import { decideAssign } from './assign.js';
import type { WithdrawRequest } from './withdraw.js';

/**
 * Decides which tag brings back what was current in a stage before the current version; versions deregistered since
 * are passed over. With `force` also into a stage that is empty now.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_STAGE, UNKNOWN_VERSION when nothing else was ever current there
 */
export function decideRollback(
  snapshot: Snapshot,
  stage: StageName,
  { message, force }: WithdrawRequest,
): Plan {
  const { artifact, stages } = snapshot;
  const current = currentIn(artifact, stage) ?? (force ? undefined : findCurrent(artifact, stage, stages));
  const earlier = staysIn(artifact, stage).findLast(
    (stay) => stay.version !== current?.version.id && artifact.versions.get(stay.version)?.active,
  );
  if (earlier) return decideAssign(snapshot, { stage, target: { version: earlier.version }, message });
  throw new RegError(
    'UNKNOWN_VERSION',
    `nothing to roll back to: no other version that is still active was ever current in ${stage} of ${artifact.name}`,
    `choose a version with: reg assign ${artifact.name}@VERSION ${stage}`,
  );
}

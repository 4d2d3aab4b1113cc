import { RegError } from '../../errors.js';
import { currentIn, versionsGreatestFirst } from '../artifact.js';
import { findLeaving, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import type { Plan, Snapshot } from '../plan.js';
import { allIntervals } from '../timeline.js';
import { decideAssign } from './assign.js';
import { activeAt } from './register.js';
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
  const current = currentIn(artifact, stage) ?? (force ? undefined : findLeaving(artifact, stage, stages));
  const earlier = allIntervals(artifact, stage)
    // a commit that was assigned as it was may have got its version since
    .map(({ version }) => artifact.versions.get(version) ?? activeAt(artifact, version))
    .findLast((version) => version?.active && version.id !== current?.version.id);
  if (earlier) {
    const plan = decideAssign(snapshot, { stage, target: { version: earlier.id }, message });
    return { ...plan, note: `${artifact.name} ${versionLabel(earlier.id)} is current in ${stage} again` };
  }
  const other = versionsGreatestFirst(artifact).find(
    (version) => version.registered && version.active && version.id !== current?.version.id,
  );
  throw new RegError(
    'UNKNOWN_VERSION',
    `nothing to roll back to: no other version that is still active was ever current in ${stage} of ${artifact.name}`,
    other === undefined
      ? `register another version first: reg register ${artifact.name}`
      : `choose a version with: reg assign ${artifact.name}@${other.id} ${stage}`,
  );
}

import { RegError } from '../../errors.js';
import type { Oid } from '../event.js';
import { findVersion, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import { type Draft, type Plan, planTags, type Snapshot } from '../plan.js';
import { currentIn } from '../query.js';
import type { ArtifactState, VersionState } from '../state.js';
import { activeAt, draftRegistration } from './register.js';
import { refuseUnwritableStage } from './writable.js';

/** A request to put a version into a stage: a known one by its id, or the one at a commit. */
export interface AssignRequest {
  stage: StageName;
  target: { version: string } | { commit: Oid };
  /** Assigns a commit without a version as it is, instead of registering one first. */
  noRegister?: boolean | undefined;
  message?: string | undefined;
}

/**
 * Decides which tags put a version into a stage (SPEC §3 and §5): none when it already is the current one there, two
 * when a version has to be registered first.
 * @throws RegError UNKNOWN_VERSION, DEREGISTERED, UNKNOWN_STAGE, INVALID_STAGE, and those of `decideRegister`
 */
export function decideAssign(snapshot: Snapshot, request: AssignRequest): Plan {
  refuseUnwritableStage(request.stage, snapshot);
  const { artifact } = snapshot;
  const version = targetOf(artifact, request.target);
  if (version && !version.active) throw deregistered(artifact, version);
  if (version && version.id === currentIn(artifact, request.stage)?.version.id)
    return {
      tags: [],
      note: `${artifact.name} ${versionLabel(version.id)} already is current in ${request.stage}`,
    };
  return planTags(snapshot, draftsOf(snapshot, request, version));
}

function targetOf(artifact: ArtifactState, target: AssignRequest['target']): VersionState | undefined {
  if ('version' in target) return findVersion(artifact, target.version);
  const active = activeAt(artifact, target.commit);
  if (active) return active;
  // a commit whose only versions were deregistered was taken back by somebody: registering it anew must be asked for
  const gone = [...artifact.versions.values()].find(
    (version) => version.registered && !version.active && version.commit === target.commit,
  );
  return gone ?? artifact.versions.get(target.commit);
}

function draftsOf(snapshot: Snapshot, request: AssignRequest, version: VersionState | undefined): Draft[] {
  const assignment = (commit: Oid, of: Draft['of']): Draft => ({
    event: { kind: 'assignment', artifact: snapshot.artifact.name, stage: request.stage },
    commit,
    of,
    message: request.message,
  });
  if (version?.registered) return [assignment(version.commit, version.id)];
  const commit = version?.commit ?? commitOf(request.target);
  if (request.noRegister || 'version' in request.target) return [assignment(commit, commit)];
  const registration = draftRegistration(snapshot, { commit, message: request.message });
  return [registration, assignment(commit, registration.of)];
}

function commitOf(target: AssignRequest['target']): Oid {
  if ('commit' in target) return target.commit;
  throw new Error('a version that is not known was refused before');
}

function deregistered(artifact: ArtifactState, { id, registered }: VersionState): RegError {
  const why = registered ? 'was deregistered' : 'has no registration';
  return new RegError(
    'DEREGISTERED',
    `${artifact.name} ${id} ${why}`,
    `assign another version, or register it again with: reg register ${artifact.name} --version ${id}`,
  );
}

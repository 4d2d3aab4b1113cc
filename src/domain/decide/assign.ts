import { RegError } from '../../errors.js';
import { type ArtifactState, currentIn, type VersionState } from '../artifact.js';
import type { Oid } from '../event.js';
import { findVersion, versionLabel } from '../find.js';
import type { StageName } from '../names.js';
import { type Draft, type Plan, planTags, type Snapshot } from '../plan.js';
import { activeAt, draftRegistration } from './register.js';
import { refuseStageInOtherCase, refuseUnwritableStage } from './writable.js';

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
 * @throws RegError UNKNOWN_VERSION, DEREGISTERED, UNKNOWN_STAGE, INVALID_STAGE, NAME_CASE, and those of `decideRegister`
 */
export function decideAssign(snapshot: Snapshot, request: AssignRequest): Plan {
  refuseUnwritableStage(request.stage, snapshot);
  refuseStageInOtherCase(request.stage, snapshot);
  const { artifact } = snapshot;
  const version = targetOf(artifact, request);
  const current = currentIn(artifact, request.stage);
  if (version && version.id === current?.version.id)
    return {
      tags: [],
      note: `${artifact.name} ${versionLabel(version.id)} already is current in ${request.stage}`,
      standing: current.assignment,
    };
  return planTags(snapshot, draftsOf(snapshot, request, version));
}

/** The version that is meant, where there is one already. */
function targetOf(artifact: ArtifactState, { target, noRegister }: AssignRequest): VersionState | undefined {
  if ('version' in target) {
    const version = findVersion(artifact, target.version);
    if (version.active) return version;
    throw deregistered(
      artifact,
      version.id,
      version.commit,
      version.registered ? 'was deregistered' : 'has no registration',
    );
  }
  const active = activeAt(artifact, target.commit);
  if (active) return active;
  // somebody took back what was registered at this commit: it is not given a new number on the way, and as it is
  // it would be read as the old one
  const past = artifact.events.findLast(
    (event) => event.kind === 'registration' && event.commit === target.commit,
  );
  if (past?.kind === 'registration')
    throw deregistered(artifact, past.version, past.commit, 'no longer is registered at this commit');
  return noRegister ? artifact.versions.get(target.commit) : undefined;
}

function draftsOf(snapshot: Snapshot, request: AssignRequest, version: VersionState | undefined): Draft[] {
  const assign = (commit: Oid, of: Draft['of']): Draft => ({
    event: { kind: 'assignment', artifact: snapshot.artifact.name, stage: request.stage },
    commit,
    of,
    message: request.message,
  });
  if (version) return [assign(version.commit, version.id)];
  if ('version' in request.target) throw new Error('a version that is not known was refused before');
  const { commit } = request.target;
  if (request.noRegister) return [assign(commit, commit)];
  const registration = draftRegistration(snapshot, { commit, message: request.message });
  return [registration, assign(commit, registration.of)];
}

function deregistered(artifact: ArtifactState, id: string, commit: Oid, why: string): RegError {
  return new RegError(
    'DEREGISTERED',
    `${artifact.name} ${id} ${why}`,
    `assign another version, or register it again with: reg register ${artifact.name} ${commit} --version ${id}`,
  );
}

import { RegError } from '../../errors.js';
import { short } from '../../util/oid.js';
import { type ArtifactState, latestVersion, type VersionState } from '../artifact.js';
import { type Bump, bumpVersion } from '../bump.js';
import type { Oid } from '../event.js';
import { type Draft, type Plan, planTags, type Snapshot } from '../plan.js';
import { formatTime } from '../time.js';
import { FIRST_VERSION, type Version } from '../version.js';

/** A request to register the model at a commit as a version. */
export interface RegisterRequest {
  commit: Oid;
  /** The version to register; without it the latest one is raised. */
  version?: Version | undefined;
  bump?: Bump | undefined;
  message?: string | undefined;
  /** Allows a second active version at one commit. */
  force?: boolean | undefined;
}

/**
 * Decides which tag registers a version (SPEC §3). Where others write too, the same version at the same commit may be their
 * doing, or that of an attempt whose answer was lost: then it is registered, as was asked.
 * @throws RegError ALREADY_REGISTERED, COMMIT_TAKEN, NAME_CASE, INVALID_NAME, CLOCK_AHEAD
 */
export function decideRegister(snapshot: Snapshot, request: RegisterRequest): Plan {
  const { artifact, shared } = snapshot;
  const same = request.version && artifact.versions.get(request.version);
  if (shared && same?.registered && same.active && same.commit === request.commit)
    return { tags: [], note: `${registeredBy(artifact, same)}, as was asked`, standing: same.event };
  return planTags(snapshot, [draftRegistration(snapshot, request)]);
}

/** The draft of a registration, for writes that register on the way. */
export function draftRegistration(snapshot: Snapshot, request: RegisterRequest): Draft {
  const { artifact } = snapshot;
  const version = request.version ?? nextVersion(artifact, request.bump);
  const known = artifact.versions.get(version);
  if (known?.registered && known.active) throw alreadyRegistered(artifact, known);
  const here = request.force ? undefined : activeAt(artifact, request.commit);
  if (here)
    throw new RegError(
      'COMMIT_TAKEN',
      `${artifact.name} ${here.id} is already registered at this commit, ${short(request.commit)}`,
      'commit the change that makes a new version, or add --force for a second version of the same bytes',
    );
  const event = { kind: 'registration', artifact: artifact.name, version } as const;
  return { event, commit: request.commit, of: version, message: request.message };
}

/**
 * The version that follows the latest one. A number that was ever given away is passed over, so that one version never
 * names two sets of bytes without somebody asking for it by name.
 */
export function nextVersion(artifact: ArtifactState, bump: Bump = 'patch'): Version {
  const latest = latestVersion(artifact);
  let next = latest ? bumpVersion(latest.id as Version, bump) : FIRST_VERSION;
  while (artifact.versions.has(next)) next = bumpVersion(next, bump);
  return next;
}

/** The active registered versions at a commit, the last registered first. */
export function activeAt(artifact: ArtifactState, commit: Oid): VersionState | undefined {
  return [...artifact.versions.values()]
    .filter((version) => version.registered && version.active && version.commit === commit)
    .sort((a, b) => b.event.place - a.event.place)[0];
}

function alreadyRegistered(artifact: ArtifactState, version: VersionState): RegError {
  const hint = `choose another version, or raise the latest with: reg register ${artifact.name} --bump patch`;
  return new RegError('ALREADY_REGISTERED', registeredBy(artifact, version), hint);
}

const registeredBy = ({ name }: ArtifactState, { id, event, commit }: VersionState): string =>
  `${name} ${id} is already registered: ${event.tagger.name} registered it on ${formatTime(event.time)} at ${short(commit)}`;

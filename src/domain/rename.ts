import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import { planDeprecate } from './actions.js';
import {
  type ArtifactState,
  bringsFrom,
  currentIn,
  isRenamed,
  latestVersion,
  type ResolvedEvent,
  stagesUsed,
  type VersionState,
} from './artifact.js';
import { unknownArtifact, versionLabel } from './find.js';
import type { ArtifactName, StageName } from './names.js';
import { type Draft, type Plan, planTags, type Snapshot } from './plan.js';
import { isVersion } from './state.js';
import { compareVersions, type Version } from './version.js';

// An artifact gets another name (docs/specification.md, 3 State, What a write decides): one plan for the new name and one for the old.

/** What is asked of a rename. */
export interface RenameRequest {
  message?: string | undefined;
  /** Adds to an artifact that is there and in use. */
  force?: boolean | undefined;
}

/**
 * Plans what the new name gets: the versions that are current in a stage or the latest, at their own commits, and the stages that these
 * are in, in the order in which they came there. What the new name has already is left out.
 * @param old the artifact under its old name
 * @throws RegError UNKNOWN_ARTIFACT, UNKNOWN_VERSION where the old one has no version, ALREADY_REGISTERED, STAGE_TAKEN, and those of `planTags`
 */
export function planNewName(snapshot: Snapshot, old: Snapshot, { message, force }: RenameRequest): Plan {
  const { artifact } = snapshot;
  const from = old.artifact;
  const last = artifact.events.at(-1);
  if (from.events.length === 0) throw unknownArtifact(from.name, old.otherArtifacts, old.mayLack);
  if (isRenamed(from, artifact)) return { tags: [], standing: last as ResolvedEvent };
  if (last && !force && !artifact.deprecated && !bringsFrom(artifact, from.name)) throw inUse(artifact, from);
  const versions = carried(from);
  if (versions.length === 0)
    throw new RegError(
      'UNKNOWN_VERSION',
      `${from.name} has no version to rename`,
      `register the next one under the new name: reg register ${artifact.name}`,
    );
  const drafts = [...registrations(artifact, versions), ...assignments(artifact, from, versions)];
  const renamed = drafts.map((draft): Draft => ({ ...draft, message, renamedFrom: from.name }));
  if (renamed.length === 0 && artifact.deprecated) throw nothingNew(artifact, from);
  if (renamed.length === 0 && last) return { tags: [], standing: last };
  if (artifact.deprecated) refuseOwn(artifact, from);
  return planTags(snapshot, renamed);
}

/**
 * Refuses where a deprecated name would come back with what the old one does not have: a version in a stage, a later one, or one that was
 * withdrawn meanwhile. That is withdrawn by an event of its own, which the policy of the stage judges.
 * @throws RegError STAGE_TAKEN, ALREADY_REGISTERED
 */
function refuseOwn(artifact: ArtifactState, old: ArtifactState): void {
  const { name } = artifact;
  const first = (words: string): string => `do that first: reg ${words} && reg deprecate ${name}`;
  for (const stage of stagesUsed(artifact)) {
    const there = currentIn(artifact, stage)?.version;
    if (there !== undefined && currentIn(old, stage) === undefined)
      throw new RegError(
        'STAGE_TAKEN',
        `${name} would come back with ${versionLabel(there.id)} in ${stage}, where ${old.name} has nothing: it has to be taken out`,
        first(`unassign ${name} ${stage}`),
      );
  }
  const latest = latestVersion(old);
  for (const { id, registered, active } of artifact.versions.values()) {
    if (!registered || !active || !isVersion(id)) continue;
    const isWithdrawn = old.versions.get(id)?.active === false;
    const isLater = latest === undefined || compareVersions(id, latest.id as Version) > 0;
    if (isWithdrawn || isLater)
      throw new RegError(
        'ALREADY_REGISTERED',
        `${name} would come back with ${id}, which ${old.name} ${isWithdrawn ? 'has withdrawn' : 'does not have'}: it has to be withdrawn`,
        first(`deregister ${name}@${id}`),
      );
  }
}

/** Plans what the old name gets: its deprecation, which names the new one. */
export const planOldName = (snapshot: Snapshot, to: ArtifactName, { message }: RenameRequest): Plan => {
  const { artifact } = snapshot;
  const last = artifact.events.at(-1);
  if (last && artifact.deprecated && last.successor === to)
    return { tags: [], note: `${artifact.name} is renamed to ${to} already`, standing: last };
  if (last && artifact.deprecated && last.successor !== undefined)
    throw new RegError(
      'ALREADY_REGISTERED',
      `${artifact.name} is renamed to ${last.successor} already`,
      `rename that one: reg rename ${last.successor} ${to}`,
    );
  return planDeprecate(snapshot, { message: message ?? `Rename ${artifact.name} to ${to}`, successor: to });
};

/** The versions that a rename takes along: those that are current in a stage, and the latest; in the order of their numbers. */
function carried(old: ArtifactState): VersionState[] {
  const current = stagesUsed(old).flatMap((stage) => currentIn(old, stage)?.version ?? []);
  const versions = new Set([...current, latestVersion(old) ?? []].flat());
  const registered = [...versions].filter(({ id }) => isVersion(id));
  const bare = [...versions].filter(({ id }) => !isVersion(id));
  return [...registered.sort((a, b) => compareVersions(a.id as Version, b.id as Version)), ...bare];
}

function registrations(artifact: ArtifactState, versions: readonly VersionState[]): Draft[] {
  return versions.flatMap(({ id, commit, registered }): Draft[] => {
    if (!registered || !isVersion(id)) return [];
    const there = artifact.versions.get(id);
    if (there?.registered && there.commit !== commit)
      throw new RegError(
        'ALREADY_REGISTERED',
        `${artifact.name} ${id} is another version, at ${short(there.commit)}, and not at ${short(commit)}`,
        'choose another name',
      );
    if (there?.registered && there.active) return [];
    const event = { kind: 'registration', artifact: artifact.name, version: id } as const;
    return [{ event, commit, of: id, message: undefined }];
  });
}

/** Every stage that a version is in, as an assignment, oldest first: so the current ones come last, and what they had to go through before them. */
function assignments(
  artifact: ArtifactState,
  old: ArtifactState,
  versions: readonly VersionState[],
): Draft[] {
  const held = versions.flatMap((version) =>
    [...version.stages].flatMap(([stage, event]) =>
      event.kind === 'assignment' ? [{ stage, event, version }] : [],
    ),
  );
  const done = new Set(stagesUsed(old).filter((stage) => isDone(artifact, old, stage)));
  return held
    .filter(({ stage }) => !done.has(stage))
    .sort((a, b) => a.event.place - b.event.place)
    .map(({ stage, version: { id, commit } }) => {
      const event = { kind: 'assignment', artifact: artifact.name, stage } as const;
      return { event, commit, of: id, message: undefined };
    });
}

/**
 * Whether the new name has in a stage what the old one has.
 * @throws RegError STAGE_TAKEN where it has another version there, and is in use
 */
function isDone(artifact: ArtifactState, old: ArtifactState, stage: StageName): boolean {
  const [there, here] = [currentIn(artifact, stage)?.version, currentIn(old, stage)?.version];
  if (here === undefined) return true;
  // only a later event brings a deprecated artifact back
  if (there === undefined || artifact.deprecated) return false;
  if (there.id === here.id) return true;
  throw new RegError(
    'STAGE_TAKEN',
    `${artifact.name} ${versionLabel(there.id)} is current in ${stage}, and ${old.name} ${versionLabel(here.id)} is too`,
    `decide which of them stays, with: reg unassign ${artifact.name} ${stage}, or reg unassign ${old.name} ${stage}`,
  );
}

const nothingNew = ({ name }: ArtifactState, { name: old }: ArtifactState): RegError =>
  new RegError(
    'UNKNOWN_VERSION',
    `${name} is deprecated and has all that ${old} has, so nothing would bring it back`,
    `register the next version under that name: reg register ${name}, then: reg deprecate ${old} --successor ${name}`,
  );

const inUse = ({ name }: ArtifactState, { name: old }: ArtifactState): RegError =>
  new RegError(
    'ALREADY_REGISTERED',
    `${name} is another artifact, which is in use`,
    `choose another name, or add --force to give it the versions of ${old} too`,
  );

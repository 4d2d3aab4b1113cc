// one file a function, so that the bundle leaves out ranges and their parser
import inc from 'semver/functions/inc.js';
import parse from 'semver/functions/parse.js';
import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import {
  type ArtifactState,
  currentIn,
  isStageEvent,
  latestVersion,
  type ResolvedEvent,
  stagesUsed,
  type VersionState,
  versionsGreatestFirst,
  versionsInStage,
} from './artifact.js';
import type { Oid } from './event.js';
import { findLeaving, findVersion, unknownArtifact, versionLabel } from './find.js';
import type { ArtifactName, StageName } from './names.js';
import { type Draft, type Plan, planTags, type Snapshot } from './plan.js';
import type { VersionId } from './state.js';
import { formatTime } from './time.js';
import { allIntervals } from './timeline.js';
import { splitMessage } from './trailers.js';
import { compareVersions, FIRST_VERSION, type Version, version } from './version.js';
import { refuseStageInOtherCase, refuseUnwritableStage } from './writable.js';

/** A request to register the model at a commit as a version. */
export interface RegisterRequest {
  commit: Oid;
  /** The version to register; without it another one is raised. */
  version?: Version | undefined;
  /** The version that is raised, with or without the leading `v`; the latest by default. */
  from?: string | undefined;
  bump?: Bump | undefined;
  /** The word of a pre-release: `rc` gives `v1.2.1-rc.0`. */
  preid?: string | undefined;
  message?: string | undefined;
  /** Allows a second active version at one commit, and another version of the same bytes. */
  force?: boolean | undefined;
  /** Whether the commit declares what the version that is raised declares, with the same bytes. */
  isBaseAgain?: boolean | undefined;
}

// What a write decides: docs/specification.md, 3 State. Every plan is made from a snapshot and a request alone.

/**
 * Plans the registration of a version. Where others write too, they or an attempt whose answer was lost may have registered
 * the same version at the same commit: then nothing is left to do.
 * @throws RegError ALREADY_REGISTERED, COMMIT_TAKEN, and those of `planTags`
 */
export function planRegister(snapshot: Snapshot, request: RegisterRequest): Plan {
  const { artifact, shared } = snapshot;
  const same = request.version && artifact.versions.get(request.version);
  if (shared && same?.registered && same.active && same.commit === request.commit)
    return { tags: [], note: `${registeredBy(artifact, same)}, as was asked`, standing: same.event };
  const base = raisedVersion(artifact, request.from);
  if (base && isNothingNew(request))
    return {
      tags: [],
      note: `${artifact.name} ${base.id} has these bytes already; --version or --bump${base.commit === request.commit ? ', with --force,' : ''} gives them another number`,
      standing: registrationOf(artifact, base),
    };
  const plan = planTags(snapshot, [draftRegistration(snapshot, request)]);
  if (!base || !request.isBaseAgain) return plan;
  return { ...plan, note: `these are the bytes of ${artifact.name} ${base.id}` };
}

/** Whether a registration would give the bytes of the version that is raised another number, which was not asked for. */
const isNothingNew = ({ version, bump, force, isBaseAgain }: RegisterRequest): boolean =>
  isBaseAgain === true && version === undefined && bump === undefined && !force;

/**
 * The version that a registration raises: the one that a request names, else the latest. Undefined for a first registration.
 * @throws RegError INVALID_VERSION, UNKNOWN_VERSION
 */
export function raisedVersion(artifact: ArtifactState, from: string | undefined): VersionState | undefined {
  if (from === undefined) return latestVersion(artifact);
  const found = findVersion(artifact, version(from), WITHDRAWN);
  if (found.registered) return found;
  throw new RegError(
    'UNKNOWN_VERSION',
    `${artifact.name} ${found.id} is not registered`,
    `see which versions are: reg show ${artifact.name}`,
  );
}

/** The event that registered a version; its last event where an old one is no longer here. */
const registrationOf = ({ events }: ArtifactState, { id, event }: VersionState): ResolvedEvent =>
  events.findLast((one) => one.kind === 'registration' && one.version === id) ?? event;

/** The draft of a registration; an assignment may need one too. */
function draftRegistration(snapshot: Snapshot, request: RegisterRequest): Draft {
  const { artifact } = snapshot;
  const version = request.version ?? nextVersion(artifact, request);
  const known = artifact.versions.get(version);
  if (known?.registered && known.active) throw alreadyRegistered(artifact, known, request);
  const here = request.force ? undefined : activeAt(artifact, request.commit);
  if (here && !isReleaseOf(version, here.id))
    throw new RegError(
      'COMMIT_TAKEN',
      `${artifact.name} ${here.id} is already registered at this commit, ${short(request.commit)}`,
      'commit the change that makes a new version, or add --force for a second version of the same bytes',
    );
  const event = { kind: 'registration', artifact: artifact.name, version } as const;
  return { event, commit: request.commit, of: version, message: request.message };
}

/**
 * The version that follows the one that is raised. A version that any event names is passed over, so that one version never
 * names two sets of bytes unless a request names it.
 */
export function nextVersion(
  artifact: ArtifactState,
  { from, bump, preid }: Pick<RegisterRequest, 'from' | 'bump' | 'preid'> = {},
): Version {
  const base = raisedVersion(artifact, from);
  let next = base ? bumpVersion(base.id as Version, bump ?? 'patch', preid) : firstVersion(bump, preid);
  const taken = artifact.versions.get(next);
  if (base && bump === 'release' && taken?.registered && taken.active)
    throw new RegError(
      'ALREADY_REGISTERED',
      `${artifact.name} ${next}, the release of ${base.id}, is already registered`,
      'raise another part of it: --bump patch, minor or major',
    );
  while (artifact.versions.has(next) || isAfterItsRelease(artifact, next))
    next = isAfterItsRelease(artifact, next)
      ? bumpVersion(coreOf(next), 'prerelease', preid)
      : bumpVersion(next, bump === 'release' ? 'patch' : (bump ?? 'patch'), preid);
  if (base && compareVersions(next, base.id as Version) < 0)
    throw new RegError(
      'INVALID_VERSION',
      `${next} comes before ${base.id}, by the order of their words`,
      'choose a word that comes after it for --preid, or name the version with --version',
    );
  return next;
}

const coreOf = (version: Version): Version => version.replace(/[-+].*$/, '') as Version;

/** Whether a version is a pre-release of one that is out already. */
const isAfterItsRelease = ({ versions }: ArtifactState, version: Version): boolean =>
  coreOf(version) !== version && versions.has(coreOf(version));

/** The first version, counted from v0.0.0 where a part is to be raised. */
const firstVersion = (bump: Bump | undefined, preid: string | undefined): Version =>
  bump === undefined || bump === 'release' ? FIRST_VERSION : bumpVersion('v0.0.0' as Version, bump, preid);

/** Whether a version is the release that a pre-release led to: v1.2.0 after v1.2.0-rc.1. */
const isReleaseOf = (version: Version, before: VersionId): boolean => before.startsWith(`${version}-`);

/** The active registered version at a commit, the one registered last where there are several. */
function activeAt(artifact: ArtifactState, commit: Oid): VersionState | undefined {
  return [...artifact.versions.values()]
    .filter((version) => version.registered && version.active && version.commit === commit)
    .sort((a, b) => b.event.place - a.event.place)[0];
}

function alreadyRegistered(
  artifact: ArtifactState,
  version: VersionState,
  { commit }: RegisterRequest,
): RegError {
  // a second version of one commit takes consent
  const force = activeAt(artifact, commit) === undefined ? '' : ' --force';
  const hint = `choose another version, or raise the latest with: reg register ${artifact.name} --bump patch${force}`;
  return new RegError('ALREADY_REGISTERED', registeredBy(artifact, version), hint);
}

const registeredBy = ({ name }: ArtifactState, { id, event, commit }: VersionState): string =>
  `${name} ${id} is already registered: ${event.tagger.name} registered it on ${formatTime(event.time)} at ${short(commit)}`;

/** A request to put a version into a stage: a version by its id, or the one at a commit. */
export interface AssignRequest {
  stage: StageName;
  target: { version: string } | { commit: Oid };
  /** Assigns a commit without a version as it is, instead of registering one first. */
  noRegister?: boolean | undefined;
  message?: string | undefined;
  /** Whether the commit declares what the latest version declares, with the same bytes. */
  isLatestAgain?: boolean | undefined;
}

/**
 * Plans the assignment of a version to a stage. The plan has no tag when the version is the current one there, and two when
 * it has to be registered first.
 * @throws RegError UNKNOWN_VERSION, DEREGISTERED, UNKNOWN_STAGE, INVALID_STAGE, NAME_CASE, and those of `planRegister`
 */
export function planAssign(snapshot: Snapshot, request: AssignRequest): Plan {
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

/** The version of a request, where there is one already. */
function targetOf(
  artifact: ArtifactState,
  { target, noRegister, isLatestAgain }: AssignRequest,
): VersionState | undefined {
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
  // the versions at this commit were deregistered: it gets no new number on the way, and without one it would be read as
  // the old version
  const past = artifact.events.findLast(
    (event) => event.kind === 'registration' && event.commit === target.commit,
  );
  if (past?.kind === 'registration')
    throw deregistered(artifact, past.version, past.commit, 'is no longer registered at this commit');
  if (noRegister) return artifact.versions.get(target.commit);
  return isLatestAgain ? latestVersion(artifact) : undefined;
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

/** How a version is found that is taken out of something. */
const WITHDRAWN = { withdraws: true } as const;

/** What requests to withdraw share. */
interface WithdrawRequest {
  message?: string | undefined;
  /** Writes the event even when it changes nothing. */
  force?: boolean | undefined;
}

/**
 * Plans to take a version out of a stage; without a version, every one that is in it.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_VERSION, UNKNOWN_STAGE
 */
export function planUnassign(
  snapshot: Snapshot,
  stage: StageName,
  id: string | undefined,
  { message, force }: WithdrawRequest,
): Plan {
  const { artifact, stages } = snapshot;
  if (stage.includes('/')) refuseUnwritableStage(stage, snapshot);
  if (id === undefined) {
    findLeaving(artifact, stage, stages);
    return noting(planTags(snapshot, emptying(artifact, stage, message)), isEmpty(artifact, stage));
  }
  const version = findVersion(artifact, id, WITHDRAWN);
  if (!force && !versionsInStage(artifact, stage).some((held) => held.version.id === version.id))
    throw new RegError(
      'NOTHING_IN_STAGE',
      `${artifact.name} ${versionLabel(version.id)} is not in stage ${stage}`,
      `see what is, with: reg which ${artifact.name} ${stage} --all`,
    );
  const plan = planTags(snapshot, [unassigning(artifact, stage, version, message)]);
  return noting(plan, whatFollows(artifact, stage, version));
}

const unassigning = (
  { name }: ArtifactState,
  stage: StageName,
  { commit, id }: VersionState,
  message: string | undefined,
): Draft => ({ event: { kind: 'unassignment', artifact: name, stage }, commit, of: id, message });

/** The drafts that empty a stage. What is current leaves last, so that no other version is current on the way. */
const emptying = (artifact: ArtifactState, stage: StageName, message: string | undefined): Draft[] =>
  versionsInStage(artifact, stage)
    .reverse()
    .map(({ version }) => unassigning(artifact, stage, version, message));

/**
 * Plans to move an artifact from one stage to another: the current version comes into the new one, and every version leaves the old one.
 * A deprecated artifact stays deprecated. The plan has no tag where the old stage is empty.
 * @throws RegError UNKNOWN_STAGE, INVALID_STAGE, NAME_CASE, STAGE_TAKEN where another version is current in the new stage
 */
export function planRenameStage(
  snapshot: Snapshot,
  from: StageName,
  to: StageName,
  message: string | undefined,
): Plan {
  const { artifact, stages } = snapshot;
  if (stages !== undefined && !stages.includes(to))
    throw new RegError(
      'UNKNOWN_STAGE',
      `'${to}' is not among the stages that the configuration allows`,
      `add ${to} to stages: in .reg.yaml, then rename`,
    );
  refuseUnwritableStage(to, snapshot);
  if (from.includes('/')) refuseUnwritableStage(from, snapshot);
  const held = currentIn(artifact, from)?.version;
  if (held === undefined) return { tags: [] };
  refuseStageInOtherCase(to, snapshot);
  const there = currentIn(artifact, to)?.version;
  if (there !== undefined && there !== held)
    throw new RegError(
      'STAGE_TAKEN',
      `${artifact.name} ${versionLabel(there.id)} is current in ${to}, and ${versionLabel(held.id)} in ${from}`,
      `decide which of them stays, with: reg unassign ${artifact.name} ${to}, or reg unassign ${artifact.name} ${from}`,
    );
  const event = { kind: 'assignment', artifact: artifact.name, stage: to } as const;
  const last = artifact.events.at(-1);
  return planTags(snapshot, [
    ...(there === held ? [] : [{ event, commit: held.commit, of: held.id, message }]),
    ...emptying(artifact, from, message),
    ...(artifact.deprecated && last ? [deprecating(last, last.message, last.successor)] : []),
  ]);
}

/**
 * Plans the deregistration of a version.
 * @throws RegError UNKNOWN_VERSION when it is not registered, DEREGISTERED when that already happened
 */
export function planDeregister(snapshot: Snapshot, id: string, { message, force }: WithdrawRequest): Plan {
  const { artifact } = snapshot;
  const version = findVersion(artifact, id, WITHDRAWN);
  if (version.event.kind !== 'registration' && version.event.kind !== 'deregistration')
    throw new RegError('UNKNOWN_VERSION', `${artifact.name} ${versionLabel(version.id)} is not registered`);
  if (!version.active && !force)
    throw new RegError('DEREGISTERED', `${artifact.name} ${version.id} is already deregistered`);
  const event = { kind: 'deregistration', artifact: artifact.name, version: version.event.version } as const;
  const plan = planTags(snapshot, [{ event, commit: version.commit, of: version.id, message }]);
  const notes = stagesUsed(artifact)
    .filter((stage) => currentIn(artifact, stage)?.version === version)
    .map((stage) => whatFollows(artifact, stage, version));
  return noting(plan, ...notes);
}

/** A plan with more to say. */
function noting(plan: Plan, ...notes: readonly string[]): Plan {
  const all = [...notes, plan.note].filter((note) => note !== undefined);
  return all.length === 0 ? plan : { ...plan, note: all.join('\n') };
}

/** The note about the version that is current in a stage after another one leaves it. */
function whatFollows(artifact: ArtifactState, stage: StageName, gone: VersionState): string {
  const next = versionsInStage(artifact, stage).find((held) => held.version !== gone);
  return next
    ? `${artifact.name} ${versionLabel(next.version.id)} is current in ${stage} now`
    : isEmpty(artifact, stage);
}

const isEmpty = ({ name }: ArtifactState, stage: StageName): string =>
  `no version of ${name} is in ${stage} any more`;

/** A request to deprecate an artifact. */
export interface DeprecateRequest extends WithdrawRequest {
  /** The artifact that takes its place. */
  successor?: ArtifactName | undefined;
}

/**
 * Plans the deprecation of an artifact. One that is deprecated already gets another event for another message or successor, and
 * keeps the successor that it has; for anything else the plan has no tag.
 */
export function planDeprecate(snapshot: Snapshot, { message, force, successor }: DeprecateRequest): Plan {
  const { artifact } = snapshot;
  const last = artifact.events.at(-1);
  if (last === undefined) throw unknownArtifact(artifact.name, snapshot.otherArtifacts, snapshot.mayLack);
  const next = successor ?? (artifact.deprecated ? last.successor : undefined);
  const isNews = next !== last.successor || isOtherMessage(message, last);
  if (artifact.deprecated && !force && !isNews)
    return { tags: [], note: `${artifact.name} already is deprecated`, standing: last };
  return planTags(snapshot, [deprecating(last, message, next)]);
}

const isOtherMessage = (message: string | undefined, last: ResolvedEvent): boolean =>
  message !== undefined && message.trim() !== '' && splitMessage(message).text !== last.message;

const deprecating = (
  { artifact, commit }: ResolvedEvent,
  message: string | undefined,
  successor: ArtifactName | undefined,
): Draft => ({ event: { kind: 'deprecation', artifact }, commit, of: undefined, message, successor });

/**
 * Plans to assign again what was current in a stage before the current version. Versions that were deregistered since are
 * passed over. With `force` the stage may be empty now.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_STAGE, UNKNOWN_VERSION when nothing else was ever current there
 */
export function planRollback(
  snapshot: Snapshot,
  stage: StageName,
  { message, force }: WithdrawRequest,
): Plan {
  const { artifact, stages } = snapshot;
  const current = currentIn(artifact, stage) ?? (force ? undefined : findLeaving(artifact, stage, stages));
  const earlier = allIntervals(artifact, stage)
    // a commit that was assigned without a version may have one by now
    .map(({ version }) => artifact.versions.get(version) ?? activeAt(artifact, version))
    .findLast((version) => version?.active && version.id !== current?.version.id);
  if (earlier) {
    const plan = planAssign(snapshot, { stage, target: { version: earlier.id }, message });
    return noting(plan, `${artifact.name} ${versionLabel(earlier.id)} is current in ${stage} again`);
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

/** The plan that deletes events, newest first, so that an event never names one that is deleted before it. */
function deleting(artifact: ArtifactState, concerned: (event: ResolvedEvent) => boolean): Plan {
  return { tags: [], deletes: artifact.events.filter(concerned).reverse() };
}

/**
 * Plans to delete the assignments and unassignments of a version and a stage; without a version, of every one that is in it.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_VERSION, UNKNOWN_STAGE
 */
export function planDeleteAssignments({ artifact, stages }: Snapshot, stage: StageName, id?: string): Plan {
  const moves = (ids: readonly VersionId[]): Plan =>
    deleting(artifact, (event) => isStageEvent(event) && event.stage === stage && ids.includes(event.of));
  if (id === undefined) {
    findLeaving(artifact, stage, stages);
    const plan = moves(versionsInStage(artifact, stage).map(({ version }) => version.id));
    return noting(plan, isEmpty(artifact, stage));
  }
  const version = findVersion(artifact, id, WITHDRAWN);
  const plan = moves([version.id]);
  if (plan.deletes?.length) return noting(plan, whatFollows(artifact, stage, version));
  throw new RegError(
    'NOTHING_IN_STAGE',
    `${artifact.name} ${versionLabel(version.id)} was never in stage ${stage}`,
  );
}

/**
 * Plans to delete all events of a version.
 * @throws RegError UNKNOWN_VERSION
 */
export function planDeleteVersion({ artifact }: Snapshot, id: string): Plan {
  const version = findVersion(artifact, id, WITHDRAWN);
  return deleting(artifact, (event) => event.of === version.id);
}

/** Plans to delete all events of an artifact. */
export const planDeleteArtifact = ({ artifact }: Snapshot): Plan => deleting(artifact, () => true);

/**
 * Plans to delete the assignments of the version that is current in a stage, so that the next one becomes current.
 * @throws RegError NOTHING_IN_STAGE, UNKNOWN_STAGE, UNKNOWN_VERSION when no other version is in the stage
 */
export function planDeleteCurrent(snapshot: Snapshot, stage: StageName): Plan {
  const { artifact } = snapshot;
  const { version } = findLeaving(artifact, stage, snapshot.stages);
  if (versionsInStage(artifact, stage).length > 1) return planDeleteAssignments(snapshot, stage, version.id);
  throw new RegError(
    'UNKNOWN_VERSION',
    `no other version of ${artifact.name} is in ${stage}, so deleting would leave it empty`,
    `roll back without --delete, or empty it with: reg unassign ${artifact.name} ${stage} --delete`,
  );
}

/** Which part of a version to raise. */
export type Bump = 'major' | 'minor' | 'patch' | 'prerelease' | 'release';

/**
 * The next version after `from`, by the rules of npm's semver: a pre-release is raised to its release, and by `prerelease` to the
 * next one; any other version by `prerelease` to the first one of its next patch.
 * @param preid the word of a pre-release: `rc` gives `v1.2.1-rc.0`
 * @throws RegError INVALID_VERSION when a number would get too large to be read again, or `preid` is no identifier
 */
export function bumpVersion(from: Version, bump: Bump, preid?: string): Version {
  if (bump === 'release' && !parse(from)?.prerelease.length)
    throw new RegError(
      'INVALID_VERSION',
      `${from} is no pre-release, so there is nothing to release`,
      'raise it with --bump patch, minor or major',
    );
  const raised = preid === undefined ? inc(from, bump) : preid && inc(from, bump, preid);
  if (!raised && preid !== undefined)
    throw new RegError(
      'INVALID_VERSION',
      `'${preid}' cannot name a pre-release`,
      'write letters, digits and dashes, such as --preid rc',
    );
  return version(raised || 'none');
}

import {
  type AssignRequest,
  type Bump,
  planAssign,
  planDeleteArtifact,
  planDeleteAssignments,
  planDeleteCurrent,
  planDeleteVersion,
  planDeprecate,
  planDeregister,
  planRegister,
  planRollback,
  planUnassign,
  raisedVersion,
} from '../domain/actions.js';
import { latestVersion, type VersionState, versionsGreatestFirst } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { known } from '../domain/find.js';
import { type ArtifactName, artifactName, stageName } from '../domain/names.js';
import type { Plan, Snapshot } from '../domain/plan.js';
import { parseVersionTarget } from '../domain/target.js';
import { version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { memoize } from '../util/async.js';
import { type RegistryContext, requireCommit } from './context.js';
import { type DeclaredAt, isSameModel, refuseUncommitted, unlessUnreadable } from './declared-model.js';
import { placeOf } from './former-names.js';
import { hintAtSwapped, meantInWrite } from './meant.js';
import { latest, requireArtifact } from './queries.js';
import { type WriteOptions, type Written, write } from './write.js';

/** How to register. */
export interface RegisterOptions extends WriteOptions {
  /** A branch, tag or commit id; HEAD by default. */
  rev?: string | undefined;
  /** With or without the leading `v`; without it another version is raised. */
  version?: string | undefined;
  /** The version that is raised, in place of the latest: `v1.2.0` gives `v1.2.1` while `v2.0.0` exists. */
  from?: string | undefined;
  /** Which part is raised; `patch` by default. */
  bump?: Bump | undefined;
  /** The word of a pre-release, with `bump: 'prerelease'`. */
  preid?: string | undefined;
  /** Allows a second active version at one commit. */
  force?: boolean | undefined;
}

/** Registers the model at a commit as a version. `target` is an artifact or `artifact@version`. */
export async function register(
  context: RegistryContext,
  target: string,
  options: RegisterOptions,
): Promise<Written> {
  const asked = await askedOf(context, options);
  const { artifact, id } = await versionTarget(context, target, asked.version);
  const { from, bump, preid, message, force, unlinked } = options;
  if (id !== undefined && (bump !== undefined || from !== undefined))
    throw new RegError(
      'USAGE',
      'a version is either given or raised, not both',
      `leave out the version or ${bump === undefined ? '--from' : '--bump'}`,
    );
  if (preid !== undefined && bump !== 'prerelease')
    throw new RegError(
      'USAGE',
      'only a pre-release has a word',
      'add --bump prerelease, or leave out --preid',
    );
  const wanted = id === undefined ? undefined : version(id);
  const commit = await requireCommit(context, asked.rev ?? 'HEAD');
  if (asked.rev === undefined && !unlinked)
    await refuseUncommitted(
      context,
      artifact,
      commit,
      `register what is committed with: reg register ${target} HEAD`,
    );
  const request = { commit, version: wanted, from, bump, preid, message, force };
  const lineNote = otherLineNote(context, commit);
  const plan = async (snapshot: Snapshot, declared: DeclaredAt): Promise<Plan> => {
    const base = raisedVersion(snapshot.artifact, from);
    const isBaseAgain = await isAgain(base, commit, declared, options);
    const planned = planRegister(snapshot, { ...request, isBaseAgain });
    return wanted === undefined && from === undefined ? lineNote(snapshot, planned) : planned;
  };
  return write(context, artifact, plan, options);
}

/** The rev and the version that were asked for: `register churn 1.2.0` means the version where `1.2.0` names no commit. */
async function askedOf(
  context: RegistryContext,
  { rev, version: given }: RegisterOptions,
): Promise<Pick<RegisterOptions, 'rev' | 'version'>> {
  // `1.2` is the beginning of one, which is an error that says so
  const isVersion = rev !== undefined && /^v?\d+(\.\d+){1,2}([-+].*)?$/.test(rev);
  if (!isVersion || (await context.repository.objects.commit(rev)) !== undefined)
    return { rev, version: given };
  if (given === undefined) return { rev: undefined, version: rev };
  throw new RegError('USAGE', `both ${rev} and ${given} are named as the version`, 'give one of them');
}

/**
 * Whether a commit is that of a version, or declares the same with the same bytes.
 * @throws RegError what reading the declaration of the commit throws
 */
async function isAgain(
  version: VersionState | undefined,
  commit: Oid,
  declared: DeclaredAt,
  { unlinked }: WriteOptions,
): Promise<boolean> {
  if (version === undefined || version.commit === commit) return version !== undefined;
  if (unlinked) return false;
  // an old declaration that cannot be read is not this one
  return isSameModel(await declared({ commit }), await declared(placeOf(version)).catch(unlessUnreadable));
}

/**
 * Makes a function that adds a note to a plan which raises the latest version. It does so where the commit descends from an older version
 * and not from the latest. Where history is not here as a whole, there is no note. Git is asked once where the commit does descend from the latest.
 */
function otherLineNote(
  { repository }: RegistryContext,
  commit: Oid,
): (snapshot: Snapshot, plan: Plan) => Promise<Plan> {
  const baseWith = memoize((other: Oid) => repository.history.mergeBase(other, commit));
  return async ({ artifact }, plan) => {
    const latest = latestVersion(artifact);
    const raised = plan.tags.find(({ event }) => event.kind === 'registration');
    const older = versionsGreatestFirst(artifact).filter(
      (one) => one.registered && one.active && one !== latest && one.commit !== latest?.commit,
    );
    if (raised === undefined || latest === undefined || older.length === 0) return plan;
    const fork = await baseWith(latest.commit);
    if (fork === undefined || fork === latest.commit) return plan;
    const off = await repository.branches
      ?.strays(
        commit,
        older.map((one) => one.commit),
      )
      .catch(unlessShallow);
    const line = off && older.find((one) => !off.has(one.commit));
    if (line === undefined) return plan;
    const note = `${raised.of} raises the latest, ${latest.id}; the commit descends from ${line.id} and not from it, whose line is raised with --from ${line.id}`;
    return { ...plan, note: plan.note === undefined ? note : `${plan.note}\n${note}` };
  };
}

function unlessShallow(error: unknown): undefined {
  if (error instanceof RegError && error.code === 'SHALLOW') return undefined;
  throw error;
}

/** How to assign: a version, or the one at a rev, by default at HEAD. */
export interface AssignOptions extends WriteOptions {
  version?: string | undefined;
  rev?: string | undefined;
  /** Assigns a commit without a version as it is, instead of registering one first. */
  noRegister?: boolean | undefined;
}

/** Puts a version into a stage. `target` is an artifact, `artifact@version` or `artifact@latest`. */
export async function assign(
  context: RegistryContext,
  target: string,
  stage: string,
  options: AssignOptions,
): Promise<Written> {
  const { artifact, id } = await versionTarget(context, target, options.version);
  const { rev, noRegister, message } = options;
  if (id !== undefined && rev !== undefined)
    throw new RegError(
      'USAGE',
      'both a version and a rev are given',
      'give one of artifact@version, --version and --rev',
    );
  const wanted = stageName(stage);
  if (id !== undefined) {
    const request = { stage: wanted, target: { version: id }, noRegister, message };
    const planned = write(context, artifact, (snapshot) => planAssign(known(snapshot), request), options);
    return planned.catch(swapped(context, 'assign', target, stage));
  }
  const commit = await requireCommit(context, rev ?? 'HEAD');
  if (rev === undefined && !options.unlinked)
    await refuseUncommitted(
      context,
      artifact,
      commit,
      `assign what is committed with: reg assign ${target} ${stage} --rev HEAD`,
    );
  const request: AssignRequest = { stage: wanted, target: { commit }, noRegister, message };
  const lineNote = otherLineNote(context, commit);
  const plan = async (snapshot: Snapshot, declared: DeclaredAt): Promise<Plan> => {
    const latest = latestVersion(snapshot.artifact);
    const isLatestAgain = await isAgain(latest, commit, declared, options);
    return lineNote(snapshot, planAssign(snapshot, { ...request, isLatestAgain }));
  };
  return write(context, artifact, plan, options).catch(swapped(context, 'assign', target, stage));
}

/** How to withdraw: with an event, or with `delete` by deleting the tags of events. */
export interface WithdrawOptions extends WriteOptions {
  version?: string | undefined;
  /** Writes the event even when it changes nothing. */
  force?: boolean | undefined;
}

/** Takes a version out of a stage. `target` is an artifact, whose current version is meant, or `artifact@version`. */
export async function unassign(
  context: RegistryContext,
  target: string,
  stage: string,
  options: WithdrawOptions,
): Promise<Written> {
  const { artifact, id } = await versionTarget(context, target, options.version);
  const wanted = stageName(stage);
  return withdraw(context, artifact, options, {
    event: (snapshot) => planUnassign(snapshot, wanted, id, options),
    deletion: (snapshot) => planDeleteAssignments(snapshot, wanted, id),
  }).catch(swapped(context, 'unassign', target, stage));
}

/** Takes back the registration of a version. */
export async function deregister(
  context: RegistryContext,
  target: string,
  options: WithdrawOptions,
): Promise<Written> {
  const { artifact, id } = await versionTarget(context, target, options.version);
  if (id === undefined)
    throw new RegError(
      'USAGE',
      'which version?',
      `write reg deregister ${artifact}@VERSION; see: reg show ${artifact}`,
    );
  return withdraw(context, artifact, options, {
    event: (snapshot) => planDeregister(snapshot, id, options),
    deletion: (snapshot) => planDeleteVersion(snapshot, id),
  });
}

/** How to deprecate. */
export interface DeprecateOptions extends WithdrawOptions {
  /** The artifact that takes its place; it must be registered. */
  successor?: string | undefined;
}

/** Marks an artifact as no longer in use. */
export async function deprecate(
  context: RegistryContext,
  name: string,
  options: DeprecateOptions,
): Promise<Written> {
  const artifact = await meantInWrite(context, artifactName(name));
  const successor = await requireSuccessor(context, artifact, options);
  const request = { message: options.message, force: options.force, successor };
  return withdraw(context, artifact, options, {
    event: (snapshot) => planDeprecate(snapshot, request),
    deletion: planDeleteArtifact,
  });
}

async function requireSuccessor(
  context: RegistryContext,
  artifact: ArtifactName,
  options: DeprecateOptions,
): Promise<ArtifactName | undefined> {
  if (options.successor === undefined) return undefined;
  if (options.delete)
    throw new RegError('USAGE', 'deleted history names no successor', 'leave out --successor or --delete');
  const successor = await meantInWrite(context, artifactName(options.successor));
  if (successor === artifact)
    throw new RegError('USAGE', `${artifact} cannot be its own successor`, 'name another artifact');
  await requireArtifact(context, successor);
  return successor;
}

/** Assigns what was current in a stage before the current version. */
export async function rollback(
  context: RegistryContext,
  name: string,
  stage: string,
  options: WithdrawOptions,
): Promise<Written> {
  const wanted = stageName(stage);
  return withdraw(context, await meantInWrite(context, artifactName(name)), options, {
    event: (snapshot) => planRollback(snapshot, wanted, options),
    deletion: (snapshot) => planDeleteCurrent(snapshot, wanted),
  }).catch(swapped(context, 'rollback', name, stage));
}

/** A handler for `catch` of a command that takes an artifact and a stage. */
const swapped = (context: RegistryContext, command: string, target: string, stage: string) =>
  hintAtSwapped(context, target, stage, command, stage, target);

/** Writes what withdraws something of a known artifact: an event, or a deletion. */
const withdraw = (
  context: RegistryContext,
  artifact: ArtifactName,
  options: WithdrawOptions,
  plans: Record<'event' | 'deletion', (snapshot: Snapshot) => Plan>,
): Promise<Written> =>
  write(
    context,
    artifact,
    (snapshot) => plans[options.delete ? 'deletion' : 'event'](known(snapshot)),
    options,
  );

/**
 * The artifact and version that `artifact@version` and `--version`, which mean the same, name together.
 * @throws RegError USAGE when both name one
 */
export async function versionTarget(
  context: RegistryContext,
  target: string,
  given: string | undefined,
): Promise<{ artifact: ArtifactName; id: string | undefined }> {
  const named = parseVersionTarget(target);
  if (named.which !== undefined && given !== undefined)
    throw new RegError('USAGE', 'the version is named twice', 'give either artifact@version or --version');
  const artifact = await meantInWrite(context, named.artifact);
  const { which } = given === undefined ? named : parseVersionTarget(`${artifact}@${given}`);
  if (which?.kind === 'latest') return { artifact, id: (await latest(context, artifact, {})).version };
  return { artifact, id: which?.id };
}

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
} from '../domain/actions.js';
import { known } from '../domain/find.js';
import { type ArtifactName, artifactName, type StageName, stageName } from '../domain/names.js';
import { parseVersionTarget } from '../domain/target.js';
import { version } from '../domain/version.js';
import { type ErrorCode, RegError } from '../errors.js';
import { type RegistryContext, requireCommit } from './context.js';
import { latest } from './queries.js';
import { readArtifactNames } from './read.js';
import { type WriteOptions, type Written, write } from './write.js';

/** How to register. */
export interface RegisterOptions extends WriteOptions {
  /** A branch, tag or commit id; HEAD by default. */
  rev?: string | undefined;
  /** With or without the leading `v`; without it the latest version is raised. */
  version?: string | undefined;
  bump?: Bump | undefined;
  /** Allows a second active version at one commit. */
  force?: boolean | undefined;
}

/** Registers the model at a commit as a version. `target` is an artifact or `artifact@version`. */
export async function register(
  context: RegistryContext,
  target: string,
  options: RegisterOptions,
): Promise<Written> {
  const { artifact, id } = await versionTarget(context, target, options.version);
  if (id !== undefined && options.bump !== undefined)
    throw new RegError(
      'USAGE',
      'a version is either given or raised, not both',
      'leave out the version or --bump',
    );
  const wanted = id === undefined ? undefined : version(id);
  const commit = await requireCommit(context, options.rev ?? 'HEAD');
  const { bump, message, force } = options;
  const request = { commit, version: wanted, bump, message, force };
  return write(context, artifact, (snapshot) => planRegister(snapshot, request), options);
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
  const chosen = id === undefined ? { commit: await requireCommit(context, rev ?? 'HEAD') } : { version: id };
  const request: AssignRequest = { stage: wanted, target: chosen, noRegister, message };
  return write(
    context,
    artifact,
    (snapshot) => planAssign(id === undefined ? snapshot : known(snapshot), request),
    options,
  ).catch(hintAtSwapped(context, artifact, wanted));
}

const MAY_BE_SWAPPED: ReadonlySet<ErrorCode> = new Set(['NOT_DECLARED', 'UNKNOWN_STAGE', 'UNKNOWN_ARTIFACT']);

/** Where the stage is an artifact and the artifact is none, the two were swapped. */
const hintAtSwapped =
  (context: RegistryContext, artifact: ArtifactName, stage: StageName) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof RegError) || !MAY_BE_SWAPPED.has(error.code)) throw error;
    const names: readonly string[] = await readArtifactNames(context.repository.tags);
    if (names.includes(artifact) || !names.includes(stage)) throw error;
    throw new RegError(error.code, error.message, `did you mean: reg assign ${stage} ${artifact}`);
  };

/** How to withdraw: to say that something no longer holds, or with `delete` that it never did. */
export interface WithdrawOptions extends WriteOptions {
  version?: string | undefined;
  /** Writes the event even when it changes nothing. */
  force?: boolean | undefined;
  /** Deletes the tags concerned instead of adding one. */
  delete?: boolean | undefined;
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
  return write(
    context,
    artifact,
    (snapshot) =>
      options.delete
        ? planDeleteAssignments(known(snapshot), wanted, id)
        : planUnassign(known(snapshot), wanted, id, options),
    options,
  );
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
  return write(
    context,
    artifact,
    (snapshot) =>
      options.delete ? planDeleteVersion(known(snapshot), id) : planDeregister(known(snapshot), id, options),
    options,
  );
}

/** Marks an artifact as no longer in use. */
export function deprecate(
  context: RegistryContext,
  name: string,
  options: WithdrawOptions,
): Promise<Written> {
  return write(
    context,
    artifactName(name),
    (snapshot) =>
      options.delete ? planDeleteArtifact(known(snapshot)) : planDeprecate(known(snapshot), options),
    options,
  );
}

/** Assigns what was current in a stage before the current version. */
export function rollback(
  context: RegistryContext,
  name: string,
  stage: string,
  options: WithdrawOptions,
): Promise<Written> {
  const wanted = stageName(stage);
  return write(
    context,
    artifactName(name),
    (snapshot) =>
      options.delete
        ? planDeleteCurrent(known(snapshot), wanted)
        : planRollback(known(snapshot), wanted, options),
    options,
  );
}

/**
 * The artifact and version that `artifact@version` and `--version` name together (SPEC §5: they mean the same).
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
  const { artifact, which } = given === undefined ? named : parseVersionTarget(`${named.artifact}@${given}`);
  if (which?.kind === 'latest') return { artifact, id: (await latest(context, artifact, {})).version };
  return { artifact, id: which?.id };
}

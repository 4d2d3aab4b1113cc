import type { Bump } from '../domain/bump.js';
import { type AssignRequest, decideAssign } from '../domain/decide/assign.js';
import { decideRegister } from '../domain/decide/register.js';
import { known } from '../domain/find.js';
import { type ArtifactName, type StageName, stageName } from '../domain/names.js';
import { version } from '../domain/version.js';
import { type ErrorCode, RegError } from '../errors.js';
import { type RegistryContext, requireCommit } from './context.js';
import { readArtifactNames } from './read.js';
import { versionTarget } from './version-target.js';
import { type Written, write } from './write.js';
import type { WriteOptions } from './write-options.js';

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
  return write(context, artifact, (snapshot) => decideRegister(snapshot, request), options);
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
    (snapshot) => decideAssign(id === undefined ? snapshot : known(snapshot), request),
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

import { type AssignRequest, decideAssign } from '../domain/decide/assign.js';
import { decideRegister } from '../domain/decide/register.js';
import { decideRollback } from '../domain/decide/rollback.js';
import { artifactName, stageName } from '../domain/names.js';
import { parseVersionTarget, versionId } from '../domain/target.js';
import { type Bump, version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireCommit } from './context.js';
import { latest } from './queries.js';
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

/** Registers the model at a commit as a version. */
export async function register(
  context: RegistryContext,
  name: string,
  options: RegisterOptions,
): Promise<Written> {
  const artifact = artifactName(name);
  if (options.version !== undefined && options.bump !== undefined)
    throw new RegError(
      'USAGE',
      'a version is either given or raised, not both',
      'leave out --version or --bump',
    );
  const wanted = options.version === undefined ? undefined : version(options.version);
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
  const { artifact, which } = parseVersionTarget(target);
  const id = which?.kind === 'latest' ? (await latest(context, artifact, {})).version : which?.id;
  const request: AssignRequest = {
    stage: stageName(stage),
    target: await assignTarget(context, id, options),
    noRegister: options.noRegister,
    message: options.message,
  };
  return write(context, artifact, (snapshot) => decideAssign(snapshot, request), options);
}

async function assignTarget(
  context: RegistryContext,
  named: string | undefined,
  { version: given, rev }: AssignOptions,
): Promise<AssignRequest['target']> {
  const ids = [named, given === undefined ? undefined : versionId(given)].filter((id) => id !== undefined);
  if (ids.length + (rev === undefined ? 0 : 1) > 1)
    throw new RegError(
      'USAGE',
      'the version to assign is named twice',
      'give one of artifact@version, --version and --rev',
    );
  const [id] = ids;
  return id === undefined ? { commit: await requireCommit(context, rev ?? 'HEAD') } : { version: id };
}

/** Assigns what was current in a stage before the current version. */
export function rollback(
  context: RegistryContext,
  name: string,
  stage: string,
  options: WriteOptions,
): Promise<Written> {
  const wanted = stageName(stage);
  return write(
    context,
    artifactName(name),
    (snapshot) => decideRollback(snapshot, wanted, options.message),
    options,
  );
}

import {
  decideDeleteArtifact,
  decideDeleteAssignments,
  decideDeleteCurrent,
  decideDeleteVersion,
} from '../domain/decide/delete.js';
import { decideRollback } from '../domain/decide/rollback.js';
import { decideDeprecate, decideDeregister, decideUnassign } from '../domain/decide/withdraw.js';
import { known } from '../domain/find.js';
import { artifactName, stageName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { versionTarget } from './version-target.js';
import { type Written, write } from './write.js';
import type { WriteOptions } from './write-options.js';

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
        ? decideDeleteAssignments(known(snapshot), wanted, id)
        : decideUnassign(known(snapshot), wanted, id, options),
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
      options.delete
        ? decideDeleteVersion(known(snapshot), id)
        : decideDeregister(known(snapshot), id, options),
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
      options.delete ? decideDeleteArtifact(known(snapshot)) : decideDeprecate(known(snapshot), options),
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
        ? decideDeleteCurrent(known(snapshot), wanted)
        : decideRollback(known(snapshot), wanted, options),
    options,
  );
}

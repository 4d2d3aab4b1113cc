import { RegError } from '../errors.js';
import { type Identity, type Remote, requireRemote, requireWriter } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { noRemote } from './remote.js';

/** Where and by whom a write is done. */
export interface WriteTarget {
  identity: Identity;
  /** Whether tags are signed. */
  sign: boolean;
  /** The remote: its name in the configuration, or the address of a registry that is not on this machine. */
  remote: string;
  /** Whether the remote is asked what it has before anything is decided. */
  asks: boolean;
  /** Whether the remote gets what is written, and gets it first. */
  push: boolean;
  /** What else there is to say: that a remote was not asked. */
  note: string | undefined;
}

/**
 * The target of a write. Options win over the configuration, and a registry at a URL is written by a push.
 * @throws RegError USAGE for a push that stays offline, NO_CLONE for a push without a remote, INVALID_CONFIG, NO_IDENTITY
 */
export async function writeTargetOf(context: RegistryContext, options: TargetOptions): Promise<WriteTarget> {
  const { repository } = context;
  const remote = await remoteOf(context, options);
  const writer = requireWriter(repository);
  const [identity, sign] = await Promise.all([writer.identity(), options.sign ?? writer.signsTags()]);
  return { ...remote, identity, sign };
}

/** A registry as a push sees it: its remotes are read where pushes go, which may be elsewhere than fetches come from. */
export function whereItPushes(context: RegistryContext): RegistryContext {
  const { repository } = context;
  const remote = (name: string): Remote => requireRemote(repository, name, 'push');
  return { ...context, repository: { ...repository, remote } };
}

/** The options that decide on a target. */
interface TargetOptions {
  push?: boolean | undefined;
  offline?: boolean | undefined;
  sign?: boolean | undefined;
}

async function remoteOf(
  { repository, config, remote: chosen }: RegistryContext,
  { push, offline }: TargetOptions,
): Promise<Pick<WriteTarget, 'remote' | 'asks' | 'push' | 'note'>> {
  const { address } = repository;
  if (offline && (push || address !== undefined))
    throw new RegError(
      'USAGE',
      `${address === undefined ? 'a push' : `a write to ${address}`} cannot stay offline`,
      'leave out --offline',
    );
  // a configuration that cannot be read stops every write, also one that does not need it
  const { push: always } = await config();
  if (address !== undefined) return { remote: address, asks: true, push: true, note: undefined };
  const remote = await chosen('write');
  const pushes = !offline && (push ?? always);
  const isThere = await repository.hasRemote(remote);
  if (pushes && !isThere) throw noRemote(remote);
  const note = offline && isThere ? `${remote} was not asked: what it has may change the answer` : undefined;
  return { remote, asks: isThere && !offline, push: pushes, note };
}

/**
 * The name of the remote of a clone.
 * @throws RegError NO_CLONE without a remote
 */
export async function requireRemoteName({ repository, remote: chosen }: RegistryContext): Promise<string> {
  if (repository.address !== undefined)
    throw new RegError(
      'NO_CLONE',
      `only a clone can be compared with its remote, and ${repository.address} is the remote itself`,
      'name a clone with --repo',
    );
  const remote = await chosen();
  if (await repository.hasRemote(remote)) return remote;
  // a repository that git does not read says so itself
  await repository.workTree();
  throw noRemote(remote);
}

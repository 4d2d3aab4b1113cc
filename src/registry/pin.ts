import type { Link, LinkSource } from '../documents/link.js';
import { RegError } from '../errors.js';
import { digestOf, verifyPromises } from '../models/digest.js';
import { withoutUserInfo } from '../util/address.js';
import { type RegistryContext, requireCommit } from './context.js';
import { followLink } from './follow-link.js';
import { shownTarget } from './shown-source.js';
import { revCommit } from './source-rev.js';

/** The part of a link that says where its model is, and which bytes it is. */
export type Pinned = Pick<Link, 'source' | 'sha256' | 'size'>;

/**
 * Pins a source to the commit that its rev is now, and to the bytes that are there now, which are read for that. A source in
 * git without a rev stays unpinned, once something is found at its path.
 * @throws RegError UNKNOWN_REV, HASH_MISMATCH for a link on the way that does not keep its promise, and what following throws
 */
export async function pin(context: RegistryContext, { commit: _, ...source }: LinkSource): Promise<Pinned> {
  const isFloating = source.url === undefined && source.rev === undefined;
  const commit = source.url === undefined ? await commitNow(context, source) : undefined;
  const pinned = commit === undefined ? source : { ...source, commit };
  const { model, promises } = await followLink(context, { source: pinned }, () =>
    requireCommit(context, 'HEAD'),
  );
  if (isFloating) return { source };
  const identity = await digestOf(model);
  verifyPromises(shownTarget(source), promises, identity);
  return { source: inOrder(pinned), sha256: identity.sha256, size: identity.size };
}

async function commitNow(context: RegistryContext, source: LinkSource): Promise<string> {
  const asked = source.rev ?? 'HEAD';
  const commit = await revCommit(context, source, asked);
  if (commit !== undefined) return commit;
  throw new RegError(
    'UNKNOWN_REV',
    `'${asked}' names no commit of ${withoutUserInfo(source.repo ?? 'this repository')}`,
    'give a branch, a tag or a commit id that the source has',
  );
}

/** The order in which people read it: what was asked for, what that was, and where in it. */
function inOrder({ path, ...rest }: LinkSource): LinkSource {
  return path === undefined ? rest : { ...rest, path };
}

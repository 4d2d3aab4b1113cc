import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { withoutUserInfo } from '../git/location.js';
import type { ObjectReader } from '../git/port.js';
import { requireLinkPath } from '../links/link-path.js';
import { modelPath } from '../links/model-path.js';
import { readLink } from '../links/read.js';
import type { Link } from '../links/schema.js';
import { openSource, type RegistryContext } from './context.js';

/** A model that a link leads to: where it is to be read, exactly. */
export interface Resolved {
  objects: ObjectReader;
  commit: Oid;
  path: string;
}

/**
 * Reads the link file of an artifact as it is at a commit of the registry.
 * @throws RegError NOT_DECLARED, INVALID_LINK
 */
export async function linkAt(context: RegistryContext, artifact: ArtifactName, commit: Oid): Promise<Link> {
  const file = requireLinkPath(artifact);
  const entry = await context.repository.entryAt(commit, file);
  if (entry?.type !== 'blob')
    throw new RegError(
      'NOT_DECLARED',
      `there is no ${file} at commit ${commit.slice(0, 12)}, so nothing says where ${artifact} is`,
      `link it with: reg link <path> ${artifact} --source <repository> --rev <rev>`,
    );
  return readLink(await context.repository.readBlob(entry.oid), file).link;
}

/**
 * Finds the commit and path that a link leads to.
 * @param registryCommit gives the commit at which the link was read: what a link without `repo`, `rev` and `commit` means
 * @throws RegError SOURCE_UNSUPPORTED, REMOTE_FAILED, UNKNOWN_REV, SOURCE_PATH
 */
export async function resolveLink(
  context: RegistryContext,
  { source }: Link,
  registryCommit: () => Promise<Oid>,
): Promise<Resolved> {
  if (source.path === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `source.url is not supported yet: ${withoutUserInfo(source.url ?? '')}`,
    );
  const path = modelPath(source.path);
  const asked = source.commit ?? source.rev ?? (source.repo === undefined ? await registryCommit() : 'HEAD');
  const objects = source.repo === undefined ? context.repository : await openSource(context, source.repo);
  const commit = await objects.resolveCommit(asked);
  if (commit) return { objects, commit, path };
  throw new RegError(
    'UNKNOWN_REV',
    `'${asked}' names no commit of ${withoutUserInfo(source.repo ?? 'this repository')}`,
    'the source may have been rewritten; link it again with a rev that it has',
  );
}

/** What a rev of a source is now. */
export interface FoundRev {
  commit: Oid | undefined;
  /** Whether it is to stay what it was: a tag or a commit id, where a branch moves on. */
  isFixed: boolean;
}

/**
 * Finds what a rev of a link's source is now, whatever the link pins.
 * @throws RegError SOURCE_UNSUPPORTED, REMOTE_FAILED
 */
export async function resolveRev(
  context: RegistryContext,
  { repo }: Link['source'],
  rev: string,
): Promise<FoundRev> {
  const resolve = async (asked: string): Promise<Oid | undefined> =>
    (repo === undefined ? context.repository : await openSource(context, repo)).resolveCommit(asked);
  const commit = await resolve(rev);
  const isFixed = /^[0-9a-f]{4,64}$/.test(rev) || (await resolve(`refs/tags/${rev}`)) !== undefined;
  return { commit, isFixed };
}

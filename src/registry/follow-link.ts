import { isAbsolute, posix, resolve } from 'node:path';
import { type Link, type LinkSource, modelPath, readLink } from '../documents/link.js';
import { LINK_SUFFIX, requireLinkPath } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';
import { locate } from '../models/locate.js';
import type { SourceModel } from '../models/source.js';
import { withoutUserInfo } from '../util/address.js';
import { short } from '../util/oid.js';
import { type RegistryContext, requireWorkTree } from './context.js';
import { registryRef, sourceCommit, sourceFolder, sourceObjects, sourceRegistry } from './source-rev.js';

/** Where a link leads, through other links where its source is a registry too. */
export interface Followed {
  model: SourceModel;
  /** The commit of the link's own source; undefined for an object store. */
  commit: Oid | undefined;
  /** What every link on the way promises of the bytes, the first one first. */
  promises: readonly Pick<Link, 'sha256' | 'size'>[];
}

/** Links that may lead to links; more is taken for a mistake. */
const DEPTH = 10;

/**
 * Finds the model that a link leads to; nothing of it is read yet.
 * @param registryCommit gives the commit at which the link was read: what a link without `repo`, `rev` and `commit` means
 * @param trail the links that led to this one
 * @throws RegError UNKNOWN_REV, SOURCE_PATH, SOURCE_UNSUPPORTED, REMOTE_FAILED, STORE_FAILED, LINK_LOOP, and what finding a
 * stage or version of another registry throws
 */
export async function followLink(
  context: RegistryContext,
  { source, sha256, size }: Link,
  registryCommit: () => Promise<Oid>,
  trail: readonly string[] = [],
): Promise<Followed> {
  const promises = [{ sha256, size }];
  if (source.url !== undefined) {
    const model = await locate({ kind: 'store', url: await storeUrl(context, source.url) }, context);
    return { model, commit: undefined, promises };
  }
  const commit = await sourceCommit(context, source, registryCommit);
  const file = linkFileOf(source);
  if (file === undefined) {
    const repository = await sourceObjects(context, source);
    const at = await sourceFolder(context, source);
    const path = modelPath(source.path ?? '');
    const model = await locate({ kind: 'repository', repository, commit, path, at }, context);
    return { model, commit, promises };
  }
  const home = await sourceRegistry(context, source);
  const step = `${file} at ${short(commit)} of ${withoutUserInfo(source.repo ?? 'this repository')}`;
  refuseLoop([...trail, step]);
  const next = await linkFileAt(home.repository, commit, file);
  const followed = await followLink(home, next, async () => commit, [...trail, step]);
  return { ...followed, commit, promises: [...promises, ...followed.promises] };
}

function refuseLoop(trail: readonly string[]): void {
  const step = trail.at(-1) ?? '';
  if (trail.indexOf(step) < trail.length - 1)
    throw new RegError(
      'LINK_LOOP',
      `links lead in a circle: ${trail.join(' -> ')}`,
      'link one of them to a model',
    );
  if (trail.length > DEPTH)
    throw new RegError(
      'LINK_LOOP',
      `more than ${DEPTH} links lead to one another, the last is ${step}`,
      'link to the model itself',
    );
}

/** The link file that a link leads to; undefined where it leads to the model itself. */
function linkFileOf(source: LinkSource): string | undefined {
  if (source.path !== undefined)
    return source.path.endsWith(LINK_SUFFIX) ? modelPath(source.path) : undefined;
  const target = registryRef(source);
  return target && requireLinkPath(artifactName(target.artifact));
}

async function linkFileAt(objects: ObjectReader, commit: Oid, file: string): Promise<Link> {
  const entry = await objects.entryAt(commit, file);
  if (entry?.type === 'blob') return readLink(await objects.readBlob(entry.oid), file).link;
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${file} at commit ${short(commit)} of the source`,
    'a link to an artifact of another registry needs its link file there; else name the path of the model',
  );
}

/** Where `source.url` leads: a path that is no URL starts at the top of the registry. */
async function storeUrl(context: RegistryContext, url: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(url) || isAbsolute(url)) return url;
  const { root } = await requireWorkTree(context, `the source '${url}' is a relative path`);
  return resolve(root, url) + (url.endsWith('/') ? posix.sep : '');
}

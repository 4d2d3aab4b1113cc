import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../documents/config.js';
import { type Link, modelPath } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import { isFileUrl, parseLocation } from '../domain/location.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { dvcRemoteFolder } from '../models/dvc-digest.js';
import { isStoreUrl } from '../stores/url.js';
import { isBelow, isInside, wayBelow } from '../util/files.js';
import { isRunner } from '../util/runner.js';
import type { RegistryContext } from './context.js';
import type { DeclaredModel } from './declared-model.js';
import { linkIn, MOST_LINKS } from './links.js';

// A version that others see must not have bytes that only this machine has (docs/specification.md, 3 State, Bytes).

/** Folders that others reach too: what the protected branch says of them. */
export type SharedFolders = Pick<Config, 'sources' | 'store'>;

/** A version that a push is about to publish. */
export interface Published {
  artifact: ArtifactName;
  commit: Oid;
  /** Where its bytes are, an absolute path; undefined for what others reach. */
  place: string | undefined;
  /** What the protected branch allows; read where it matters. */
  shared: () => Promise<SharedFolders>;
  /** A folder that was named on purpose, as an absolute path. */
  named?: string | undefined;
  /** The way out. */
  hint: string;
}

/**
 * Refuses to publish a version whose bytes stay in a folder of this machine. It is allowed where the protected branch names that folder, or
 * a person did.
 * @throws RegError NOT_PUSHED
 */
export async function refuseLocalBytes(context: RegistryContext, version: Published): Promise<void> {
  const { artifact, commit, place, shared, named, hint } = version;
  if (place === undefined || (named !== undefined && (await isAtOrBelow(named, place)))) return;
  const root = (await context.workTree())?.root;
  const way = root === undefined ? '' : await wayBelow(root, place);
  if (way !== '' && (await context.repository.objects.entry(commit, way))) return;
  for (const folder of sharedFolders(await shared(), root ?? ''))
    if (await isAtOrBelow(folder, place)) return;
  throw new RegError(
    'NOT_PUSHED',
    `the bytes of ${artifact} are in a folder of this machine that a push does not take along: ${place}`,
    hint,
  );
}

function sharedFolders({ sources, store }: SharedFolders, root: string): string[] {
  const stores = isAbsolute(store) || isFileUrl(store) ? [store] : [];
  return [...(sources.allow ?? []), ...stores].map((one) => folderOf(one, root));
}

/** The absolute path of a folder, given by a path from the top of the repository or a file URL. */
export const folderOf = (folder: string, root: string): string =>
  isFileUrl(folder) ? fileURLToPath(folder) : resolve(root, folder);

/** Whether a path is that of a folder or below it, after symbolic links. */
export const isAtOrBelow = async (folder: string, path: string): Promise<boolean> =>
  resolve(path) === resolve(folder) || isBelow(folder, path);

/**
 * Where on this machine the bytes of a declared model are; undefined where git pushes them, or others reach them. Those who commit the path
 * of a repository or of a DVC remote may have it in common with others; a runner has not.
 */
export async function localPlace(
  context: RegistryContext,
  commit: Oid,
  model: DeclaredModel | undefined,
): Promise<string | undefined> {
  const { objects } = context.repository;
  const root = (await context.workTree())?.root;
  let link: Link | undefined = model?.link;
  let path = model?.path;
  for (let depth = 1; link && path?.endsWith(LINK_SUFFIX) && depth < MOST_LINKS; depth += 1) {
    if (!(await objects.entry(commit, path))) return undefined;
    link = await linkIn(objects, commit, path);
    path = link.source.path && modelPath(link.source.path);
  }
  const { repo, url } = link?.source ?? {};
  if (url !== undefined) return isStoreUrl(url) && !isFileUrl(url) ? undefined : folderOf(url, root ?? '');
  if (!isRunner(context.around.env)) return undefined;
  if (repo !== undefined) {
    const location = parseLocation(repo);
    const place = location.kind === 'path' ? resolve(root ?? '', location.path) : undefined;
    // a submodule comes with the repository
    return place === undefined || (root !== undefined && isInside(root, place)) ? undefined : place;
  }
  const { stores, around } = context;
  return path === undefined
    ? undefined
    : dvcRemoteFolder(objects, commit, path, { stores, around, at: root });
}

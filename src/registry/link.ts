import { isAbsolute, relative, resolve } from 'node:path';
import type { Config } from '../documents/config.js';
import { formatLink, type Link, type LinkSource, modelPath, readLink } from '../documents/link.js';
import { requireLinkPath } from '../documents/link-path.js';
import { parseLocation } from '../domain/location.js';
import { artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { isStoreUrl } from '../stores/url.js';
import { holdsLogin, shownAddress } from '../util/address.js';
import { isInside } from '../util/files.js';
import { type RegistryContext, requireWorkTree } from './context.js';
import { refuseExcluded } from './exclusion.js';
import { type Pinned, pin } from './links.js';
import { meantInWrite } from './meant.js';
import type { LinkRow } from './rows.js';
import { registryRef } from './source-rev.js';

/** What a new link says beyond where the model is. */
export interface LinkOptions {
  /** A git URL, or a path from `from`; this repository by default. */
  source?: string | undefined;
  /** The folder that a relative `source` starts from, and the path of a model in this repository. */
  from: string;
  /** A branch, tag or commit id of the source; its default branch where there is a source, and none for a model of this repository. */
  rev?: string | undefined;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Replaces a link that is already there. */
  force?: boolean | undefined;
}

/** Writes the link file of an artifact: to a model of this repository, or pinned to a commit and the bytes of another one. */
export async function link(
  context: RegistryContext,
  sourcePath: string,
  name: string,
  options: LinkOptions,
): Promise<LinkRow> {
  const workTree = await requireWorkTree(context, 'a link file is written into the work tree');
  const artifact = await meantInWrite(context, artifactName(name));
  await refuseExcluded(context, artifact);
  const file = requireLinkPath(artifact);
  const existing = await workTree.read(file);
  if (existing && !options.force)
    throw new RegError('FILE_EXISTS', `${file} is already there`, 'add --force to replace what it links to');
  const source = sourceOf(sourcePath, options, workTree.root);
  const before = existing && readLink(existing, file).link;
  const type = typeOf(await context.config(), before);
  const made = withDetails({ ...(await pin(context, source)), type }, before, options);
  await workTree.write(file, formatLink(made, existing && { bytes: existing, file }));
  const { commit = null } = made.source;
  return { artifact, path: file, commit, sha256: made.sha256 ?? null, size: made.size ?? null };
}

/** What was typed as a source: a URL of an object store, or a path in a repository, perhaps another registry's artifact. */
function sourceOf(sourcePath: string, { source: given, from, rev }: LinkOptions, root: string): LinkSource {
  const asked = rev === undefined ? {} : { rev };
  if (given === undefined && isStoreUrl(sourcePath)) {
    if (rev !== undefined)
      throw new RegError('USAGE', 'a URL has no revs', 'leave --rev out, or name a repository with --source');
    refuseLogin(sourcePath);
    return { url: sourcePath };
  }
  if (given === undefined && isAbsolute(sourcePath) && !isInside(root, sourcePath))
    return { url: sourcePath };
  // in this repository a path means what it means to git: it starts where the user stands
  if (given === undefined) return { ...asked, path: modelPath(fromTop(resolve(from, sourcePath), root)) };
  const repo = storedRepo(given, from, root);
  // `churn#prod` in the place of a path: whatever that registry links its artifact to
  if (rev === undefined && registryRef({ rev: sourcePath })) return { repo, rev: sourcePath };
  return { repo, ...asked, path: modelPath(sourcePath) };
}

/**
 * The type of a link that is written: its own, none where it has none, and for a new one `model` where the configuration allows that.
 * @param before the link that was there, or a new one that has a type
 * @throws RegError INVALID_LINK for a type that the configuration does not allow
 */
export function typeOf(
  { types }: Pick<Config, 'types'>,
  before: Pick<Link, 'type'> | undefined,
): string | undefined {
  const own = before?.type;
  if (before !== undefined && own === undefined) return undefined;
  if (own === undefined) return types === undefined || types.includes('model') ? 'model' : undefined;
  if (types === undefined || types.includes(own)) return own;
  throw new RegError(
    'INVALID_LINK',
    `the type '${own}' is not among the types that the configuration of gto allows`,
    `use one of these types: ${types.join(', ')}`,
  );
}

function withDetails(
  pinned: Pinned & Pick<Link, 'type'>,
  before: Link | undefined,
  { description, labels }: LinkOptions,
): Link {
  return {
    ...formatOf(before),
    ...pinned,
    ...(description === undefined ? {} : { description }),
    ...(labels && Object.keys(labels).length > 0
      ? { labels: { ...labelMap(before?.labels), ...labels } }
      : {}),
  };
}

/** The format of a link that is written: a file that does not say it stays so. */
export const formatOf = (before: Link | undefined): Pick<Link, 'reg'> =>
  before !== undefined && before.reg === undefined ? {} : { reg: 1 };

/** Labels by name; those of a list are true. */
const labelMap = (labels: Link['labels']): Exclude<Link['labels'], readonly unknown[]> =>
  Array.isArray(labels) ? Object.fromEntries(labels.map((label) => [label, true])) : labels;

/** @throws RegError SOURCE_UNSUPPORTED */
function refuseLogin(address: string): void {
  if (!holdsLogin(address)) return;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    'a link file is no place for a user name or a token',
    `leave it out of the URL, ${shownAddress(address)}, and let git's credential helper know it`,
  );
}

/** A relative path is stored from the top of the repository, so that it means the same for every reader. */
function storedRepo(source: string, from: string, root: string): string {
  const location = parseLocation(source);
  refuseLogin(source);
  if (location.kind === 'url' || isAbsolute(location.path)) return source;
  return fromTop(resolve(from, location.path), root) || '.';
}

const fromTop = (path: string, root: string): string => relative(root, path).replaceAll('\\', '/');

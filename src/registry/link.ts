import { isAbsolute, relative, resolve } from 'node:path';
import { artifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { parseLocation, withoutUserInfo } from '../git/location.js';
import type { ObjectReader } from '../git/port.js';
import { requireLinkPath } from '../links/link-path.js';
import { modelPath } from '../links/model-path.js';
import { readLink } from '../links/read.js';
import type { Link } from '../links/schema.js';
import { formatLink } from '../links/write.js';
import { readGitModel } from '../sources/git-model.js';
import { openSource, type RegistryContext, requireWorkTree } from './context.js';

/** What a new link says beyond where the model is. */
export interface LinkOptions {
  /** A git URL, or a path from `from`; this repository by default. */
  source?: string | undefined;
  /** The folder that a relative `source` starts from, and the path of a model in this repository. */
  from: string;
  /** A branch, tag or commit id of the source; without it the link follows the source's default branch. */
  rev?: string | undefined;
  description?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Replaces a link that is already there. */
  force?: boolean | undefined;
}

/** A link file that was written. */
export interface LinkRow {
  artifact: string;
  /** From the top of the repository. */
  path: string;
  /** Null when the link is not pinned. */
  commit: string | null;
  sha256: string | null;
  size: number | null;
}

/** Writes the link file of an artifact; with a rev it is pinned to the commit and the bytes. */
export async function link(
  context: RegistryContext,
  sourcePath: string,
  name: string,
  options: LinkOptions,
): Promise<LinkRow> {
  const workTree = await requireWorkTree(context, 'a link file is written into the work tree');
  const artifact = artifactName(name);
  const file = requireLinkPath(artifact);
  const existing = await workTree.read(file);
  if (existing && !options.force)
    throw new RegError('FILE_EXISTS', `${file} is already there`, 'add --force to replace what it links to');
  const { source: given, from } = options;
  const repo = given === undefined ? undefined : storedRepo(given, from, workTree.root);
  // in this repository a path means what it means to git: it starts where the user stands
  const path = given === undefined ? fromTop(resolve(from, sourcePath), workTree.root) : sourcePath;
  const source = await pin(context, repo, modelPath(path), options.rev);
  const made = withDetails(source, existing && readLink(existing, file).link, options);
  await workTree.write(file, formatLink(made, existing && { bytes: existing, file }));
  const { commit = null } = made.source;
  return { artifact, path: file, commit, sha256: made.sha256 ?? null, size: made.size ?? null };
}

type Pinned = Pick<Link, 'source' | 'sha256' | 'size'>;

async function pin(
  context: RegistryContext,
  repo: string | undefined,
  path: string,
  rev?: string,
): Promise<Pinned> {
  const asked = rev ?? 'HEAD';
  const objects: ObjectReader = repo === undefined ? context.repository : await openSource(context, repo);
  const commit = await objects.resolveCommit(asked);
  if (commit === undefined)
    throw new RegError(
      'UNKNOWN_REV',
      `'${asked}' names no commit of ${withoutUserInfo(repo ?? 'this repository')}`,
      'give a branch, a tag or a commit id that the source has',
    );
  const model = await readGitModel(objects, commit, path);
  const where = repo === undefined ? {} : { repo };
  if (rev === undefined) return { source: { ...where, path } };
  return { source: { ...where, rev, commit, path }, sha256: model.sha256, size: model.size };
}

function withDetails(pinned: Pinned, before: Link | undefined, { description, labels }: LinkOptions): Link {
  return {
    reg: 1,
    ...pinned,
    type: before?.type ?? 'model',
    ...(description === undefined ? {} : { description }),
    ...(labels && Object.keys(labels).length > 0 ? { labels: { ...before?.labels, ...labels } } : {}),
  };
}

/** A relative path is stored from the top of the repository, where it means the same for whoever reads the link. */
function storedRepo(source: string, from: string, root: string): string {
  const location = parseLocation(source);
  if (/^https?:\/\/[^/]*@/i.test(source))
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      'a link file is no place for a user name or a token',
      `leave it out of the URL, ${withoutUserInfo(source)}, and let git's credential helper know it`,
    );
  if (location.kind === 'url' || isAbsolute(location.path)) return source;
  return fromTop(resolve(from, location.path), root) || '.';
}

const fromTop = (path: string, root: string): string => relative(root, path).replaceAll('\\', '/');

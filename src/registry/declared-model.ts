import { posix } from 'node:path';
import {
  type ArtifactEntry,
  type ArtifactsFile,
  faultOfEntry,
  mayLackPath,
  pathOfEntry,
} from '../documents/artifacts.js';
import { isDvcFile } from '../documents/dvc.js';
import { isOwn, type Link, missingPin, modelPath } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { failureOf, RegError } from '../errors.js';
import { digestOf, promisedDigest, verifyPromises } from '../models/digest.js';
import { digestText, dvcBytesAt } from '../models/dvc-digest.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';
import type { RegistryContext } from './context.js';
import { type Declaration, findDeclared, foreignEntry, notDeclared, UNREADABLE } from './declared.js';
import type { DeclaredPlace } from './former-names.js';
import { followLink, linkIn, MOST_LINKS } from './links.js';
import { refuseChangedModel } from './tracked-model.js';

/** What a commit declares of an artifact, in a form that two commits are compared by (docs/specification.md, 3 State, Bytes). */
export interface DeclaredModel {
  declaration: Declaration;
  /** The name that it has there. */
  name: ArtifactName;
  /** The link; undefined where the file of another tool declares the artifact. */
  link: Link | undefined;
  /** What the file of another tool says; empty where a link declares the artifact. */
  entry: ArtifactEntry;
  /** Everything that the declaration says, as one text. */
  facts: string;
  /** Where the model is in the registry's own repository; undefined for a model that is elsewhere. */
  path: string | undefined;
  /**
   * The bytes: `git:…`, the id of a blob or tree here, `md5:…` as DVC says, or `sha256:…` as a link to elsewhere says. Undefined where nothing
   * tells.
   */
  digest: string | undefined;
}

/** What it takes to read a declaration, and the digest of what it names. */
type ModelReader = Pick<RegistryContext, 'repository' | 'stores' | 'around' | 'workTree'>;

/** Gives what a commit declares; undefined where it declares nothing. */
export type DeclaredAt = (place: DeclaredPlace) => Promise<DeclaredModel | undefined>;

/**
 * Reads what a commit declares of an artifact.
 * @throws RegError INVALID_LINK, and what reading files of DVC throws
 */
export async function declaredModel(
  context: ModelReader,
  artifact: ArtifactName,
  place: DeclaredPlace,
): Promise<DeclaredModel | undefined> {
  const { objects } = context.repository;
  const { commit } = place;
  const found = await findDeclared(context.repository, artifact, place);
  if (found === undefined) return undefined;
  const { declaration, name } = found;
  if (declaration.kind === 'link') {
    const link = await linkIn(objects, commit, declaration.file);
    const own = isOwn(link.source) ? link.source.path : undefined;
    const path = own === undefined ? undefined : modelPath(own);
    const digest = await digestOfLink(context, commit, link);
    return { declaration, name, link, entry: {}, facts: JSON.stringify(link), path, digest };
  }
  const entry = await foreignEntry(objects, commit, declaration, name);
  const path = pathInRepository(entry, declaration);
  const digest = path === undefined ? undefined : await digestAt(context, commit, path);
  return { declaration, name, link: undefined, entry, facts: JSON.stringify(entry), path, digest };
}

/** For `catch`: a declaration that is there and cannot be read says nothing. */
export function unlessUnreadable(error: unknown): undefined {
  const { code } = failureOf(error);
  if (code === 'SOURCE_PATH' || UNREADABLE.has(code)) return undefined;
  throw error;
}

/** The path of a model in this repository; undefined for an entry that leads nowhere in it. */
function pathInRepository(entry: ArtifactEntry, declaration: ArtifactsFile): string | undefined {
  const path = pathOfEntry(entry, declaration);
  if (path === undefined || mayLackPath(entry, declaration) || faultOfEntry(entry, declaration))
    return undefined;
  return posix.normalize(path).replace(/\/$/, '');
}

async function digestOfLink(
  context: ModelReader,
  commit: Oid,
  { source, sha256 }: Link,
  depth = 1,
): Promise<string | undefined> {
  // what git has at the commit is certain, and what a link says of it may be old
  if (!isOwn(source) || source.path === undefined) return sha256 && `sha256:${sha256}`;
  const path = modelPath(source.path);
  if (!path.endsWith(LINK_SUFFIX)) return digestAt(context, commit, path);
  const { objects } = context.repository;
  const next = depth < MOST_LINKS && (await objects.entry(commit, path));
  return next ? digestOfLink(context, commit, await linkIn(objects, commit, path), depth + 1) : undefined;
}

/** The digest of what git, or DVC, has at a path of a commit; undefined where neither has anything. */
async function digestAt(
  { repository: { objects }, stores, around, workTree }: ModelReader,
  commit: Oid,
  path: string,
): Promise<string | undefined> {
  // a .dvc file stands for what it names
  const entry = isDvcFile(path) ? undefined : await objects.entry(commit, path);
  // neither a symbolic link nor a submodule is a model
  if (entry?.type === 'link' || entry?.type === 'commit') return undefined;
  if (entry) return `git:${entry.oid}`;
  const bytes = await dvcBytesAt(objects, commit, path, { stores, around, at: (await workTree())?.root });
  return bytes && digestText(bytes);
}

/** Whether two commits declare the same, with the same bytes. Bytes that nothing tells are never the same. */
export function isSameModel(one: DeclaredModel | undefined, other: DeclaredModel | undefined): boolean {
  if (one?.digest === undefined || one.digest !== other?.digest) return false;
  // a renamed artifact has another file for the same
  const isSameFile = one.name !== other.name || one.declaration.file === other.declaration.file;
  return isSameFile && one.facts === other.facts;
}

/**
 * Refuses to number a commit that does not say which bytes it means (docs/specification.md, 3 State, Bytes).
 * @throws RegError NOT_DECLARED unless links are optional, INVALID_LINK, NOT_PINNED, SOURCE_PATH, HASH_MISMATCH
 */
export async function refuseUnsound(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  declared: DeclaredAt,
): Promise<void> {
  const model = await declared({ commit });
  if (model === undefined) {
    if ((await context.config()).links === 'optional') return;
    throw await notDeclared(context, artifact, commit, '; or add --unlinked');
  }
  const { link, entry, path, digest, declaration } = model;
  const missing = link && missingPin(link);
  if (missing !== undefined)
    throw new RegError(
      'NOT_PINNED',
      `${declaration.file} at commit ${short(commit)} has no ${missing}, so ${artifact} may be other bytes tomorrow`,
      `pin it with: reg update ${artifact}, and commit ${declaration.file}; or add --unlinked`,
    );
  const fault =
    declaration.kind === 'link' || mayLackPath(entry, declaration)
      ? undefined
      : faultOfEntry(entry, declaration);
  if (fault !== undefined)
    throw new RegError(
      'SOURCE_PATH',
      `${declaration.file} at commit ${short(commit)} leads nowhere: ${artifact} ${fault}`,
      `give it a path inside the repository, or link it: reg link <path> ${artifact}; or add --unlinked`,
    );
  if (path !== undefined && digest === undefined) {
    const there = await context.repository.objects.entry(commit, path);
    throw new RegError(
      'SOURCE_PATH',
      `${declaration.file} says that ${artifact} is ${path}, which ${there === undefined ? `commit ${short(commit)} does not have` : `is ${there.type === 'link' ? 'a symbolic link' : 'a submodule'} at commit ${short(commit)}`}`,
      there === undefined
        ? `${shellLine('git', 'add', path)} && git commit; or add --unlinked`
        : 'name the path of the file itself; or add --unlinked',
    );
  }
  if (link && isOwn(link.source) && link.sha256 !== undefined)
    await verifyOwn(context, artifact, commit, link);
}

/** What a link says of the bytes of a model here is right at the commit that it is about. */
async function verifyOwn(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  link: Link,
): Promise<void> {
  const { model } = await followLink(context, link, async () => commit);
  const digest = promisedDigest(model) ?? (await digestOf(model));
  verifyPromises(artifact, [link], digest);
}

/**
 * Refuses to take HEAD for what is in the work tree where the declaration of an artifact, or its model when it is in this
 * repository, is not committed as it is there.
 * @param hint what says that the commit is meant
 * @throws RegError NOT_COMMITTED
 */
export async function refuseUncommitted(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  hint: string,
): Promise<void> {
  const workTree = await context.workTree();
  if (workTree === undefined) return;
  const model = await declaredModel(context, artifact, { commit });
  // what the commit does not declare yet is refused later, with its own hint
  if (model === undefined) return;
  const paths = [model.declaration.file, ...(model.path === undefined ? [] : [model.path])];
  const changed = await context.repository.uncommitted(paths);
  if (changed.length === 0) {
    if (model.path !== undefined) await refuseChangedModel(context, commit, model.path, hint);
    return;
  }
  const [first = '', ...more] = changed;
  const what = more.length === 0 ? first : `${first} and ${more.length} more`;
  throw new RegError(
    'NOT_COMMITTED',
    `${what} ${more.length === 0 ? 'is' : 'are'} not committed as ${more.length === 0 ? 'it is' : 'they are'} in the work tree`,
    `commit the change first; or ${hint}`,
  );
}

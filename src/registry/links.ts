import { isAbsolute, join, posix, resolve } from 'node:path';
import { requireEntryPath } from '../documents/artifacts.js';
import { ENOUGH_OF_LINK, isOwn, type Link, type LinkSource, modelPath, readLink } from '../documents/link.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf, requireLinkPath } from '../documents/link-path.js';
import type { Oid } from '../domain/event.js';
import type { Location } from '../domain/location.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { didYouMean } from '../domain/suggest.js';
import { RegError } from '../errors.js';
import type { Objects, SourceRepository } from '../git/port.js';
import { digestOf, verifyPromises } from '../models/digest.js';
import { openHashes } from '../models/hashes.js';
import { hasPointers } from '../models/lfs/pointer.js';
import { locate, type ResolvedSource } from '../models/locate.js';
import { modelOnDisk, type SourceModel } from '../models/source.js';
import { allowedHosts, beyondThisMachine, PrivateHost } from '../net/private-address.js';
import { isStoreUrl, nameOfKey, splitObjectUrl } from '../stores/url.js';
import { shownUrl, withoutLogin, withoutUserInfo } from '../util/address.js';
import { memoize } from '../util/async.js';
import { short } from '../util/oid.js';
import { type RegistryContext, requireCommit, requireWorkTree } from './context.js';
import { findDeclared, foreignEntry, notDeclared } from './declared.js';
import { refuseExcluded } from './exclusion.js';
import { type DeclaredPlace, declaredName } from './former-names.js';
import { meantInWrite } from './meant.js';
import { readRules, rulesSourceOf } from './policy.js';
import {
  headRev,
  registryRef,
  revCommit,
  sourceCommit,
  sourceFolder,
  sourceRegistry,
  sourceRepository,
} from './source-rev.js';

/** Where a link leads, through other links where its source is a registry too. */
interface Followed {
  model: SourceModel;
  /** The commit of the link's own source; undefined for an object store. */
  commit: Oid | undefined;
  /** What every link on the way promises of the bytes, the first one first. */
  promises: readonly Pick<Link, 'sha256' | 'size'>[];
}

/** Links that may lead to links; more is taken for a mistake. */
export const MOST_LINKS = 10;

/** Where a link leads, before its source is asked for the model. */
interface ResolvedLink extends Omit<Followed, 'model'> {
  place: ResolvedSource;
  /** The registry whose link names the place. */
  home: RegistryContext;
  /** How many links led there, the first one included. */
  links: number;
}

/**
 * Finds the model that a link leads to; nothing of it is read yet.
 * @param registryCommit gives the commit at which the link was read: what a link without `repo`, `rev` and `commit` means
 * @throws RegError UNKNOWN_REV, SOURCE_PATH, SOURCE_UNSUPPORTED, REMOTE_FAILED, STORE_FAILED, LINK_LOOP, and what finding a
 * stage or version of another registry throws
 */
export async function followLink(
  context: RegistryContext,
  link: Link,
  registryCommit: () => Promise<Oid>,
): Promise<Followed & { place: ResolvedSource }> {
  const { place, home, links, commit, promises } = await resolveLink(context, link, registryCommit);
  const model = await locate(place, home).catch(async (error: unknown) => {
    // what this registry allows is for its own links
    const isOwnUrl = error instanceof PrivateHost && place.kind === 'store' && links === 1;
    const trusting = isOwnUrl ? await trustingHosts(home) : undefined;
    if (trusting === undefined) throw error;
    return locate(place, trusting);
  });
  return { model, place, commit, promises };
}

/**
 * Finds the place that a link leads to, through other links.
 * @param trail the links that led to this one
 * @throws RegError as `followLink`
 */
export async function resolveLink(
  context: RegistryContext,
  { source, sha256, size }: Link,
  registryCommit: () => Promise<Oid>,
  trail: readonly string[] = [],
): Promise<ResolvedLink> {
  const here = { home: context, links: trail.length + 1, promises: [{ sha256, size }] };
  if (source.url !== undefined)
    return { ...here, place: { kind: 'store', url: await storeUrl(context, source.url) }, commit: undefined };
  const commit = await sourceCommit(context, source, registryCommit);
  const written = linkFileOf(source);
  if (written === undefined) {
    const repository = await sourceRepository(context, source);
    const at = await sourceFolder(context, source);
    const path = modelPath(source.path ?? '');
    const repo = at === undefined && source.repo !== undefined ? withoutLogin(source.repo) : undefined;
    return { ...here, place: { kind: 'repository', repository, commit, path, at, repo }, commit };
  }
  const home = await sourceRegistry(context, source);
  const file = await fileThen(home, source, commit, { written, isPromised: sha256 !== undefined });
  const step = `${file} at ${short(commit)} of ${withoutUserInfo(source.repo ?? 'this repository')}`;
  refuseLoop([...trail, step]);
  const next = await linkFileAt(home.repository.objects, commit, file);
  const found = await resolveLink(home, next, async () => commit, [...trail, step]);
  return { ...found, commit, promises: [...here.promises, ...found.promises] };
}

/**
 * The same registry, whose links may lead to the private hosts that its default branch allows (docs/links.md, `hosts`); undefined where that
 * is not known, and in a check, which goes by its own.
 */
async function trustingHosts(context: RegistryContext): Promise<RegistryContext | undefined> {
  if (context.around.hosts !== undefined) return undefined;
  const source = await rulesSourceOf(context, context.offline);
  const rules = await readRules(context, source).catch((error: unknown) => {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    return undefined;
  });
  if (rules?.config.hosts.allow === undefined) return undefined;
  const hosts = beyondThisMachine(allowedHosts(rules.config.hosts.allow));
  const openStore: RegistryContext['stores']['openStore'] = (url, settings) =>
    context.stores.openStore(url, { ...settings, hosts });
  return { ...context, stores: { openStore } };
}

function refuseLoop(trail: readonly string[]): void {
  const step = trail.at(-1) ?? '';
  if (trail.indexOf(step) < trail.length - 1)
    throw new RegError(
      'LINK_LOOP',
      `links lead in a circle: ${trail.join(' -> ')}`,
      'link one of them to a model',
    );
  if (trail.length > MOST_LINKS)
    throw new RegError(
      'LINK_LOOP',
      `more than ${MOST_LINKS} links lead to one another, the last is ${step}`,
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

/**
 * The link file at a commit, which an artifact that was renamed since had another name for.
 * @param written the file by its name now
 * @param isPromised whether the bytes are known, so that a file of another model is noticed; else the registry is asked first
 */
async function fileThen(
  { repository: { objects, tags } }: RegistryContext,
  source: LinkSource,
  commit: Oid,
  { written, isPromised }: { written: string; isPromised: boolean },
): Promise<string> {
  const target = source.path === undefined ? registryRef(source) : undefined;
  if (target === undefined || (isPromised && (await objects.entry(commit, written)) !== undefined))
    return written;
  const former = await declaredName(tags, artifactName(target.artifact), { commit });
  return (former && linkPathOf(former)) ?? written;
}

async function linkFileAt(objects: Objects, commit: Oid, file: string): Promise<Link> {
  const entry = await objects.entry(commit, file);
  if (entry?.type === 'blob') return readLink(await objects.blob(entry.oid, ENOUGH_OF_LINK), file).link;
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

/**
 * Reads what declares an artifact at a commit of the registry as a link: its link file, else the path that gto's
 * `artifacts.yaml` or a `dvc.yaml` names in this repository, which promises nothing of the bytes.
 * @throws RegError NOT_DECLARED, INVALID_LINK; SOURCE_PATH for one that is declared without a path inside the repository
 */
export async function linkAt(
  context: RegistryContext,
  artifact: ArtifactName,
  place: DeclaredPlace,
): Promise<Link> {
  const { objects } = context.repository;
  const { commit } = place;
  const found = await findDeclared(context.repository, artifact, place);
  if (found === undefined) throw await notDeclared(context, artifact, commit);
  const { declaration, name } = found;
  if (declaration.kind === 'link') return linkIn(objects, commit, declaration.file);
  const entry = await foreignEntry(objects, commit, declaration, name);
  return { source: { path: requireEntryPath(entry, declaration, name) } };
}

/**
 * Reads the link file at a path of a commit.
 * @throws RegError INVALID_LINK
 */
export async function linkIn(objects: Objects, commit: Oid, file: string): Promise<Link> {
  const entry = await objects.entry(commit, file);
  return readLink(entry ? await objects.blob(entry.oid, ENOUGH_OF_LINK) : new Uint8Array(), file).link;
}

/** The part of a link that says where its model is, and which bytes it is. */
export type Pinned = Pick<Link, 'source' | 'sha256' | 'size'>;

/**
 * Pins a source to the commit that its rev is now, and to the bytes that are there now, which are read for that. Without a rev
 * the source's default branch is meant, and named. A model of this repository stays unpinned, for git pins it with each commit.
 * @throws RegError UNKNOWN_REV, HASH_MISMATCH for a link on the way that does not keep its promise, and what following throws
 */
export async function pin(context: RegistryContext, { commit: _, ...given }: LinkSource): Promise<Pinned> {
  if (isOwn(given)) {
    await followNow(context, { source: given });
    return { source: given };
  }
  const source =
    given.url === undefined && given.rev === undefined
      ? { ...given, rev: (await headRev(context, given)) ?? 'HEAD' }
      : given;
  const commit = source.url === undefined ? await commitNow(context, source) : undefined;
  const pinned = commit === undefined ? source : { ...source, commit };
  const { model, promises } = await followLink(context, { source: pinned }, () =>
    requireCommit(context, 'HEAD'),
  );
  const identity = await digestOf(model, openHashes(context.cache, context.now));
  verifyPromises(shownTarget(source), promises, identity);
  return { source: inOrder(pinned), sha256: identity.sha256, size: identity.size };
}

/**
 * Finds the model that a link of the work tree leads to now. A model of this repository is meant as a commit of the work tree
 * would have it, else as HEAD has it.
 * @throws RegError what following a link throws
 */
export async function followNow(context: RegistryContext, link: Link): Promise<Followed> {
  const edited = isOwn(link.source)
    ? await editedModel(context, modelPath(link.source.path ?? ''))
    : undefined;
  if (edited === undefined) return followLink(context, link, () => requireCommit(context, 'HEAD'));
  return { model: edited, commit: undefined, promises: [{ sha256: link.sha256, size: link.size }] };
}

/** A model that the work tree has, and HEAD has not, or has otherwise; undefined for any other path. */
async function editedModel(context: RegistryContext, path: string): Promise<SourceModel | undefined> {
  const workTree = await context.workTree();
  if (workTree === undefined || path.endsWith(LINK_SUFFIX)) return undefined;
  if ((await context.repository.uncommitted([path])).length === 0) return undefined;
  const model = await modelOnDisk(join(workTree.root, path));
  // a checkout without git-lfs has pointers in the place of models
  return model && !(await hasPointers(model.files)) ? model : undefined;
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

/** The source of a link as it may be shown: without a login or a signature that it may contain. */
export const shownSource = ({ repo, url, ...rest }: LinkSource): LinkSource => ({
  ...(repo === undefined ? {} : { repo: withoutLogin(repo) }),
  ...rest,
  // the user of ssh is part of the place
  ...(url === undefined ? {} : { url: /^ssh:/i.test(url) ? withoutLogin(url) : shownUrl(url) }),
});

/** The name that a link gives its model, as far as it is known without asking the source. */
export function nameInLink({ path, url }: LinkSource): string | undefined {
  if (url !== undefined)
    return isStoreUrl(url) ? nameOfKey(splitObjectUrl(url).name) || undefined : posix.basename(url);
  return path === undefined || path.endsWith(LINK_SUFFIX) || path.includes(':')
    ? undefined
    : // a link written on Windows may have backslashes
      posix.basename(path.replaceAll('\\', '/'));
}

/** What a link leads to, in words that may be shown. */
const shownTarget = ({ repo, rev, path, url }: LinkSource): string =>
  url === undefined
    ? [withoutUserInfo(repo ?? 'this repository'), rev, path].filter(Boolean).join(' ')
    : shownUrl(url);

/**
 * The same registry, whose links share each source repository that they lead to: what one of them fetched or found out, the
 * others need not, and a rev is the same commit for all of them.
 */
export function withSharedSources(context: RegistryContext): RegistryContext {
  const openSource = memoize(
    async (location: Location) => withKeptRevs(await context.sources.openSource(location)),
    { keepFailures: true },
  );
  return { ...context, sources: { openSource } };
}

const withKeptRevs = (source: SourceRepository): SourceRepository => ({
  ...source,
  objects: {
    ...source.objects,
    commit: memoize((rev: string) => source.objects.commit(rev), { keepFailures: true }),
  },
});

/** A link file of the work tree, as it is now, committed or not. */
export interface WorkLink {
  artifact: ArtifactName;
  /** From the top of the repository. */
  file: string;
  bytes: Uint8Array;
  link: Link;
}

/**
 * Reads the link files of some artifacts, or of all that have one in the work tree, by path.
 * @throws RegError NO_WORK_TREE, NOT_DECLARED, INVALID_LINK
 */
export async function readWorkLinks(context: RegistryContext, names: readonly string[]): Promise<WorkLink[]> {
  const workTree = await requireWorkTree(context, 'link files are read from the work tree');
  const known = (await workTree.find(LINK_SUFFIX)).flatMap((file) => {
    const artifact = artifactOfLink(file);
    return artifact === undefined ? [] : [{ artifact, file }];
  });
  const chosen =
    names.length === 0
      ? known
      : await Promise.all(
          names.map(async (name) => {
            const artifact = await meantInWrite(context, artifactName(name));
            await refuseExcluded(context, artifact);
            return find(artifact, known);
          }),
        );
  return Promise.all(
    chosen.map(async ({ artifact, file }) => {
      const bytes = (await workTree.read(file)) ?? new Uint8Array();
      return { artifact, file, bytes, link: readLink(bytes, file).link };
    }),
  );
}

function find(artifact: ArtifactName, known: readonly Pick<WorkLink, 'artifact' | 'file'>[]) {
  const found = known.find((one) => one.artifact === artifact);
  if (found) return found;
  throw new RegError(
    'NOT_DECLARED',
    `there is no ${requireLinkPath(artifact)} in the work tree`,
    didYouMean(
      artifact,
      known.map((one) => one.artifact),
      `link it with: reg link <path> ${artifact}`,
    ),
  );
}

import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { DEFAULT_CONFIG } from '../documents/config.js';
import { formatLink, type Link, readLink } from '../documents/link.js';
import { requireLinkPath } from '../documents/link-path.js';
import { CONFIG_FILE } from '../domain/config-file.js';
import type { Oid } from '../domain/event.js';
import { isFileUrl } from '../domain/location.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { type ArtifactName, artifactName, stageName } from '../domain/names.js';
import { refuseUnwritableStage } from '../domain/writable.js';
import { RegError } from '../errors.js';
import { requireWriter } from '../git/port.js';
import { digestFiles } from '../models/digest.js';
import { openHashes } from '../models/hashes.js';
import type { OnBytes } from '../models/download.js';
import { modelToUpload, type UploadedModel } from '../models/left-out.js';
import { type Put, putModel } from '../models/put.js';
import { keyOf } from '../models/store-layout.js';
import { isStoreUrl, joinObjectUrl, parseStoreUrl } from '../stores/url.js';
import { isFolder, isInside, isThere } from '../util/files.js';
import { refuseLinksBelow } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import { assign, register } from './actions.js';
import { type RegistryContext, requireCommit, requireWorkTree } from './context.js';
import { refuseExcluded } from './exclusion.js';
import { refuseForkEarly } from './forks.js';
import { formatOf, typeOf } from './link.js';
import { refuseLocalBytes } from './local-bytes.js';
import { meantInWrite } from './meant.js';
import { type MetadataOptions, metadataOf } from './metadata.js';
import { readRules } from './policy.js';
import type { UploadRow } from './rows.js';
import type { Written } from './write.js';
import { writeTargetOf } from './write-target.js';

/** Options of an upload. */
export interface UploadOptions extends MetadataOptions {
  /** The base of relative paths. */
  from: string;
  /** A URL or a folder; by default that of the configuration. */
  store?: string | undefined;
  /** Commits the link file and registers the next version. */
  register?: boolean | undefined;
  /** Does so, and assigns the version to a stage. */
  assign?: string | undefined;
  /** The message of the tags. */
  message?: string | undefined;
  /** Pushes the tags, and the commit that they name with them. */
  push?: boolean | undefined;
  /** Signs the tags, or does not; git's `tag.gpgSign` by default. */
  sign?: boolean | undefined;
  /** Called with the number of bytes; the result is called with those that the store has. */
  onStart?: ((total: number) => OnBytes) | undefined;
}

/**
 * Puts a model into a store under its SHA-256, and writes the link to it.
 * @throws RegError SOURCE_PATH, STORE_FAILED, PACKAGE_MISSING, NO_WORK_TREE, and what registering and assigning throw
 */
export async function upload(
  context: RegistryContext,
  path: string,
  name: string,
  options: UploadOptions,
): Promise<UploadRow & { notes: string[] }> {
  const { root, write, read } = await requireWorkTree(context, 'a link file is written into the work tree');
  const artifact = await meantInWrite(context, artifactName(name));
  await refuseExcluded(context, artifact);
  const file = requireLinkPath(artifact);
  const existing = await read(file);
  const before = existing && readLink(existing, file).link;
  const isRegistering = options.register === true || options.assign !== undefined;
  const type = typeOf(await context.config(), before);
  if (isRegistering) await refuseEarly(context, artifact, options);
  const to = await storeOf(context, options, root);
  const store = await context.stores.openStore(to.address);
  const { model, ...leftOut } = await modelAt(resolve(options.from, path), path);
  const { digest, files } = await digestFiles(model, openHashes(context.cache, context.now));
  const { sha256, size } = digest;
  const { values, dropped } = await metadataOf(before, before?.sha256 !== sha256, options, options.from);
  const key = keyOf(digest, model.name);
  if (isRegistering) await refuseDyingBytes(context, artifact, to, key, options);
  if (to.path !== undefined && to.path === resolve(root, DEFAULT_CONFIG.store) && !(await isThere(to.path)))
    await write(`${DEFAULT_CONFIG.store.replace(/^\.\//, '')}/.gitignore`, IGNORE_ALL);
  const put = await putModel(store, key, { ...model, files }, options.onStart?.(size) ?? (() => undefined));
  const url = joinObjectUrl(to.shown, model.kind === 'folder' ? `${key}/` : key);
  const link: Link = { ...formatOf(before), source: { url }, sha256, size, type, ...values };
  await write(file, formatLink(link, existing && { bytes: existing, file }));
  const row = { artifact, path: file, url, sha256, size, uploaded: put.isNew, dropped };
  const notes = notesOf(put, leftOut);
  if (!isRegistering) return { ...row, commit: null, tags: [], notes };
  const commit = await requireWriter(context.repository).commitFile(file, `Link ${artifact}`);
  const { rows: tags, note } = await registerAt(context, artifact, commit, options, to.named);
  return { ...row, commit, tags, notes: [...notes, ...(note === undefined ? [] : [note])] };
}

/** What is worth knowing of the files of a folder. */
function notesOf(
  { files: count, stored }: Put,
  { folders, ignored }: Omit<UploadedModel, 'model'>,
): string[] {
  const files = `${ignored} file${ignored === 1 ? '' : 's'} that .regignore names`;
  const leftOut = [...folders, ...(ignored > 0 ? [files] : [])];
  return [
    ...(leftOut.length > 0 ? [`left out of the model: ${leftOut.join(', ')}`] : []),
    ...(stored > 0 && stored < count ? [`the store had ${count - stored} of ${count} files already`] : []),
  ];
}

/** Without a store of one's own, models are not for git: `git add .` leaves out a folder with this file (gitignore(5)). */
const IGNORE_ALL = '# models, put here by reg upload\n*\n';

/**
 * Refuses before anything is written to publish a version whose bytes would stay on this machine.
 * @throws RegError NOT_PUSHED; STORE_FAILED where a folder that others are to have is not there
 */
async function refuseDyingBytes(
  context: RegistryContext,
  artifact: ArtifactName,
  { address, path, named }: Store,
  key: string,
  options: UploadOptions,
): Promise<void> {
  if (path === undefined) return;
  const { push, remote } = await writeTargetOf(context, options);
  if (!push) return;
  await refuseLocalBytes(context, {
    artifact,
    commit: await requireCommit(context, 'HEAD'),
    place: join(path, key),
    shared: async () => (await readRules(context, { kind: 'remote', remote })).config,
    named,
    hint: `name a store that others reach with --store, or with store: in ${CONFIG_FILE} of the default branch; a folder that they have too by its absolute path`,
  });
  if (!isInside((await context.workTree())?.root ?? path, path) && !(await isFolder(path)))
    throw new RegError(
      'STORE_FAILED',
      `there is no folder ${address}, and others are to find the bytes there`,
      `mount it, or make it: ${shellLine('mkdir', '-p', path)}`,
    );
}

/** Refuses before the upload what registering and assigning would refuse after it. */
async function refuseEarly(
  context: RegistryContext,
  artifact: ArtifactName,
  { assign: stage, push, sign }: UploadOptions,
): Promise<void> {
  const target = await writeTargetOf(context, { push, sign });
  if (target.asks) await refuseForkEarly(context, artifact, target);
  if (stage !== undefined) refuseUnwritableStage(stageName(stage), await context.config());
}

/** @throws RegError SOURCE_PATH without a file, or with an unsafe path */
async function modelAt(path: string, shown: string): Promise<UploadedModel> {
  const found = await modelToUpload(path);
  if (found === undefined)
    throw new RegError('SOURCE_PATH', `there is nothing at ${shown}`, 'give a file or a folder');
  const { model, folders, ignored } = found;
  if (model.files.length === 0)
    throw new RegError(
      'SOURCE_PATH',
      `there is no file in ${shown}${folders.length + ignored > 0 ? ' beside what is left out' : ''}`,
      'a model has at least one',
    );
  for (const one of [{ path: model.name }, ...model.files]) refuseUnsafePath(one.path);
  return found;
}

/** Where an upload goes. */
interface Store {
  /** The address to open. */
  address: string;
  /** The address for the link: relative to the top of the repository where it is inside. */
  shown: string;
  /** The absolute path of a store that is a folder. */
  path: string | undefined;
  /** That path where the option names it as an absolute path or a URL, which is on purpose. */
  named: string | undefined;
}

/** The store that an upload goes to: the given one, else that of the configuration. */
export async function storeOf(
  context: RegistryContext,
  { store: given, from }: Pick<UploadOptions, 'store' | 'from'>,
  root: string,
): Promise<Store> {
  const store = given ?? (await context.config()).store;
  const isUrl = isStoreUrl(store);
  if (isUrl && !isFileUrl(store)) return { address: store, shown: store, path: undefined, named: undefined };
  // a URL that no store has is refused where it is opened
  const { folder, name } = isUrl ? parseStoreUrl(`${store.replace(/\/+$/, '')}/`) : { folder: '', name: '' };
  const path = isUrl ? resolve(folder + name) : resolve(given === undefined ? root : from, store);
  // a commit may have brought a link that leads anywhere
  await refuseLinksBelow(root, resolve(path, 'any'), path);
  const real = await settledPath(path);
  const way = relative(await settledPath(root), real).replaceAll('\\', '/');
  const isOutside = isAbsolute(way) || way === '..' || way.startsWith('../');
  const named = given !== undefined && (isUrl || isAbsolute(given)) ? path : undefined;
  const shown = isOutside ? (isUrl ? store : path) : way === '' ? '.' : `./${way}`;
  return { address: isUrl ? store : path, shown, path, named };
}

/** The real path of a folder that may not be there yet. */
async function settledPath(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || dirname(path) === path) return real ?? path;
  return join(await settledPath(dirname(path)), basename(path));
}

/** Registers the commit, and assigns its version where a stage is named. */
async function registerAt(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid,
  { assign: stage, message, push, sign }: UploadOptions,
  namedStore: string | undefined,
): Promise<Written> {
  const options = { rev: commit, message, push, sign, namedStore };
  return stage === undefined
    ? register(context, artifact, options)
    : assign(context, artifact, stage, options);
}

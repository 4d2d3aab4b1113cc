import { createReadStream } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { type Link, missingPin } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { refuseUnsafePath } from '../domain/model-files.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { parseVersionTarget } from '../domain/target.js';
import { RegError } from '../errors.js';
import type { ReadAt } from '../formats/read-at.js';
import { canRunCode, type Format, recogniseFormat } from '../formats/recognise.js';
import type { Tensors } from '../formats/safetensors.js';
import { cacheMode } from '../models/cache-mode.js';
import { type ModelCache, openModelCache } from '../models/cache.js';
import { combinedDigest, type ModelDigest } from '../models/digest.js';
import type { OnBytes } from '../models/download.js';
import { fetchModel, promisedHash, type WantedModel } from '../models/fetch.js';
import { openHashes } from '../models/hashes.js';
import { chooseFiles, knownDigests, listFiles } from '../models/listing.js';
import { type PlacedModel, placeModel } from '../models/place.js';
import { modelOnDisk, type SourceModel } from '../models/source.js';
import { isRealFolder, othersIn } from '../models/target.js';
import { isFolder, isThere } from '../util/files.js';
import { openPlain, refuseLinksBelow } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import { type RegistryContext, wantsVerified } from './context.js';
import { explainUnlinked } from './declared.js';
import { followLink, linkAt, nameInLink, shownSource } from './links.js';
import { askMeant } from './meant.js';
import { type ChooseOptions, type Chosen, choose } from './queries.js';
import type { LoadRow } from './rows.js';

/** How to load a model. */
export interface LoadOptions extends ChooseOptions {
  /**
   * The file or folder to write. The files of a folder model go into the folder; for a file, an existing folder or a `/` at the end
   * means the folder to write into.
   */
  to?: string | undefined;
  /** The working folder: without `to` the model goes into it under its own name, and without both into the cache. */
  into?: string | undefined;
  /** Replaces other content at the target: in a folder only the files that the model names. */
  force?: boolean | undefined;
  /** Only files of a folder model that these patterns choose, as gitignore(5) reads them; `!` leaves out again. All by default. */
  include?: readonly string[] | undefined;
  /** Hashes all bytes, also those that were hashed before and have not changed since. */
  rehash?: boolean | undefined;
  /** Refuses a link that is not pinned to bytes. */
  frozen?: boolean | undefined;
  /** Called with the number of bytes to come, where it is known; the result is called with those of each chunk. */
  onStart?: ((total: number | undefined) => OnBytes) | undefined;
}

/** A model on this machine's disk whose bytes are those that its link promises. */
export type LoadedModel = LoadRow & Pick<ModelDigest, 'kind'> & Pick<PlacedModel, 'others'>;

/**
 * Loads one model in four steps: chooses its link, follows it to a source, fetches and verifies the bytes, and places them.
 * Bytes that were fetched before come from the cache.
 * @throws RegError HASH_MISMATCH where the bytes are not those that the link promises, FILE_EXISTS, and what resolving throws
 */
export async function loadModel(
  context: RegistryContext,
  name: string,
  options: LoadOptions,
): Promise<LoadedModel> {
  const cache = openModelCache(context.cache, context.now, cacheMode(context.around.env));
  const ask = (from: RegistryContext): Promise<ChosenLink> =>
    askMeant(from, name, (full) => chooseLink(from, artifactName(full), options));
  const chosen = await ask(context).catch(orKept(context, options, cache, ask));
  const load = options.include?.length ? loadChosenFiles : loadLocated;
  return fromCacheOrSource(context, chosen, cache, (located) =>
    load(context, chosen, located, cache, options),
  );
}

/** Does some work on a model of the cache, or else of its source: a model whose bytes were changed in the cache is fetched again. */
export async function fromCacheOrSource<T>(
  context: RegistryContext,
  chosen: ChosenLink,
  cache: ModelCache,
  work: (located: Located) => Promise<T>,
): Promise<T> {
  const cached = await findInCache(chosen, cache);
  const done = cached && (await work(cached).catch(evictChanged(cached, cache)));
  return done ?? work(await follow(context, chosen));
}

/**
 * Loads some files of a folder model. A list of all files that has the hash of the link promises each of them; where no such list is known,
 * all bytes are fetched into the cache for it.
 */
async function loadChosenFiles(
  context: RegistryContext,
  chosen: ChosenLink,
  located: Located,
  cache: ModelCache,
  options: LoadOptions,
): Promise<LoadedModel> {
  const { artifact, version } = chosen;
  const { model } = located;
  const what = version === null ? artifact : `${artifact}@${version}`;
  if (model.kind === 'file')
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${what} is one file, and patterns choose files of a folder`,
      'leave out --include',
    );
  const paths = new Set(chooseFiles(what, model.files, options.include ?? []).map(({ path }) => path));
  const isPinned = promisedHash(located) !== undefined;
  // what git has, and what is on this machine, is read where it is
  const listed = isPinned
    ? await listFiles(located, ({ digest, isHere = false }) => isHere || digest?.algorithm === 'blob')
    : model.files;
  if (isPinned && knownDigests(listed) === undefined) {
    const { include: _, to: __, into: ___, ...rest } = options;
    context.note(
      `no list of the files of ${what} is known, so all of its bytes are fetched, and kept in the cache`,
    );
    const whole = await loadLocated(context, chosen, located, cache, rest);
    const kept = await modelOnDisk(whole.path);
    if (kept === undefined) throw new RegError('FILE_SYSTEM', `${whole.path} was removed`, 'load it again');
    return loadChosenFiles(context, chosen, { ...located, model: kept }, cache, {
      ...options,
      onStart: undefined,
    });
  }
  const files = listed.filter(({ path }) => paths.has(path));
  const known = knownDigests(files);
  const promises = known ? [combinedDigest('folder', known)] : [];
  const chosenModel = { ...model, files };
  const part = { ...located, model: chosenModel, promises, whole: model.files, entry: undefined };
  return loadLocated(context, chosen, part, cache, options);
}

/**
 * For `catch`: where the registry cannot be reached, a version that was asked for before and whose bytes are in the cache is loaded all
 * the same, with a warning. What is in a stage may have changed meanwhile.
 */
const orKept =
  (
    { kept, note }: RegistryContext,
    { version }: LoadOptions,
    cache: ModelCache,
    ask: (from: RegistryContext) => Promise<ChosenLink>,
  ) =>
  async (error: unknown): Promise<ChosenLink> => {
    const isUnreachable = error instanceof RegError && error.code === 'REMOTE_FAILED';
    if (!isUnreachable || kept === undefined) throw error;
    const isNamed = version !== undefined && parseVersionTarget(`x@${version}`).which?.kind === 'version';
    const chosen = isNamed
      ? await kept()
          .then(ask)
          .catch(() => undefined)
      : undefined;
    if (chosen !== undefined && (await findInCache(chosen, cache)) !== undefined) {
      note(`warning: ${error.message}; ${chosen.artifact} ${version} comes from the cache`);
      return chosen;
    }
    if (isNamed) throw error;
    throw new RegError(
      error.code,
      error.message,
      `${error.hint}; to go by what was asked before, add --offline`,
    );
  };

/** Fetches, verifies and places a model whose place is known. */
async function loadLocated(
  context: RegistryContext,
  { artifact, version, commit, link }: ChosenLink,
  located: Located,
  cache: ModelCache,
  options: LoadOptions,
): Promise<LoadedModel> {
  const { to, into, force = false, onStart } = options;
  const onBytes = onStart?.(totalOf(located));
  const { signal } = context;
  const hashes = openHashes(context.cache, context.now, { ...options, mode: cache.mode });
  const place = await targetOf(located, to, into);
  if (place !== undefined) await refuseLinks(context, place, to, into);
  const isChosenBySource = to === undefined && place !== undefined;
  const guard = isChosenBySource ? () => refuseAsTarget(context, located, place, force) : undefined;
  const target = { to: place, force, guard, own: located.whole };
  const verified = await fetchModel(located, target, { cache, signal, hashes, onBytes });
  const { path, others } = await placeModel(verified, cache, { signal, hashes });
  const { sourceCommit } = located;
  const source = {
    ...shownSource(link.source),
    ...(sourceCommit === undefined ? {} : { commit: sourceCommit }),
  };
  const { kind, sha256, size } = verified.digest;
  const pinned = missingPin(link) === undefined;
  const files = located.whole === undefined ? null : located.model.files.map((file) => file.path);
  return { artifact, version, commit, path, kind, sha256, size, files, pinned, source, others };
}

/** The link of an artifact at the commit that a load means. */
export interface ChosenLink extends Chosen {
  artifact: ArtifactName;
  link: Link;
}

/**
 * Chooses the commit of the registry, and reads the link there.
 * @throws RegError NOT_DECLARED, INVALID_LINK, NOT_PINNED, and what choosing throws
 */
export async function chooseLink(
  context: RegistryContext,
  artifact: ArtifactName,
  { frozen = false, ...options }: ChooseOptions & Pick<LoadOptions, 'frozen'>,
): Promise<ChosenLink> {
  const chosen = await choose(context, artifact, await verifying(context, options));
  const link = await linkAt(context, artifact, chosen).catch(explainUnlinked(artifact, chosen.version));
  if (frozen) refuseFloating(artifact, link);
  return { ...chosen, artifact, link };
}

/**
 * Whether the version is verified. A rev and HEAD rest on no event, so that there is nothing to verify.
 * @throws RegError USAGE where that was asked for
 */
async function verifying(context: RegistryContext, options: ChooseOptions): Promise<ChooseOptions> {
  const { stage, version, verify } = options;
  if (stage !== undefined || version !== undefined)
    return { ...options, verify: verify ?? (await wantsVerified(context)) };
  if (verify !== true) return options;
  throw new RegError(
    'USAGE',
    'a rev rests on no event, so that there is nothing to verify',
    'name a version or a stage, or leave out --verify',
  );
}

function refuseFloating(artifact: ArtifactName, link: Link): void {
  const missing = missingPin(link);
  if (missing === undefined) return;
  throw new RegError(
    'NOT_PINNED',
    `the link of ${artifact} is not pinned: it has no ${missing}`,
    `pin it with: reg update ${artifact}`,
  );
}

/** A model at its source or in the cache, with what every link on the way promises of it. */
export interface Located extends WantedModel {
  /** The commit of the source, where it is known. */
  sourceCommit: Oid | undefined;
  /** All files of the folder that this is a part of; undefined for a whole model. */
  whole?: SourceModel['files'] | undefined;
}

/** Follows a link to its source. */
async function follow(context: RegistryContext, chosen: ChosenLink): Promise<Located> {
  const { model, commit, promises } = await followLink(context, chosen.link, async () => chosen.commit);
  return locatedAt(chosen, model, promises, commit);
}

/** The model of a pinned link in the cache; no source is asked. */
async function findInCache(chosen: ChosenLink, cache: ModelCache): Promise<Located | undefined> {
  const { sha256, source } = chosen.link;
  const model = sha256 === undefined ? undefined : await cache.find(sha256);
  const entry = model && cache.pathOf(sha256 ?? '', model.name);
  return model && { ...locatedAt(chosen, model, [chosen.link], source.commit), entry };
}

function locatedAt(
  { artifact, link }: ChosenLink,
  model: SourceModel,
  promises: WantedModel['promises'],
  sourceCommit: Oid | undefined,
): Located {
  const name = nameInLink(link.source) ?? model.name;
  refuseUnsafePath(name);
  return { what: artifact, name, model, promises, sourceCommit };
}

/** For `catch`: removes a model whose bytes were changed in the cache, so that it is fetched from its source. */
const evictChanged =
  (cached: Located, cache: ModelCache) =>
  async (error: unknown): Promise<undefined> => {
    if (!(error instanceof RegError) || error.code !== 'HASH_MISMATCH') throw error;
    await cache.evict(promisedHash(cached) ?? '');
  };

/** The file or folder to write; undefined for the cache. */
async function targetOf(
  { model, name }: Located,
  to: string | undefined,
  into: string | undefined,
): Promise<string | undefined> {
  if (to === undefined) return into === undefined ? undefined : join(into, name);
  // the files of a folder go into the folder that is named
  if (model.kind === 'folder') return to.replace(/(?<=.)[\\/]+$/, '');
  return /[\\/]$/.test(to) || (await isFolder(to)) ? join(to, name) : to;
}

/**
 * Refuses a target behind a symbolic link in the work tree, or below the working folder where its path is relative to that: a
 * commit, or another user of the folder, may have put it there.
 * @throws RegError FILE_SYSTEM
 */
async function refuseLinks(
  context: RegistryContext,
  place: string,
  to: string | undefined,
  into: string | undefined,
): Promise<void> {
  const root = (await context.workTree())?.root;
  const roots = [root, to === undefined || !isAbsolute(to) ? into : undefined];
  for (const one of roots) if (one !== undefined) await refuseLinksBelow(one, place);
}

/**
 * Refuses a target that the source alone named: a dot file, which tools read without being asked, a file that the repository of
 * the working folder tracks, and without `force` a folder with files of others.
 * @throws RegError FILE_EXISTS
 */
async function refuseAsTarget(
  context: RegistryContext,
  { what, model, whole = model.files }: Located,
  place: string,
  force: boolean,
): Promise<void> {
  const name = basename(place);
  const refuse = (why: string, how: string): RegError =>
    new RegError(
      'FILE_EXISTS',
      `cannot load ${what} to ${name}: ${why}`,
      `add ${shellLine('-o', `./${name}`)} ${how}`,
    );
  if (name.startsWith('.')) throw refuse('a source does not name a dot file', 'to write it');
  if (!(await isThere(place))) return;
  if (await isTracked(context, place))
    throw refuse('git tracks that file, with other content', '--force to replace it');
  if (!force && model.kind === 'folder' && (await isRealFolder(place)) && (await othersIn(place, whole)) > 0)
    throw refuse('that folder has other files', 'to write into it');
}

/** Whether the commit that is checked out around a path has a file or a folder there. */
const isTracked = (context: RegistryContext, place: string): Promise<boolean> =>
  readTracked(context, place).catch(unlessNone);

async function readTracked(context: RegistryContext, place: string): Promise<boolean> {
  const around = await context.openOther(dirname(place));
  const root = (await around.workTree())?.root;
  const head = await around.repository.objects.commit('HEAD');
  if (root === undefined || head === undefined) return false;
  const folder = await realpath(dirname(place));
  // where letter case does not count, the file may be tracked under another name
  const names = (await readdir(folder)).filter((name) => folded(name) === folded(basename(place)));
  const paths = names.map((name) => relative(root, join(folder, name)).replaceAll('\\', '/'));
  const entries = await Promise.all(paths.map((path) => around.repository.objects.entry(head, path)));
  return entries.some((entry) => entry !== undefined);
}

const folded = (name: string): string => name.normalize('NFD').toLowerCase();

function unlessNone(error: unknown): false {
  if (error instanceof RegError && error.code === 'NO_REPOSITORY') return false;
  throw error;
}

/** The bytes of a model, where every file says its size. */
const totalOf = ({ model }: Located): number | undefined =>
  model.files.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );

/** A `Readable`. Where the types of Node are not installed, that is `any`, and this is something to iterate. */
export type ByteStream = [0] extends [1 & Readable] ? AsyncIterable<Uint8Array> : Readable;

/** A model on this machine's disk, with calls that read it: the result of `load()`. */
export interface Model extends LoadedModel {
  /**
   * The bytes of a single file.
   * @throws RegError SOURCE_UNSUPPORTED for a folder
   */
  bytes(): Promise<Uint8Array>;
  /** The same as a stream. */
  stream(): ByteStream;
  /** The format of a single file, by its bytes and never by its name; undefined where they do not show it. */
  format(): Promise<Format | undefined>;
  /**
   * The tensors of a safetensors file, each read when its data is requested.
   * @throws RegError INVALID_MODEL for another format, or a damaged file
   */
  tensors(): Promise<Tensors>;
}

/** Adds the calls that read it to a loaded model. */
export function readable(loaded: LoadedModel): Model {
  const file = (): string => singleFile(loaded);
  return {
    ...loaded,
    bytes: async () => readFile(file()),
    stream: () => createReadStream(file()),
    format: async () => formatOf(loaded),
    tensors: async () => {
      const { readSafetensors } = await import('../formats/safetensors.js');
      return readSafetensors(readerOf(file()), loaded.size);
    },
  };
}

/**
 * The path of a model that is one file, or of its only chosen file.
 * @throws RegError SOURCE_UNSUPPORTED for a folder
 */
export function singleFile({ artifact, kind, path, files }: LoadedModel): string {
  if (kind === 'file') return path;
  const [only] = files ?? [];
  if (only !== undefined && files?.length === 1) return join(path, only);
  throw new RegError('SOURCE_UNSUPPORTED', `${artifact} is a folder, not one file`, 'load it to a folder');
}

const formatOf = async ({ kind, path, size }: LoadedModel): Promise<Format | undefined> =>
  kind === 'file' ? recogniseFormat(readerOf(path), size) : undefined;

/** The warning for a model of a format that can run code when its own tools open it; undefined for others. */
export async function warningOf(loaded: LoadedModel): Promise<string | undefined> {
  const format = await formatOf(loaded);
  if (format === undefined || !canRunCode(format)) return undefined;
  return `${loaded.path} is a ${format} file: opening it can run code that is in it; trust its source, or use safetensors`;
}

/** Reads parts of a file and opens it for each, so that nothing stays open. */
const readerOf =
  (path: string): ReadAt =>
  async (start, end) => {
    const file = await openPlain(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  };

import { basename, join } from 'node:path';
import { RegError } from '../errors.js';
import { isOneDisk, linkPlain, remove } from '../util/safe-files.js';
import type { ModelCache } from './cache.js';
import {
  type BytesPromise,
  combinedDigest,
  type DigestedModel,
  digestFile,
  keepsPromises,
  type ModelDigest,
  otherBytes,
  verifyPromises,
} from './digest.js';
import { download, type OnBytes } from './download.js';
import type { Hashes } from './hashes.js';
import { newPart, type Part, removeLeftParts } from './part.js';
import { fileOnDisk, type SourceModel } from './source.js';
import { type Before, differing, digestAt, lookAtTarget, refuseToReplace, wholeIn } from './target.js';

/** A model to fetch, with what every link on the way promises of its bytes. */
export interface WantedModel {
  /** Names the model in errors. */
  what: string;
  /** The name of its file or folder. */
  name: string;
  model: SourceModel;
  promises: readonly BytesPromise[];
  /** Its file or folder in the cache, where it comes from there. */
  entry?: string | undefined;
}

/** The place that a model goes to. */
export interface Target {
  /** The file or folder to write; undefined for the cache. */
  to?: string | undefined;
  /** Replaces other content that is there. */
  force?: boolean | undefined;
  /** Throws where the place must not be written; not called where it holds the same bytes. */
  guard?: (() => Promise<void>) | undefined;
  /** All files of the model that this is a part of: those at the target are no others'. */
  own?: readonly { path: string }[] | undefined;
}

/** A model on this machine whose bytes are those that its links promise: at its target already, or in a part. */
export interface VerifiedModel {
  name: string;
  digest: DigestedModel;
  /** The file or folder that holds it now. */
  path: string;
  /** Its place; undefined where only its digest gives the place in the cache. */
  to: string | undefined;
  force: boolean;
  guard: Target['guard'];
  own: Target['own'];
  /** What the place held before; undefined where it was free. */
  before: Before | undefined;
  /** Whether a copy is kept in the cache; files of this machine get none. */
  isCached: boolean;
  /** Removes the part, if it was not moved. */
  drop(): Promise<void>;
}

/** What fetching takes beside the model. */
export interface FetchTools {
  cache: ModelCache;
  /** Ends it; the bytes so far are kept for the next run. */
  signal?: AbortSignal | undefined;
  /** What was hashed before. */
  hashes?: Hashes | undefined;
  onBytes?: OnBytes | undefined;
}

/**
 * Fetches a model into a part and verifies it; a target that holds its bytes already is left alone. Where the source can be read
 * from the middle, the part is in the cache: what breaks off stays there, and the next run goes on from it. Any other part is
 * beside the target.
 * @throws RegError FILE_EXISTS, HASH_MISMATCH, TOO_LARGE, SOURCE_PATH, FILE_SYSTEM and what the source throws
 */
export async function fetchModel(
  wanted: WantedModel,
  target: Target,
  tools: FetchTools,
): Promise<VerifiedModel> {
  const { name, model } = wanted;
  const isForCache = target.to === undefined;
  const { to, force = false, guard, own } = isForCache ? await placeInCache(wanted, tools.cache) : target;
  const before =
    to === undefined
      ? undefined
      : isForCache
        ? await digestAt(to, tools.hashes)
        : await lookAtTarget(to, model, tools.hashes);
  const isCached = tools.cache.mode !== 'off' && model.files.some((file) => !file.isHere);
  const facts = { name, to, force, guard, own, before, isCached };
  const there = wholeAt(wanted, before);
  if (to !== undefined && there && isPromised(wanted, there))
    return { ...facts, digest: there, path: to, drop: async () => undefined };
  if (before === undefined || isPinned(wanted)) await guard?.();
  const isHeld = before !== undefined && before !== 'other' && before.kind === 'paths';
  const others = isHeld ? differing(before) : [];
  const isOther = others.length > 0 || (isPinned(wanted) && (isHeld ? there : before) !== undefined);
  if (to !== undefined && isOther) refuseToReplace(to, force, others);
  if (to !== undefined && isHeld) await removeLeftParts(to);
  // the files of a folder that is there are moved inside it: it may be a mount, or below a folder that takes no part
  const beside = to === undefined ? tools.cache.aside() : isHeld ? join(to, basename(to)) : to;
  // as of git, cp and curl: what can be loaded again is not waited for on the disk, unless something else goes for it
  const isLasting = before !== undefined;
  const copyTo = isForCache || isHeld || to === undefined || model.kind === 'folder' ? undefined : to;
  const { digest, path, drop } = await build(wanted, beside, { isLasting, copyTo }, tools);
  return { ...facts, digest, path, drop };
}

/** The digest of what is at the target, where it has every path of the model. */
function wholeAt({ model }: WantedModel, before: Before | undefined): DigestedModel | undefined {
  if (before === undefined || before === 'other') return undefined;
  if (before.kind !== 'paths') return before;
  const files = wholeIn(before, model.files);
  return files && { ...combinedDigest('folder', files), files };
}

/** The place of a model in the cache, as far as its promises give it. */
async function placeInCache(wanted: WantedModel, cache: ModelCache): Promise<Target> {
  const promised = promisedHash(wanted);
  if (promised === undefined) return {};
  await cache.makeFolder(promised);
  return { to: cache.pathOf(promised, wanted.name), force: true };
}

/** Downloads a model into a part, and verifies it. */
async function build(
  wanted: WantedModel,
  to: string,
  how: { isLasting: boolean; copyTo: string | undefined },
  tools: FetchTools,
  isCacheTried = true,
): Promise<Part & { digest: DigestedModel }> {
  const kept = isCacheTried ? await resumable(wanted, tools.cache) : undefined;
  const part = kept ?? (await newPart(to));
  let digest: DigestedModel | undefined;
  const drop = async (): Promise<void> => {
    for (const { copy } of digest?.files ?? []) if (copy !== undefined) await remove(copy);
    await part.drop();
  };
  try {
    const linked = await link(wanted, part.path, tools);
    if (linked) return { ...part, digest: linked };
    digest = await download(wanted.model, part.path, bounded(wanted, tools.onBytes), {
      signal: tools.signal,
      isKnown: isPinned(wanted),
      isFresh: part.isFresh,
      isLeft: part.isLeft,
      hashes: tools.hashes,
      copyTo:
        kept && how.copyTo && tools.cache.mode !== 'link'
          ? { path: how.copyTo, sync: how.isLasting }
          : undefined,
      isSynced: kept === undefined && how.isLasting,
    });
    if (!keepsPromises(wanted.promises, digest)) await verifySource(wanted.model, part.path);
    verifyPromises(wanted.what, wanted.promises, digest);
    return { ...part, digest, drop };
  } catch (error) {
    // a load does not fail because the disk of the cache is full
    const isElsewhere = kept && hasCode(error, 'FILE_SYSTEM') && !(await isOneDisk(part.path, to));
    if (isBrokenOff(error) && !isElsewhere) await part.giveBack();
    await drop();
    if (isElsewhere) return build(wanted, to, how, tools, false);
    // the bytes of an earlier process may be wrong
    if (!part.isFresh && hasCode(error, 'HASH_MISMATCH')) return build(wanted, to, how, tools, isCacheTried);
    throw error;
  }
}

/**
 * Compares a part that is wrong with what the source itself promises, which says whether the source is damaged.
 * @throws RegError HASH_MISMATCH where it is
 */
async function verifySource({ kind, files }: SourceModel, path: string): Promise<void> {
  for (const file of files) {
    const written = await fileOnDisk(kind === 'file' ? path : join(path, file.path), file.path);
    const { digest, size } = file;
    if (written && digest && digest.algorithm !== 'sha256') await digestFile({ ...written, digest, size });
  }
}

/** Makes the part of other names of what the cache has; undefined where that is not asked for, or not possible. */
async function link(
  { what, model, promises, entry }: WantedModel,
  path: string,
  { cache, hashes }: FetchTools,
): Promise<DigestedModel | undefined> {
  if (entry === undefined || cache.mode !== 'link') return undefined;
  const before = await digestAt(entry, hashes);
  if (before === undefined || before === 'other' || before.kind !== model.kind) return undefined;
  verifyPromises(what, promises, before);
  return linkPlain(entry, path).then(
    () => before,
    async () => {
      await remove(path);
      return undefined;
    },
  );
}

const hasCode = (error: unknown, code: string): boolean => error instanceof RegError && error.code === code;

/** A part in the cache, which parts of the same bytes go on from; undefined where the source, or the cache, has none. */
async function resumable(wanted: WantedModel, cache: ModelCache): Promise<Part | undefined> {
  const sha256 = promisedHash(wanted);
  const isWorthIt = wanted.model.files.some((file) => file.ranges && !file.isHere);
  return sha256 !== undefined && isWorthIt && cache.mode !== 'off'
    ? cache.part(sha256, wanted.name)
    : undefined;
}

/** Stops at the first byte more than a link promises: an endless source would fill the disk before its bytes are compared. */
function bounded({ what, promises }: WantedModel, onBytes: OnBytes = () => undefined): OnBytes {
  const most = Math.min(...promises.map(({ size }) => size ?? Number.POSITIVE_INFINITY));
  let sum = 0;
  return (count) => {
    sum += count;
    if (sum > most) throw otherBytes(what, `there are more than ${most} bytes`);
    onBytes(count);
  };
}

/** The SHA-256 that a link promises. */
export const promisedHash = ({ promises }: Pick<WantedModel, 'promises'>): string | undefined =>
  promises.find(({ sha256 }) => sha256 !== undefined)?.sha256;

const isPinned = (wanted: WantedModel): boolean => promisedHash(wanted) !== undefined;

const isPromised = (wanted: WantedModel, before: ModelDigest): boolean =>
  isPinned(wanted) && before.kind === wanted.model.kind && keepsPromises(wanted.promises, before);

const BROKEN_OFF: ReadonlySet<string> = new Set([
  'STORE_FAILED',
  'REMOTE_FAILED',
  'INTERRUPTED',
  'FILE_SYSTEM',
]);
const isBrokenOff = (error: unknown): boolean => error instanceof RegError && BROKEN_OFF.has(error.code);

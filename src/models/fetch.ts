import { RegError } from '../errors.js';
import type { ModelCache } from './cache.js';
import { type BytesPromise, keepsPromises, type ModelIdentity, verifyPromises } from './digest.js';
import { download, type OnBytes } from './download.js';
import { type Part, takePart } from './part.js';
import { identityAt, moveInto, type PlaceOptions, refuseToReplace } from './place.js';
import type { SourceModel } from './source.js';

/** A model to be fetched: where it is, and what every link on the way promises of it. */
export interface Wanted {
  artifact: string;
  /** Under which name it is kept in the cache. */
  name: string;
  promises: readonly BytesPromise[];
  model: SourceModel;
}

/** What fetching takes beside the source. */
export interface FetchTools {
  cache: ModelCache;
  /** Ends it; what came so far is kept for the next run. */
  signal?: AbortSignal | undefined;
  onBytes?: OnBytes | undefined;
}

/**
 * Puts a model at a path, whole and verified or not at all; a path that holds the same bytes already is left alone. What
 * broke off stays beside the path for the next one to go on from, where the source can.
 * @throws RegError FILE_EXISTS, HASH_MISMATCH, TOO_LARGE, SOURCE_PATH, FILE_SYSTEM and what the source throws
 */
export async function fetchInto(
  wanted: Wanted,
  { to, force }: PlaceOptions,
  tools: FetchTools,
): Promise<ModelIdentity> {
  const there = await identityAt(to);
  if (there && isPromised(wanted, there)) return there;
  if (there && isPinned(wanted)) await refuseToReplace(to, there, force);
  const built = await build(wanted, to, tools);
  try {
    const { identity, path } = built;
    if (there?.kind === identity.kind && there.sha256 === identity.sha256) return there;
    if (there) await refuseToReplace(to, there, force);
    await moveInto(path, to, there);
    if (to !== tools.cache.pathOf(identity.sha256, wanted.name))
      await tools.cache.keep(to, identity.sha256, wanted.name);
    return identity;
  } finally {
    await built.drop();
  }
}

/** Fetches a model into a part beside its target, and verifies it. */
async function build(
  wanted: Wanted,
  to: string,
  tools: FetchTools,
): Promise<Part & { identity: ModelIdentity }> {
  const part = await takePart(to, keyOf(wanted));
  try {
    const identity = await download(wanted.model, part.path, bounded(wanted, tools.onBytes), {
      signal: tools.signal,
      isKnown: isPinned(wanted),
    });
    verifyPromises(wanted.artifact, wanted.promises, identity);
    return { ...part, identity };
  } catch (error) {
    const isWorthIt = isBrokenOff(error) && wanted.model.files.some((file) => file.ranges && !file.isHere);
    if (isWorthIt) await part.giveBack();
    await part.drop();
    // what an earlier process left may be at fault
    if (!part.isFresh && error instanceof RegError && error.code === 'HASH_MISMATCH')
      return build(wanted, to, tools);
    throw error;
  }
}

/** Stops at the first byte more than a link promises: bytes without end would fill the disk before anybody compared them. */
function bounded({ artifact, promises }: Wanted, onBytes: OnBytes = () => undefined): OnBytes {
  const most = Math.min(...promises.map(({ size }) => size ?? Number.POSITIVE_INFINITY));
  let sum = 0;
  return (count) => {
    sum += count;
    if (sum > most)
      throw new RegError(
        'HASH_MISMATCH',
        `the bytes of ${artifact} are not those that its link promises: there are more than ${most} bytes`,
        'nothing was written; the source was changed behind its link, or the link is wrong: reg validate',
      );
    onBytes(count);
  };
}

const isPinned = ({ promises }: Wanted): boolean => promises.some(({ sha256 }) => sha256 !== undefined);

const isPromised = (wanted: Wanted, there: ModelIdentity): boolean =>
  isPinned(wanted) && there.kind === wanted.model.kind && keepsPromises(wanted.promises, there);

/** Parts of the same bytes go on from each other; where nothing says which they are, every one begins anew. */
const keyOf = ({ promises }: Wanted): string | undefined =>
  promises.find(({ sha256 }) => sha256)?.sha256?.slice(0, 12);

const BROKEN_OFF: ReadonlySet<string> = new Set([
  'STORE_FAILED',
  'REMOTE_FAILED',
  'INTERRUPTED',
  'FILE_SYSTEM',
]);
const isBrokenOff = (error: unknown): boolean => error instanceof RegError && BROKEN_OFF.has(error.code);

import { missingPin } from '../documents/link.js';
import { artifactName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { cacheMode } from '../models/cache-mode.js';
import { openModelCache } from '../models/cache.js';
import { combinedDigest } from '../models/digest.js';
import { promisedHash } from '../models/fetch.js';
import { knownDigests, listFiles } from '../models/listing.js';
import type { RegistryContext } from './context.js';
import { chooseLink, fromCacheOrSource, type LoadOptions } from './load.js';
import { askMeant } from './meant.js';
import type { ChooseOptions } from './queries.js';
import type { FileRow, LoadRow } from './rows.js';

/** Which files are listed. */
export interface FilesOptions extends ChooseOptions, Pick<LoadOptions, 'frozen'> {}

/** The files of one model, and which model that is. */
export interface ListedModel extends Pick<LoadRow, 'artifact' | 'version' | 'commit' | 'pinned'> {
  /** SHA-256 that the link promises, or that the files have; null where neither is known. */
  sha256: string | null;
  /** By path. */
  files: FileRow[];
}

/**
 * Lists the files that `load` would bring, and fetches none. Where the SHA-256 of each is known, the list is the one that the link promises.
 * What git itself has, and what the cache has, is read for its SHA-256.
 * @throws RegError HASH_MISMATCH, and what resolving throws
 */
export async function filesOf(
  context: RegistryContext,
  name: string,
  options: FilesOptions,
): Promise<ListedModel> {
  const chosen = await askMeant(context, name, (full) => chooseLink(context, artifactName(full), options));
  const { artifact, version, commit, link } = chosen;
  const cache = openModelCache(context.cache, context.now, cacheMode(context.around.env));
  return fromCacheOrSource(context, chosen, cache, async (located) => {
    const isCached = located.model.files.every(({ isHere, digest }) => isHere && digest === undefined);
    const listed = await listFiles(located, ({ digest }) => isCached || digest?.algorithm === 'blob');
    const known = knownDigests(listed);
    const files = listed.map(({ path, size, digest }) => ({
      path: located.model.kind === 'file' ? located.name : path,
      size: size ?? null,
      sha256: digest?.algorithm === 'sha256' ? digest.value : null,
    }));
    return {
      artifact,
      version,
      commit,
      sha256: promisedHash(located) ?? (known ? combinedDigest(located.model.kind, known).sha256 : null),
      pinned: missingPin(link) === undefined,
      files: files.sort((a, b) => compareText(a.path, b.path)),
    };
  });
}

import type { Oid } from '../domain/event.js';
import type { ObjectReader, TreeEntry } from '../git/port.js';
import { memoize } from '../util/async.js';

/** So many commits, and so many files, are remembered: those of the last few artifacts. */
const COMMITS = 32;
const BLOBS = 200;

type Listing = ReadonlyMap<string, TreeEntry>;

/**
 * Reads each commit's list of files once, and each file once. A site asks of every version for its link, and for cards in several
 * places where mostly none are; each question by itself would be a run of git.
 */
export function rememberingReader<T extends ObjectReader>(objects: T): T {
  const listingOf = memoize(
    async (commit: Oid): Promise<Listing> =>
      new Map((await objects.entriesBelow(commit, '')).map((entry) => [entry.path, entry])),
    { most: COMMITS },
  );
  const sizeOf = memoize(async (oid: Oid) => (await objects.blobSizes([oid])).get(oid), { most: BLOBS });
  return {
    ...objects,
    entryAt: async (commit, path) => {
      const listing = await listingOf(commit);
      const found = listing.get(path);
      // a folder is in no list of files
      const isFolder =
        path === '' || (!found && [...listing.keys()].some((one) => one.startsWith(`${path}/`)));
      return isFolder ? objects.entryAt(commit, path) : found;
    },
    entriesBelow: async (commit, path) => {
      const listing = [...(await listingOf(commit)).values()];
      return path === '' ? listing : listing.filter((entry) => entry.path.startsWith(`${path}/`));
    },
    readBlob: memoize((oid: Oid) => objects.readBlob(oid), { most: BLOBS }),
    blobSizes: async (oids) => {
      const sizes = new Map<Oid, number>();
      for (const oid of oids) {
        const size = await sizeOf(oid);
        if (size !== undefined) sizes.set(oid, size);
      }
      return sizes;
    },
  };
}

import type { Oid } from '../domain/event.js';
import type { ObjectReader, TreeEntry } from '../git/port.js';

/** So many commits, and so many files, are remembered: those of the last few artifacts. */
const COMMITS = 32;
const BLOBS = 200;

type Listing = ReadonlyMap<string, TreeEntry>;

/**
 * Reads each commit's list of files once, and each file once. A site asks of every version for its link, and for cards in several
 * places where mostly none are; each question by itself would be a run of git.
 */
export function rememberingReader<T extends ObjectReader>(objects: T): T {
  const listingOf = remembering(
    COMMITS,
    async (commit: Oid): Promise<Listing> =>
      new Map((await objects.entriesBelow(commit, '')).map((entry) => [entry.path, entry])),
  );
  const sizeOf = remembering(BLOBS, async (oid: Oid) => (await objects.blobSizes([oid])).get(oid));
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
    readBlob: remembering(BLOBS, (oid: Oid) => objects.readBlob(oid)),
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

/** A function that remembers its last answers, and forgets those first that were asked for the longest time ago. */
function remembering<T>(most: number, ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    const answer = answers.get(key) ?? ask(key);
    answers.delete(key);
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    const [oldest] = answers.keys();
    if (answers.size > most && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}

import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { type Objects, refOf, type TagReading, type TagRef, type TreeEntry } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { annotatedTags, readAllTags } from '../registry/read.js';
import { memoize } from '../util/async.js';

/**
 * The registry as it is now. Tags are read once: all answers are of the same moment, and a site of a thousand artifacts does not
 * read them a thousand times.
 */
export async function snapshotOf(context: RegistryContext): Promise<RegistryContext> {
  const readings = await readAllTags(annotatedTags(context), 'all');
  const byArtifact = new Map<ArtifactName, TagReading[]>();
  for (const reading of readings) {
    const artifact = parseTagName(refOf(reading).name)?.artifact;
    if (artifact === undefined) continue;
    const own = byArtifact.get(artifact);
    if (own) own.push(reading);
    else byArtifact.set(artifact, [reading]);
  }
  const of = (artifact: ArtifactName): TagReading[] => byArtifact.get(artifact) ?? [];
  const noted = new Set<string>();
  return {
    ...context,
    // several parts of a site ask the same
    note: (text) => {
      if (!noted.has(text)) context.note(text);
      noted.add(text);
    },
    repository: {
      ...context.repository,
      objects: rememberingReader(context.repository.objects),
      tags: {
        list: async (scope) => {
          const own = scope === 'all' ? readings : of(scope);
          const known = new Map(own.map((reading) => [refOf(reading).name, reading]));
          return { refs: own.map((reading) => ({ ...refOf(reading), peeled: peeledOf(reading) })), known };
        },
        read: async (refs) => {
          const names = new Set(refs.map(({ name }) => name));
          return readings.filter((reading) => names.has(refOf(reading).name));
        },
      },
    },
  };
}

const peeledOf = (reading: TagReading): TagRef['peeled'] => {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
};

/** How many commits and files are kept: those of a few artifacts. */
const COMMITS = 32;
const BLOBS = 200;

type Listing = ReadonlyMap<string, TreeEntry>;

/**
 * Reads the list of files of each commit once, and each file once. A site reads the link of every version, and looks for cards in
 * several places; each question alone would be a run of git.
 */
function rememberingReader(objects: Objects): Objects {
  const listingOf = memoize(
    async (commit: Oid): Promise<Listing> =>
      new Map((await objects.entries(commit, '')).map((entry) => [entry.path, entry])),
    { most: COMMITS },
  );
  const blobOf = memoize(({ oid, most }: { oid: Oid; most: number | undefined }) => objects.blob(oid, most), {
    most: BLOBS,
  });
  const sizeOf = memoize(async (oid: Oid) => (await objects.sizes([oid])).get(oid), { most: BLOBS });
  return {
    ...objects,
    entry: async (commit, path) => {
      const listing = await listingOf(commit);
      const found = listing.get(path);
      // lists have files only, not folders
      const isFolder =
        path === '' || (!found && [...listing.keys()].some((one) => one.startsWith(`${path}/`)));
      return isFolder ? objects.entry(commit, path) : found;
    },
    entries: async (commit, path) => {
      const listing = [...(await listingOf(commit)).values()];
      return path === '' ? listing : listing.filter((entry) => entry.path.startsWith(`${path}/`));
    },
    blob: (oid, most) => blobOf({ oid, most }),
    sizes: async (oids) => {
      const sizes = new Map<Oid, number>();
      for (const oid of oids) {
        const size = await sizeOf(oid);
        if (size !== undefined) sizes.set(oid, size);
      }
      return sizes;
    },
  };
}

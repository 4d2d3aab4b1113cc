import type { ArtifactName } from '../domain/names.js';
import type { PeeledTagRef, TagReader, TagReading, TagRef, Tags } from './port.js';
import { listingOf } from './tag-listing.js';

/**
 * The older kind of reader, of an adapter that has the tags alone.
 * @param isRead which tags are read when all are asked for
 */
export const readerByTags = (tags: Tags, isRead = (_name: string): boolean => true): TagReader => ({
  listTags: async (artifact) =>
    [...(await tags.list(artifact ?? 'all')).refs].map(({ name, oid }) => ({ name, oid })),
  listPeeledTags: async () => {
    const refs: PeeledTagRef[] = [];
    for (const { name, oid, peeled } of (await tags.list('all')).refs) {
      if (peeled === 'unknown') return undefined;
      refs.push({ name, oid, peeledOid: peeled });
    }
    return listingOf(refs);
  },
  readTags: async (which) => (typeof which === 'object' ? tags.read(which) : readListed(tags, which, isRead)),
});

async function readListed(
  tags: Tags,
  artifact: ArtifactName | undefined,
  isRead: (name: string) => boolean,
): Promise<TagReading[]> {
  const { refs, known } = await tags.list(artifact ?? 'all');
  const listed = [...refs].filter(({ name }) => isRead(name));
  const isUnknown = ({ name }: TagRef): boolean => !known.has(name);
  const read = (await tags.read(listed.filter(isUnknown))).values();
  return listed.flatMap((ref) => known.get(ref.name) ?? read.next().value ?? []);
}

import type { Oid } from '../../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../../domain/names.js';
import type { PeeledTagRef, TagReader, TagRef } from '../../port.js';
import { listingOf, type TagListing } from '../../tag-listing.js';
import { eachObject, type Objects } from '../found-object.js';
import { peel, readingsOf } from '../tag-readings.js';
import type { Refs, StoredRef } from './refs.js';

const PREFIX = 'refs/tags/';

/** Reads the tags of a repository on this machine from its files. */
export function localTagReader(refs: Refs, objects: Objects): TagReader {
  const stored = (artifact?: ArtifactName): Promise<StoredRef[]> => refs.list(...startsOf(artifact));
  const listTags = async (artifact?: ArtifactName): Promise<TagRef[]> => (await stored(artifact)).map(tagRef);
  return {
    listTags,
    listPeeledTags: async () => listPeeled(await stored(), objects),
    readTags: async (which) => readingsOf(objects, typeof which === 'object' ? which : await listTags(which)),
  };
}

/** How the full names of tags begin, of one artifact or of all. */
export const startsOf = (artifact: ArtifactName | undefined): string[] =>
  artifact === undefined ? [PREFIX] : ['@', '#'].map((mark) => PREFIX + artifactNameForTag(artifact) + mark);

const tagRef = ({ name, oid }: StoredRef): TagRef => ({ name: name.slice(PREFIX.length), oid });

/** Undefined as soon as one tag is broken: reading every tag then finds out what is wrong. */
async function listPeeled(stored: readonly StoredRef[], objects: Objects): Promise<TagListing | undefined> {
  const peeled = await eachObject(stored, async (ref): Promise<PeeledTagRef | undefined> => {
    const target = ref.peeled === undefined ? await followed(ref.oid, objects) : ref.peeled;
    // what is packed with where it leads may be gone all the same
    if (target === undefined || !(await objects.has(ref.oid))) return undefined;
    return { ...tagRef(ref), peeledOid: target ?? undefined };
  });
  return peeled.size === stored.length
    ? listingOf(stored.flatMap((ref) => peeled.get(ref) ?? []))
    : undefined;
}

/** What a tag leads to; null for an object that is no tag, undefined for what is broken. */
async function followed(oid: Oid, objects: Objects): Promise<Oid | null | undefined> {
  const head = await objects.head(oid);
  return head?.type === 'tag' ? (await peel(objects, { type: 'tag', oid }))?.oid : head && null;
}

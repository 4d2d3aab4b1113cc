import { type ArtifactName, artifactNameForTag } from '../../../domain/names.js';
import type { PeeledTagRef, TagReader, TagRef } from '../../port.js';
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
async function listPeeled(
  stored: readonly StoredRef[],
  objects: Objects,
): Promise<PeeledTagRef[] | undefined> {
  const peeled = await eachObject(stored, async (ref) => {
    const head = await objects.head(ref.oid);
    if (head === undefined) return undefined;
    if (head.type !== 'tag') return { ...tagRef(ref), peeledOid: undefined };
    const target = ref.peeled ?? (await peel(objects, { type: 'tag', oid: ref.oid }))?.oid;
    return target === undefined ? undefined : { ...tagRef(ref), peeledOid: target };
  });
  return peeled.size === stored.length ? stored.flatMap((ref) => peeled.get(ref) ?? []) : undefined;
}

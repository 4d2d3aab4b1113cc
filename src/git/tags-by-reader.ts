import type { TagReader, TagReading, TagRef, Tags } from './port.js';
import { tagsIn } from './tag-listing.js';

/** The tags of an adapter that has a reader of the older kind alone. */
export const tagsByReader = (reader: TagReader): Tags => ({
  list: async (scope) => {
    if (scope === 'all') {
      const listing = await reader.listPeeledTags();
      return { refs: listing ? tagsIn(listing).map(peeledRef) : await unknownRefs(reader), known: new Map() };
    }
    const readings = await reader.readTags(scope);
    const refs = readings.map((reading): TagRef => ({ ...refOf(reading), peeled: peeledOf(reading) }));
    return { refs, known: new Map(readings.map((reading) => [refOf(reading).name, reading])) };
  },
  read: (refs) => reader.readTags(refs.map(({ name, oid }) => ({ name, oid }))),
});

const peeledRef = ({
  name,
  oid,
  peeledOid,
}: {
  name: string;
  oid: string;
  peeledOid: string | undefined;
}) => ({
  name,
  oid,
  peeled: peeledOid,
});

const unknownRefs = async (reader: TagReader): Promise<TagRef[]> =>
  (await reader.listTags()).map(({ name, oid }) => ({ name, oid, peeled: 'unknown' }));

function refOf(reading: TagReading): TagRef {
  const { name, oid } = 'tag' in reading ? reading.tag : reading.ref;
  return { name, oid };
}

function peeledOf(reading: TagReading): TagRef['peeled'] {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
}

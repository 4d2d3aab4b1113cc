import { type ArtifactName, artifactNameForTag } from '../../../domain/names.js';
import { compareText } from '../../../domain/order.js';
import type { PeeledTagRef, TagReader, TagReading, TagRef } from '../../port.js';
import { listingOf } from '../../tag-listing.js';
import { eachObject } from '../found-object.js';
import { readingsOf } from '../tag-readings.js';
import type { ObjectCache } from './object-cache.js';
import type { Remote } from './protocol.js';

const PREFIX = 'refs/tags/';

/** Reads tags of a remote repository: one listing, narrowed down by the server, and then the objects that are not here. */
export function urlTagReader(remote: Remote, cache: ObjectCache): TagReader {
  const list = async (artifact?: ArtifactName): Promise<PeeledTagRef[]> => {
    const starts =
      artifact === undefined ? [''] : ['@', '#'].map((mark) => artifactNameForTag(artifact) + mark);
    const refs = await remote.listRefs(starts.map((start) => PREFIX + start));
    const tags = refs.map(({ name, oid, peeled }) => ({
      name: name.slice(PREFIX.length),
      oid,
      peeledOid: peeled,
    }));
    // a server may take prefixes for a hint alone (gitprotocol-v2(5), ls-refs)
    const own = tags.filter(
      ({ name }, index) =>
        refs[index]?.name.startsWith(PREFIX) && starts.some((start) => name.startsWith(start)),
    );
    return own.sort((a, b) => compareText(a.name, b.name));
  };
  return {
    listTags: list,
    listPeeledTags: async () => listingOf(await list()),
    readTags: async (which) =>
      typeof which === 'object' ? readByOid(cache, which) : readListed(cache, await list(which)),
  };
}

async function readListed(cache: ObjectCache, listed: readonly PeeledTagRef[]): Promise<TagReading[]> {
  const concerned = listed.filter(({ name }) => /[@#]/.test(name));
  const annotated = concerned.filter(({ peeledOid }) => peeledOid !== undefined);
  const readings = new Map(
    (await readByOid(cache, annotated)).map((one, index) => [annotated[index]?.name, one]),
  );
  return concerned.map(
    ({ name, oid }): TagReading =>
      // what a lightweight tag points at may be a huge file, and nobody asks
      readings.get(name) ?? { ref: { name, oid }, defect: 'lightweight', detail: 'it is a lightweight tag' },
  );
}

async function readByOid(cache: ObjectCache, refs: readonly TagRef[]): Promise<TagReading[]> {
  const { objects, obtainListed } = cache;
  const oids = new Set(refs.map(({ oid }) => oid));
  const here = await eachObject(oids, objects.head);
  const missing = [...oids].filter((oid) => !here.has(oid));
  if (missing.length > 0) await obtainListed({ oids: missing, filter: 'tree:0', shallow: true });
  return readingsOf(objects, refs);
}

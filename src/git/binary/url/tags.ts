import { type ArtifactName, artifactNameForTag } from '../../../domain/names.js';
import type { PeeledTagRef, TagReader, TagReading, TagRef } from '../../port.js';
import { readObjects } from '../../program/objects.js';
import { listRemoteTags } from '../../program/remote.js';
import { streamOf } from '../../program/run.js';
import { programTags, readingsOf } from '../../program/tags.js';
import { readerByTags } from '../../reader-by-tags.js';
import { listingOf } from '../../tag-listing.js';
import type { ObjectCache } from './object-cache.js';

/**
 * Reads tags of a remote repository. What concerns one artifact is one fetch with refspecs that the server can narrow down,
 * which it cannot do for the patterns of `git ls-remote`; what concerns all is one listing, and then the objects asked for.
 */
export function urlTagReader(cache: ObjectCache): TagReader {
  const listAll = (): Promise<PeeledTagRef[]> => listRemoteTags(cache);
  return {
    listTags: (artifact) =>
      artifact === undefined ? listAll() : fetchArtifact(cache, artifact, (tags) => tags.listTags(artifact)),
    listPeeledTags: async () => listingOf(await listAll()),
    readTags: async (which) => {
      if (typeof which === 'object') return readByOid(cache, which);
      return which === undefined
        ? readListed(cache, await listAll())
        : fetchArtifact(cache, which, (tags) => tags.readTags(which));
    },
  };
}

/** Only these fields of a fetch refspec may hold a `*`, and there it also stands for slashes (git-fetch(1)). */
function fetchArtifact<T>(
  cache: ObjectCache,
  artifact: ArtifactName,
  read: (tags: TagReader) => Promise<T>,
): Promise<T> {
  const start = `refs/tags/${artifactNameForTag(artifact)}`;
  const refspecs = ['@', '#'].map((mark) => `+${start}${mark}*:${start}${mark}*`);
  const wants = { refspecs, filter: 'tree:0', shallow: true, keptAs: artifact } as const;
  return cache.fetch(wants, (git) => read(readerByTags(programTags(git, streamOf(git)))));
}

async function readListed(cache: ObjectCache, listed: readonly PeeledTagRef[]): Promise<TagReading[]> {
  const concerned = listed.filter(({ name }) => /[@#]/.test(name));
  const annotated = concerned.filter(({ peeledOid }) => peeledOid !== undefined);
  const lightweight = concerned.filter(({ peeledOid }) => peeledOid === undefined);
  return [
    ...(await readByOid(cache, annotated)),
    // what it points at may be a huge file, and nobody asks
    ...lightweight.map(
      ({ name, oid }): TagReading => ({
        ref: { name, oid },
        defect: 'lightweight',
        detail: 'it is a lightweight tag',
      }),
    ),
  ];
}

async function readByOid(cache: ObjectCache, refs: readonly TagRef[]): Promise<TagReading[]> {
  const oids = [...new Set(refs.map((ref) => ref.oid))];
  const there = await readObjects(cache.stream, oids);
  const missing = oids.filter((_, index) => there[index] === undefined);
  if (missing.length > 0)
    await cache.fetch({ refspecs: missing, filter: 'tree:0', shallow: true }, async () => undefined);
  const brought = await readObjects(cache.stream, missing);
  const objects = new Map([...there, ...brought].flatMap((one) => (one ? [[one.oid, one]] : [])));
  return readingsOf(
    cache.stream,
    refs.map(({ name, oid }) => ({ ref: { name, oid }, object: objects.get(oid) })),
  );
}

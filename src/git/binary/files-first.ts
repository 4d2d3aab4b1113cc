import type { ArtifactName } from '../../domain/names.js';
import { FEW } from '../files/object-files.js';
import type { RepositoryFiles } from '../files/repository-files.js';
import type { TagReader, TagReading, TagRef } from '../port.js';
import { annotatedRefs, tagsIn } from '../tag-listing.js';
import type { RunGit } from './run-git.js';
import { readingsOf } from './tag-readings.js';
import type { BinaryTagReader } from './tags.js';

/**
 * Reads tags from the files of a repository, which takes a few milliseconds less than starting a program, and has the git
 * program read what they do not tell, and what is much.
 * @param reader reads with the git program alone
 */
export function filesFirst(files: RepositoryFiles, reader: BinaryTagReader, git: RunGit): TagReader {
  const list = (artifact?: ArtifactName): TagRef[] | undefined =>
    told(() => {
      const listing = artifact === undefined ? files.listPeeledTags() : files.listArtifact(artifact);
      return listing && tagsIn(listing).map(({ name, oid }) => ({ name, oid }));
    });
  const readTags = async (which: ArtifactName | readonly TagRef[] | undefined): Promise<TagReading[]> => {
    const refs = typeof which === 'object' ? which : which === undefined ? annotatedIn(files) : list(which);
    if (refs === undefined) return reader.readTags(which);
    if (refs.length > FEW) return reader.readTags(which ?? refs);
    const objects = files.readObjects(refs.map(({ oid }) => oid));
    return objects === undefined
      ? reader.readTags(which)
      : readingsOf(git, [
          refs.map(({ name, oid }, index) => ({ ref: { name, oid }, object: objects[index] })),
        ]);
  };
  return {
    listTags: async (artifact) => list(artifact) ?? reader.listTags(artifact),
    listPeeledTags: async () => files.listPeeledTags() ?? reader.listPeeledTags(),
    readTags,
    streamTags: async function* () {
      const tags = annotatedIn(files);
      if (tags === undefined || tags.length > FEW) yield* reader.streamTags(tags);
      else yield await readTags(tags);
    },
  };
}

/**
 * All tags where every one is annotated: with names from files, git has to follow oids alone, and that is the faster half of its
 * work. What a lightweight tag points at may be a huge file, and only the listing of git leaves it unread.
 */
const annotatedIn = (files: RepositoryFiles): TagRef[] | undefined =>
  told(() => {
    const listing = files.listPeeledTags();
    return listing && annotatedRefs(listing);
  });

/** Undefined, too, where something is broken: git words it. */
function told<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

import type { OpenBatch } from '../git/binary/batch.js';
import { answersIn } from '../git/binary/batch-answers.js';
import { FEW } from '../git/files/object-files.js';
import type { RepositoryFiles } from '../git/files/repository-files.js';
import type { NamedTagReader, TagReading } from '../git/port.js';
import { decodeFound, type FoundTag, ownTarget, readingOf } from '../git/tag-reading.js';

/** What is not as it usually is. */
export class Unusual extends Error {
  override readonly name = 'Unusual';
}

/**
 * Reads tags by their names, from files or by a batch of objects; all it throws says that something is unusual, such as a tag of a tag
 * or an object that is not there.
 */
export const plainTagReader = (files: RepositoryFiles, open: OpenBatch): NamedTagReader => ({
  readTags: async (refs) => {
    const oids = refs.map(({ oid }) => oid);
    const objects = refs.length > FEW ? await inBatch(open, oids) : files.readObjects(oids);
    if (objects === undefined) throw new Unusual('objects are not there, or broken');
    return refs.map((ref, index) => readPlain({ ref, object: objects[index] }));
  },
});

async function inBatch(open: OpenBatch, oids: readonly string[]): Promise<FoundTag['object'][] | undefined> {
  const batch = open();
  for (const oid of oids) batch?.ask(oid);
  const answers = await batch?.answers();
  return answers && answersIn(answers).answers.map(({ object }) => object);
}

function readPlain(found: FoundTag): TagReading {
  const decoded = decodeFound(found);
  if (!('object' in decoded)) return decoded;
  const target = ownTarget(decoded.object);
  if (target.type === 'tag') throw new Unusual('a tag of a tag');
  return readingOf(decoded, target);
}

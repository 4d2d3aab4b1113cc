import type { ArtifactName } from '../../src/domain/names.js';
import type { RegistryRepository, TagReading, TagRef } from '../../src/git/port.js';
import { readAllTags } from '../../src/registry/read.js';

type Tagged = Pick<RegistryRepository, 'tags'>;

/** The refs of a list as plain values, with what they lead to. */
export const peeledTags = async ({ tags }: Tagged, scope: ArtifactName | 'all' = 'all') =>
  Array.from((await tags.list(scope)).refs, ({ name, oid, peeled }) => ({ name, oid, peeled }));

/** The refs of a list as plain values. */
export const listTags = async (repository: Tagged, scope?: ArtifactName | 'all') =>
  (await peeledTags(repository, scope)).map(({ name, oid }) => ({ name, oid }));

/** The readings of all tags, of those of one artifact, or of these tags. */
export const readTags = (
  { tags }: Tagged,
  which: ArtifactName | readonly TagRef[] | 'all' = 'all',
): Promise<TagReading[]> => (typeof which === 'object' ? tags.read(which) : readAllTags(tags, which));

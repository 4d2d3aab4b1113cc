import type { PeeledTagRef, RegistryRepository } from '../git/port.js';

/**
 * Brings the objects of a remote's refs that are not here, without a ref to them. At a URL objects are brought when they are read.
 * @throws RegError REMOTE_FAILED
 */
export async function bringMissing(
  repository: RegistryRepository,
  remote: string,
  refs: readonly PeeledTagRef[],
): Promise<void> {
  if (refs.length === 0 || repository.url !== undefined) return;
  const types = await repository.objectTypes(refs.map(({ oid }) => oid));
  await repository.fetchTags(
    remote,
    refs.filter(({ oid }) => types.get(oid) === 'missing'),
  );
}

import type { ArtifactName } from '../domain/names.js';
import { parseTagName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import type { TagRef } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { readArtifactNames } from '../registry/read.js';
import { once } from '../util/async.js';

/**
 * Gives the tags of an artifact: as the remote has them, which a checkout in CI often lacks, and those here that are not there
 * yet. The remote is asked once, and of the tags that are not here only those of the artifact are fetched; no ref is written.
 * @param offline does not ask it
 * @throws RegError REMOTE_FAILED when it cannot be reached and this clone may lack tags
 */
export function tagsFromRemote(
  context: RegistryContext,
  offline: boolean,
): (artifact: ArtifactName) => Promise<TagRef[]> {
  const { repository, config } = context;
  const listing = once(async () => (offline ? undefined : listRemote(context)));
  return async (artifact) => {
    const isOwn = ({ name }: TagRef): boolean => parseTagName(name)?.artifact === artifact;
    const [here, there] = [(await repository.listTags(artifact)).filter(isOwn), await listing()];
    if (there === undefined) return here;
    const own = there.filter(isOwn);
    const types = await repository.objectTypes(own.map(({ oid }) => oid));
    const missing = own.filter(({ oid }) => types.get(oid) === 'missing');
    if (missing.length > 0) await repository.fetchTags((await config()).remote, missing);
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...here.filter(({ name }) => !names.has(name))].map(({ name, oid }) => ({ name, oid }));
  };
}

/** Every tag of the remote; undefined where what is here counts. */
async function listRemote({ repository, config }: RegistryContext) {
  const { remote } = await config();
  if (repository.url !== undefined || !(await repository.hasRemote(remote))) return undefined;
  try {
    return await repository.listRemoteTags(remote);
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    // a clone with tags and history was made by somebody who fetched both
    const mayLack = (await repository.isShallow()) || (await readArtifactNames(repository.tags)).length === 0;
    if (mayLack) throw error;
    return undefined;
  }
}

import type { RepositoryInspector, TagRemote } from '../port.js';
import { fetchTagObjects } from './fetch-tags.js';
import { push } from './push.js';
import { creation, deletion } from './ref-change.js';
import type { RemoteAccess } from './remote-access.js';
import { listRemoteArtifact, listRemoteRefs, listRemoteTags } from './remote-listing.js';
import { unusedOid } from './writer.js';

/**
 * Talks to remotes about tags with the git program.
 * @param accessTo which remote is meant by a name of the configuration
 */
export function binaryTagRemote(
  inspector: RepositoryInspector,
  accessTo: (name: string) => RemoteAccess,
): TagRemote {
  return {
    listRemoteTags: (name) => listRemoteTags(accessTo(name)),
    listRemoteArtifact: (name, artifact) => listRemoteArtifact(accessTo(name), artifact),
    listRemoteRefs: (name, patterns) => listRemoteRefs(accessTo(name), patterns),
    fetchTags: (name, tags) => fetchTagObjects(accessTo(name), inspector, tags),
    pushTags: async (name, refs, turn, rest) => {
      const last = refs.at(-1);
      if (last === undefined) return { outcome: 'done' };
      return push(accessTo(name), refs.map(creation), turn && { turn, next: last.oid }, rest);
    },
    deleteRemoteTags: async (name, refs, turn, rest) => {
      const access = accessTo(name);
      // going back to an earlier value would make an old turn good again
      return push(access, refs.map(deletion), { turn, next: await unusedOid(access.git) }, rest);
    },
  };
}

import type { RepositoryInspector, TagRemote } from '../port.js';
import { fetchTagObjects } from './fetch-tags.js';
import { push } from './push.js';
import type { RemoteAccess } from './remote-access.js';
import { listRemoteArtifact, listRemoteRefs, listRemoteTags } from './remote-listing.js';

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
    pushRefs: (name, refs, turn) => push(accessTo(name), refs, turn),
  };
}

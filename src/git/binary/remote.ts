import type { RepositoryInspector, TagRemote } from '../port.js';
import { fetchTagObjects } from './fetch-tags.js';
import { push } from './push.js';
import { creation, deletion, turnChange } from './ref-change.js';
import type { NamedRemote } from './remote-failed.js';
import { listRemoteArtifact, listRemoteTags } from './remote-listing.js';
import type { RunGit } from './run-git.js';
import { unusedOid } from './writer.js';

/**
 * Talks to remotes about tags with the git program.
 * @param named which remote is meant by a name of the configuration
 */
export function binaryTagRemote(
  git: RunGit,
  inspector: RepositoryInspector,
  named: (remote: string) => NamedRemote,
): TagRemote {
  return {
    listRemoteTags: (remote) => listRemoteTags(git, named(remote)),
    listRemoteArtifact: (remote, artifact) => listRemoteArtifact(git, named(remote), artifact),
    fetchTags: (remote, tags) => fetchTagObjects(git, inspector, named(remote), tags),
    pushTags: async (remote, refs, turn) => {
      const last = refs.at(-1);
      if (last === undefined) return { outcome: 'done' };
      return push(git, named(remote), refs.map(creation), turnChange(turn, last.oid));
    },
    deleteRemoteTags: async (remote, refs, turn) =>
      // going back to an earlier value would make an old turn good again
      push(git, named(remote), refs.map(deletion), turnChange(turn, await unusedOid(git))),
  };
}

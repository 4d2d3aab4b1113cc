import { RegError } from '../../../errors.js';
import type { RegistryRepository, RepositoryInspector } from '../../port.js';
import { tagsByReader } from '../../tags-by-reader.js';
import { binaryTagRemote } from '../remote.js';
import { binarySignatures } from '../signatures.js';
import { binarySigner } from '../signing.js';
import type { Surroundings } from '../surroundings.js';
import { binaryTagWriter } from '../writer.js';
import { urlBranches } from './branches.js';
import { openObjectCache } from './object-cache.js';
import { urlObjectReader } from './objects.js';
import { urlTagReader } from './tags.js';

/**
 * Opens the repository at a URL without cloning it: tags are read from the remote each time, objects are fetched when they
 * are needed and kept in the cache. No ref is kept there, so that whatever is written is written by a push.
 */
export function openUrlRepository(url: string, cache: string, around: Surroundings): RegistryRepository {
  const objects = openObjectCache(url, cache, around);
  const { git, remote } = objects;
  const signer = binarySigner(git, objects.folder, objects.around);
  const inspector: RepositoryInspector = {
    isShallow: async () => false,
    // what a remote's tags lead to is there: no push without it is accepted
    objectTypes: async () => new Map(),
    // what changed is asked in a work tree, and there is none at a URL
    mergeBase: async () => undefined,
    hasRemote: async () => true,
  };
  return {
    url: remote.shown,
    workTree: async () => undefined,
    commitFile: async (path) => {
      throw new RegError(
        'NO_WORK_TREE',
        `${path} cannot be committed at ${remote.shown}`,
        'run it in a clone',
      );
    },
    tags: tagsByReader(urlTagReader(objects)),
    ...urlTagReader(objects),
    ...urlObjectReader(objects),
    ...inspector,
    ...urlBranches(objects),
    ...binarySignatures(git),
    ...binaryTagRemote(inspector, () => objects),
    fetchTags: async () => undefined,
    ...binaryTagWriter(git, signer),
    takeTurn: async (artifact) => ({ artifact, last: undefined }),
    // no ref is kept here: what the remote has done is done
    changeRefs: async (_refs, turn) =>
      turn === undefined
        ? { kind: 'done' }
        : { kind: 'lost', reason: 'a registry at a URL is written by a push alone' },
  };
}

import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import type { SourceRepository } from '../../port.js';
import { binaryObjectReader, blobSizes } from '../../program/objects.js';
import { listTips } from '../../program/remote.js';
import { urlHistory } from './history.js';
import { EVERYTHING, type ObjectCache } from './object-cache.js';
import { resolveRemoteCommit } from './resolve-commit.js';

/** Reads commits, trees and blobs of a remote repository; what was fetched once is not fetched again. */
export function urlObjectReader(cache: ObjectCache): SourceRepository {
  const local = binaryObjectReader(cache.git, cache.stream);
  const fetched = new Map<Oid, Promise<void>>();
  const withTrees = (commit: Oid): Promise<void> => {
    const running = fetched.get(commit) ?? fetchTrees(cache, commit);
    fetched.set(commit, running);
    running.catch(() => fetched.delete(commit));
    return running;
  };
  const withBlobs = async (oids: readonly Oid[]): Promise<Map<Oid, number>> => {
    const here = await blobSizes(cache.stream, oids);
    const missing = oids.filter((oid) => !here.has(oid));
    if (missing.length === 0) return here;
    await obtain(cache, missing);
    return blobSizes(cache.stream, oids);
  };
  return {
    ...urlHistory(cache),
    largeFiles: cache.largeFiles,
    listTips: () => listTips(cache),
    resolveCommit: (rev) => resolveRemoteCommit(cache, rev),
    entryAt: async (commit, path) => {
      await withTrees(commit);
      return local.entryAt(commit, path);
    },
    entriesBelow: async (commit, path) => {
      await withTrees(commit);
      return local.entriesBelow(commit, path);
    },
    readBlob: async (oid) => {
      await withBlobs([oid]);
      return local.readBlob(oid);
    },
    blobSizes: withBlobs,
    streamBlob: async (oid) => {
      await withBlobs([oid]);
      return local.streamBlob(oid);
    },
  };
}

/** Brings all folders of a commit; listing them to their leaves fails while one of them is not here. */
async function fetchTrees(cache: ObjectCache, commit: Oid): Promise<void> {
  const listed = await cache.git(['ls-tree', '-r', '--name-only', '--full-tree', commit]);
  if (listed.code !== 0) await obtain(cache, [commit]);
}

/**
 * Brings objects: files, or a commit with its folders and only such files as a server sends that does not filter. An old
 * server gives away nothing but what its refs hold, and then the whole repository is all that is left to ask for.
 */
async function obtain(cache: ObjectCache, oids: readonly Oid[]): Promise<void> {
  try {
    await cache.fetch({ refspecs: oids, filter: 'blob:none', shallow: true }, async () => {});
  } catch (error) {
    if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
    const everything = {
      refspecs: EVERYTHING,
      filter: undefined,
      shallow: false,
      apart: true,
      keptAs: 'all',
    };
    await cache.fetch(everything, async () => {});
  }
}

import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import type { RegistryRepository, SourceRepository } from '../../port.js';
import { tagsByReader } from '../../tags-by-reader.js';
import { eachObject, type Objects } from '../found-object.js';
import { embeddedHistory } from '../history.js';
import { withoutPrograms } from '../large-files.js';
import { objectReader } from '../object-reader.js';
import { refusing } from '../refusing.js';
import type { Around } from './http.js';
import { type ObjectCache, openObjectCache } from './object-cache.js';
import { openRemote, type Remote } from './protocol.js';
import { resolveRemoteCommit } from './resolve-commit.js';
import { urlTagReader } from './tags.js';

/**
 * Opens the repository at a web address, to read it without the git program: tags are read from the remote each time,
 * objects are fetched when they are needed and kept in the cache. Nothing is sent before the first question: every call may
 * throw RegError REMOTE_FAILED, INTERRUPTED, FILE_SYSTEM, and GIT_MISSING for what only the git program can do.
 */
export function openWebRepository(address: string, cache: string, around: Around): RegistryRepository {
  const remote = openRemote(address, around);
  const objects = openObjectCache(remote, cache);
  return {
    url: remote.shown,
    workTree: async () => undefined,
    tags: tagsByReader(urlTagReader(remote, objects)),
    ...urlTagReader(remote, objects),
    ...sourceOf(address, remote, objects),
    ...refusing,
    isShallow: async () => false,
    // what a remote's tags lead to is there: no push without it is accepted
    objectTypes: async () => new Map(),
    // what changed is asked in a work tree, and there is none at a URL
    mergeBase: async () => undefined,
    hasRemote: async () => true,
  };
}

/** Opens the repository at a web address as the source of models. */
export function openWebSource(address: string, cache: string, around: Around): SourceRepository {
  const remote = openRemote(address, around);
  return sourceOf(address, remote, openObjectCache(remote, cache));
}

function sourceOf(address: string, remote: Remote, cache: ObjectCache): SourceRepository {
  const { objects, obtain } = cache;
  const orRefuse = async (oids: readonly Oid[], isObtained: Promise<boolean>): Promise<void> => {
    if (await isObtained) return;
    throw new RegError(
      'SOURCE_PATH',
      `${remote.shown} has no object ${oids.join(' or ')}`,
      'the source may have been rewritten; link it again with a rev that it has',
    );
  };
  const supply = {
    objects,
    obtainTrees: (commit: Oid) =>
      orRefuse([commit], obtain({ oids: [commit], filter: 'blob:none', shallow: true })),
    obtainFiles: async (oids: readonly Oid[]) => {
      const here = await eachObject(oids, objects.head);
      const missing = [...new Set(oids)].filter((oid) => !here.has(oid));
      if (missing.length > 0)
        await orRefuse(missing, obtain({ oids: missing, filter: 'blob:none', shallow: true }));
    },
  };
  const none = async (): Promise<undefined> => undefined;
  return {
    ...objectReader(supply, (rev) => resolveRemoteCommit(remote, cache, rev)),
    ...embeddedHistory(withHistory(cache), async () => false),
    listTips: async () =>
      new Map((await remote.listRefs([])).map(({ name, oid, peeled }) => [name, peeled ?? oid])),
    largeFiles: withoutPrograms({
      folders: async () => [],
      // what a clone would call it
      remote: async () => ({ name: 'origin', url: address }),
      setting: none,
      extraHeader: none,
    }),
  };
}

/** Reads a commit; one that is not here is brought with all that led to it. */
const withHistory =
  ({ objects, obtain }: ObjectCache): Objects['read'] =>
  async (oid) =>
    (await objects.read(oid)) ??
    ((await obtain({ oids: [oid], filter: 'tree:0', shallow: false })) ? objects.read(oid) : undefined);

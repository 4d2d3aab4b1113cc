import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RegError } from '../../../errors.js';
import type { Objects } from '../found-object.js';
import { openObjectStore } from '../store/object-store.js';
import { keepPack } from './keep-pack.js';
import type { Remote, Wanted } from './protocol.js';
import { sweep } from './sweep.js';

/** The objects of one remote repository that were asked for so far, shared by any number of processes. */
export interface ObjectCache {
  objects: Objects;
  /**
   * Brings objects here, and what they lead to as far as it is wanted.
   * @returns false when the server has not got them
   * @throws RegError REMOTE_FAILED, FILE_SYSTEM, GIT_MISSING for more than can be taken in
   */
  obtain(wanted: Wanted): Promise<boolean>;
  /**
   * The same for what the server's own listing names.
   * @throws RegError REMOTE_FAILED also when it will not send that
   */
  obtainListed(wanted: Wanted): Promise<void>;
}

/**
 * Opens the cache of a remote repository; nothing happens before the first question. Objects never change, so any number of
 * processes may share them; what comes is put together in a folder of its own and is seen when it is whole.
 */
export function openObjectCache(remote: Remote, cache: string): ObjectCache {
  const name = createHash('sha256').update(remote.shown).digest('hex').slice(0, 20);
  const folder = join(cache, 'embedded', name);
  const fetching = join(folder, 'fetching');
  const obtain: ObjectCache['obtain'] = async (wanted) => {
    const own = join(fetching, randomUUID());
    try {
      await mkdir(own, { recursive: true });
      await sweep(fetching);
      const pack = await remote.fetchPack(wanted);
      if (pack === undefined) return false;
      const oids = await keepPack(pack, own, join(folder, 'objects', 'pack'));
      if (wanted.oids.every((oid) => oids.has(oid))) return true;
      throw remote.failed('it sent something else than it was asked for');
    } catch (error) {
      throw refusal(error as NodeJS.ErrnoException, remote);
    } finally {
      await rm(own, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
  };
  return {
    objects: openObjectStore(join(folder, 'objects')),
    obtain,
    obtainListed: async (wanted) => {
      if (!(await obtain(wanted))) throw remote.failed('it will not send what it lists');
    },
  };
}

function refusal(error: NodeJS.ErrnoException, remote: Remote): RegError {
  if (error instanceof RegError) return error;
  // what the disk did not refuse is what the server sent
  if (error.syscall === undefined) return remote.failed(`what it sent is broken (${error.message})`);
  return new RegError(
    'FILE_SYSTEM',
    `cannot write to the cache: ${error.message}`,
    'name a folder for it with XDG_CACHE_HOME',
  );
}

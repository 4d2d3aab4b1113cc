import { resolve } from 'node:path';
import type { Oid } from '../domain/event.js';
import { parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import { once } from '../util/async.js';
import { isOid, short } from '../util/oid.js';
import type { Objects, RegistryRepository, SourceOpener, SourceRepository, TreeEntry } from './port.js';

/**
 * The objects of a clone. What a shallow clone lacks is read from its remote, through the cache; the clone stays as it is. Nothing
 * is asked about a remote before an object is missing.
 * @param folder where a relative path of a remote starts
 */
export function objectsOfClone(
  { objects: here, history, largeFiles }: RegistryRepository,
  folder: string,
  sources: SourceOpener,
): Objects {
  const there = once(async (): Promise<SourceRepository | undefined> => {
    if (!(await history.isShallow())) return undefined;
    const remote = await largeFiles.remote();
    if (remote === undefined) return undefined;
    const location = parseLocation(remote.url);
    const isPath = location.kind === 'path';
    return sources.openSource(isPath ? { kind: 'path', path: resolve(folder, location.path) } : location);
  });
  /** Objects that were found there, and are not here. */
  const away = new Set<Oid>();
  /** Asks the remote; `failure` is what the clone itself says where there is no remote to ask. */
  const orThere = async <T>(
    commit: Oid,
    failure: () => T,
    ask: (objects: Objects) => Promise<T>,
  ): Promise<T> => {
    try {
      const source = await there();
      return source === undefined ? failure() : await ask(source.objects);
    } catch (error) {
      if (!(error instanceof RegError) || error.code === 'INTERRUPTED' || !(await history.isShallow()))
        throw error;
      throw new RegError(
        error.code,
        `commit ${short(commit)} is not in this shallow clone, and its remote does not give it: ${error.message}`,
        'fetch the whole history: git fetch --unshallow',
      );
    }
  };
  const remember = (entries: readonly TreeEntry[]): void => {
    for (const { oid } of entries) away.add(oid);
  };
  const placeOf = async (oid: Oid): Promise<Objects> => (away.has(oid) && (await there())?.objects) || here;
  return {
    ...here,
    commit: async (rev) => {
      const found = await here.commit(rev);
      if (found !== undefined || !isOid(rev)) return found;
      return orThere(
        rev,
        () => undefined,
        (objects) => objects.commit(rev),
      );
    },
    entry: (commit, path) =>
      here.entry(commit, path).catch((failure) =>
        orThere(commit, thrower(failure), async (objects) => {
          const entry = await objects.entry(commit, path);
          remember(entry ? [entry] : []);
          return entry;
        }),
      ),
    entries: (commit, path) =>
      here.entries(commit, path).catch((failure) =>
        orThere(commit, thrower(failure), async (objects) => {
          const entries = await objects.entries(commit, path);
          remember(entries);
          return entries;
        }),
      ),
    blob: async (oid, most) => (await placeOf(oid)).blob(oid, most),
    stream: async (oid) => (await placeOf(oid)).stream(oid),
    sizes: async (oids) => {
      const elsewhere = oids.filter((oid) => away.has(oid));
      if (elsewhere.length === 0) return here.sizes(oids);
      const own = await here.sizes(oids.filter((oid) => !away.has(oid)));
      return new Map([...own, ...((await (await there())?.objects.sizes(elsewhere)) ?? [])]);
    },
  };
}

const thrower = (error: unknown) => (): never => {
  throw error;
};

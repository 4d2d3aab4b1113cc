import { RegError } from '../../errors.js';
import type { ObjectStore, StoredObject } from '../../stores/port.js';
import type { DvcOut } from './out.js';

/** An object where it is in a remote. */
export interface FoundObject extends StoredObject {
  /** Whether its name is the md5 of its bytes as they are. */
  isRaw: boolean;
}

/** Requests under way at a time. */
const AT_ONCE = 8;

/** Objects of one folder from which on listing it is better than asking for each. */
const WORTH_LISTING = 4;

/** Where DVC 3 keeps objects; up to DVC 2 they were at the top. */
const FILES = 'files/md5/';

/**
 * Finds objects in a remote, which has them by their names, `files/md5/ab/cdef…` or `ab/cdef…` (DVC, "Internal directories and
 * files"): first where the output says, then in the other place. Missing ones are missing in the answer.
 * @param names md5s; that of a folder's manifest ends in `.dir`
 * @throws RegError what the store throws
 */
export async function findObjects(
  store: ObjectStore,
  { isRaw }: Pick<DvcOut, 'isRaw'>,
  names: readonly string[],
): Promise<Map<string, FoundObject>> {
  const found = new Map<string, FoundObject>();
  for (const place of isRaw ? [FILES, ''] : ['', FILES]) {
    const waiting = [...foldersOf(names.filter((name) => !found.has(name)))];
    const work = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        const [folder, rests] = one;
        for (const object of await objectsIn(store, place + folder, rests))
          found.set(nameOf(object.key), { ...object, isRaw: isRaw || place === FILES });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  return found;
}

/** Names by the folder that they are in, which is their first two digits; what is left of each, once. */
function foldersOf(names: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const name of names) {
    const folder = name.slice(0, 2);
    folders.set(folder, (folders.get(folder) ?? new Set()).add(name.slice(2)));
  }
  return folders;
}

const nameOf = (key: string): string => key.split('/').slice(-2).join('');

async function objectsIn(
  store: ObjectStore,
  folder: string,
  rests: ReadonlySet<string>,
): Promise<StoredObject[]> {
  const keys = new Set([...rests].map((rest) => `${folder}/${rest}`));
  const listed = keys.size < WORTH_LISTING ? undefined : await store.list(folder).catch(unlessUnlistable);
  if (listed) return listed.filter(({ key }) => keys.has(key));
  const found: StoredObject[] = [];
  for (const key of keys) {
    const object = await store.stat(key);
    if (object) found.push(object);
  }
  return found;
}

/** A web server lists nothing, and a folder not what it cannot tell about others: each object is asked for then. */
function unlessUnlistable(error: unknown): undefined {
  const { code } = error as Partial<RegError>;
  if (!(error instanceof RegError) || (code !== 'SOURCE_UNSUPPORTED' && code !== 'SOURCE_PATH')) throw error;
}

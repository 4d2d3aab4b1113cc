import type { Oid } from '../../domain/event.js';
import type { ObjectReader, TreeEntry } from '../../git/port.js';
import { LARGEST_POINTER, type Pointer, parsePointer, SMALLEST_POINTER } from './pointer.js';

/** Blobs that are read at a time. */
const AT_ONCE = 4;

/**
 * Finds the Git LFS pointers among blobs: those that are small enough are read, each once. `.gitattributes` is not asked, for
 * it says what git does in a work tree, and not what was committed.
 * @throws RegError SOURCE_UNSUPPORTED for a pointer that cannot be followed
 */
export async function findPointers(
  objects: ObjectReader,
  entries: readonly TreeEntry[],
  sizes: ReadonlyMap<Oid, number>,
): Promise<Map<Oid, Pointer>> {
  const found = new Map<Oid, Pointer>();
  const isSmall = (size = 0): boolean => size >= SMALLEST_POINTER && size <= LARGEST_POINTER;
  const waiting = [...new Map(entries.map((entry) => [entry.oid, entry])).values()].filter(({ oid }) =>
    isSmall(sizes.get(oid)),
  );
  const work = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const pointer = parsePointer(await objects.readBlob(entry.oid), entry.path);
      if (pointer) found.set(entry.oid, pointer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

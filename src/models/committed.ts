import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { ObjectReader } from '../git/port.js';

/**
 * The bytes of a file at a commit; undefined without one.
 * @throws RegError TOO_LARGE, before anything is read
 */
export async function committedFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const size = (await objects.blobSizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > maxBytes)
    throw new RegError('TOO_LARGE', `${path} has ${size} bytes, and at most ${maxBytes} are read of it`);
  return objects.readBlob(entry.oid);
}

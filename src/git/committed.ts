import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects } from './port.js';

/**
 * The bytes of a file at a commit; undefined without one.
 * @throws RegError TOO_LARGE, before anything is read
 */
export async function committedFile(
  objects: Pick<Objects, 'entry' | 'blob' | 'sizes'>,
  commit: Oid,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const entry = await objects.entry(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const size = (await objects.sizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > maxBytes)
    throw new RegError('TOO_LARGE', `${path} has ${size} bytes, and at most ${maxBytes} are read of it`);
  return objects.blob(entry.oid, maxBytes);
}

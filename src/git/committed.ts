import { join } from 'node:path';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import { isBelow, isFolder, isThere } from '../util/files.js';
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

/**
 * Refuses a repository that may have come with a commit of the registry: a bare one, for git commits no `.git`. Its configuration
 * would name programs for git to run (git-config(1), safe.bareRepository).
 * @param root the top of the work tree of the registry, or of a repository with imports of DVC
 * @throws RegError SOURCE_UNSUPPORTED
 */
export async function refuseCommitted(root: string, path: string): Promise<void> {
  if (!(await isFolder(path)) || !(await isBelow(root, path)) || (await isThere(join(path, '.git')))) return;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is a folder of the registry itself, and no clone of another repository`,
    'leave out source.repo for a model of the registry, or name a repository that is elsewhere',
  );
}

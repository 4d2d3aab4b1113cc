import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { isNotThere, unless } from './folder-failure.js';
import { isTemporary, realPathOf, refuseOutside } from './folder-path.js';
import type { StoredObject } from './port.js';

/**
 * Every file below a folder of a store, by key; nothing where it is none.
 * @throws RegError SOURCE_PATH for what is neither a file nor a folder: it would be missed in a model
 */
export async function listBelow(top: string, folder: string): Promise<StoredObject[]> {
  const realTop = await realPathOf(top, '');
  const start = await realPathOf(top, folder);
  if (realTop === undefined || start === undefined || !(await stat(start)).isDirectory()) return [];
  const found = await filesIn(
    { realTop, shown: join(top, folder) },
    start,
    folder === '' ? '' : `${folder}/`,
  );
  return found.sort((a, b) => compareText(a.key, b.key));
}

/** The top of a store, and what is being listed in the words of the user. */
interface Listing {
  realTop: string;
  shown: string;
}

async function filesIn(listing: Listing, path: string, prefix: string): Promise<StoredObject[]> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !isTemporary(name));
  const found: StoredObject[] = [];
  for (const entry of entries) {
    const [at, key] = [join(path, entry.name), prefix + entry.name];
    if (entry.isDirectory()) found.push(...(await filesIn(listing, at, `${key}/`)));
    else found.push(...(await fileAt(listing, at, key, entry)));
  }
  return found;
}

async function fileAt(
  { realTop, shown }: Listing,
  path: string,
  key: string,
  entry: Dirent,
): Promise<StoredObject[]> {
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_PATH',
      `${path} ${why}, so ${shown} cannot be listed`,
      'keep only files and folders there',
    );
  const target = await stat(path).catch(unless(isNotThere));
  if (entry.isSymbolicLink()) {
    if (target === undefined) throw refuse('is a symbolic link to nothing');
    if (target.isDirectory()) throw refuse('is a symbolic link to a folder');
    refuseOutside(realTop, await realpath(path), path);
  }
  // somebody may have removed it meanwhile
  if (target === undefined) return [];
  if (!target.isFile()) throw refuse('is no plain file');
  return [{ key, size: target.size, ranges: true }];
}

import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { RegError } from '../errors.js';
import { isMissing, isNotThere, unless } from './folder-failure.js';

/**
 * Where a key of a folder really leads; undefined when nothing is there.
 * @param key empty for the folder itself
 * @throws RegError SOURCE_PATH for a key, or a symbolic link on the way, that leads out of the folder; what the file system
 * throws when the folder is none
 */
export async function realPathOf(top: string, key: string): Promise<string | undefined> {
  if (key !== '') refuseUnsafeKey(key);
  // below a file no folder will ever be
  const realTop = await realpath(top).catch(unless(isMissing));
  if (realTop === undefined) return undefined;
  if (!(await stat(realTop)).isDirectory())
    throw new RegError('STORE_FAILED', `${top} is no folder`, 'name a folder');
  const real = await realpath(join(realTop, key)).catch(unless(isNotThere));
  if (real !== undefined) refuseOutside(realTop, real, join(top, key));
  return real;
}

/** @throws RegError SOURCE_PATH */
export function refuseUnsafeKey(key: string): void {
  const parts = key.split('/');
  const isUnsafe =
    key.includes('\0') ||
    (sep === '\\' && /[\\:]/.test(key)) ||
    parts.some((part) => part === '' || part === '.' || part === '..' || isTemporary(part));
  if (isUnsafe)
    throw new RegError('SOURCE_PATH', `'${key}' is no path below a folder`, "leave out '.' and '..'");
}

/** @throws RegError SOURCE_PATH when a real path is not inside another */
export function refuseOutside(realTop: string, real: string, shown: string): void {
  const way = relative(realTop, real);
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  throw new RegError(
    'SOURCE_PATH',
    `${shown} is a symbolic link, or below one, that leads out of ${realTop}`,
    'name the path that the file itself has',
  );
}

/** The name of a file while it is written, which no key has. */
export const temporaryName = (id: string): string => `.reg-${id}.part`;

/** Whether a name is that of a file that is being written, or was when its process ended. */
export const isTemporary = (name: string): boolean => /^\.reg-[0-9a-f-]{36}\.part$/.test(name);

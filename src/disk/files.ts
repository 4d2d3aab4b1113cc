import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** The bytes of a file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Whether a folder is at a path. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Whether a path is a folder's own, or somewhere below it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path really is below a folder, symbolic links followed; the folder itself is not. */
export async function isBelow(folder: string, path: string): Promise<boolean> {
  const [top, real] = await Promise.all([folder, path].map((one) => realpath(one).catch(() => one)));
  return top !== real && isInside(top ?? '', real ?? '');
}

/** Whether anything is at a path. */
export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The paths of all files below a folder, `/` between parts; folders of the given names are left out. */
export async function filesBelow(
  root: string,
  skipped: ReadonlySet<string> = new Set(),
  dir = '',
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, dir), { withFileTypes: true })) {
    const path = dir === '' ? entry.name : `${dir}/${entry.name}`;
    if (!entry.isDirectory()) found.push(path);
    else if (!skipped.has(entry.name)) found.push(...(await filesBelow(root, skipped, path)));
  }
  return found;
}

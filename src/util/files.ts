import { accessSync, constants, existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import process from 'node:process';
import { RegError } from '../errors.js';

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

/**
 * Makes an error of the file system one for people, for `catch`: about the file that was to be written, whatever it was called
 * until it would have been whole.
 * @throws RegError FILE_SYSTEM
 */
export const cannotWrite =
  (path: string, folder: string) =>
  (error: NodeJS.ErrnoException): never => {
    const [, why] = /^E[A-Z0-9]+: ([^,]+)/.exec(error.message) ?? [];
    if (why === undefined) throw error;
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path} in ${folder}: ${why}`,
      'see that you may write there, and that there is room',
    );
  };

/** The files of a repository's work tree; paths are from its top, with `/` between parts. */
export interface WorkTree {
  root: string;
  /** The bytes of a file, undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file whole or not at all, with the folders above it.
   * @throws RegError FILE_SYSTEM
   */
  write(path: string, text: string): Promise<void>;
  /** All files whose name ends so, by path; `.git` and `node_modules` are left out. */
  find(suffix: string): Promise<string[]>;
}

/** Opens the work tree below a folder. */
export function openWorkTree(root: string): WorkTree {
  return {
    root,
    read: (path) => readIfThere(join(root, path)),
    write: async (path, text) => {
      // loaded on use: few commands write a file
      const { default: writeWhole } = await import('write-file-atomic');
      await mkdir(dirname(join(root, path)), { recursive: true })
        .then(() => writeWhole(join(root, path), text))
        .catch(cannotWrite(path, root));
    },
    find: async (suffix) => (await filesBelow(root, SKIPPED)).filter((path) => path.endsWith(suffix)).sort(),
  };
}

const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * The folder for everything that can be fetched again: `$XDG_CACHE_HOME/reg`, else `~/.cache/reg`, else one among the
 * temporary files for a container without a home, or with one that it may not write to (XDG Base Directory Specification).
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = env;
  // the specification asks for a relative path to be ignored
  if (xdg && isAbsolute(xdg)) return join(xdg, 'reg');
  if (local) return join(local, 'reg', 'cache');
  const own = home ? join(home, '.cache', 'reg') : undefined;
  return own !== undefined && mayBeWritten(own) ? own : join(tmpdir(), 'reg-cache');
}

/** Whether a folder can be written to, or made. */
function mayBeWritten(folder: string): boolean {
  const nearest = existsSync(folder) || dirname(folder) === folder ? folder : undefined;
  if (nearest === undefined) return mayBeWritten(dirname(folder));
  try {
    // of a file that stands where a folder should, this would not be true
    accessSync(`${nearest}/.`, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** This process, as a part of a file's name: whoever finds the file can tell whether its owner still runs. */
export const ownerName = (): string => `${hostname().replaceAll(/[^A-Za-z0-9-]/g, '-')}-${process.pid}`;

/** Whether the process that gave its name runs no more; one of another machine may, for all that is known here. */
export function isGone(owner: string): boolean {
  const [, host, pid] = /^(.*)-(\d+)$/.exec(owner) ?? [];
  if (pid === undefined || !ownerName().startsWith(`${host}-`)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** The number of the user that this process acts for; undefined where users have none (Windows). */
export const userNumber = (): number | undefined => process.geteuid?.();

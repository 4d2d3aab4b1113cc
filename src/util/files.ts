import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { lstat, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import process from 'node:process';
import { RegError } from '../errors.js';
import { readPlain, writeBelow } from './safe-files.js';

/** The bytes of a file of git's own; undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Whether there is a folder at a path. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Whether a path is that of a folder, or of something below it. Nothing is read. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path is below a folder after symbolic links are followed; the folder is not below itself. */
export async function isBelow(folder: string, path: string): Promise<boolean> {
  const [top, real] = await Promise.all([folder, path].map((one) => realpath(one).catch(() => one)));
  return top !== real && isInside(top ?? '', real ?? '');
}

/** The way from a folder to a path below it, with `/` between parts; empty for the folder itself and for what is elsewhere. */
export async function wayBelow(folder: string, path: string): Promise<string> {
  const [top = '', real = ''] = await Promise.all(
    [folder, path].map((one) => realpath(one).catch(() => one)),
  );
  return isInside(top, real) ? relative(top, real).replaceAll(sep, '/') : '';
}

/** Whether there is anything at a path, a broken symbolic link included. */
export const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The paths of all files below a folder, with `/` between their parts. Folders of the given names are skipped. */
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

/** Synchronises a folder to the disk, and with it the names in it (fsync(2)); nothing where the system cannot (Windows). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/**
 * A handler for `catch` that rewords an error of the file system: it names the file to be written, not the temporary one.
 * @throws RegError FILE_SYSTEM
 */
export const cannotWrite =
  (path: string, folder: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error instanceof RegError) throw error;
    const [, why] = /^E[A-Z0-9]+: ([^,]+)/.exec(error.message) ?? [];
    if (why === undefined) throw error;
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path} in ${folder}: ${why}`,
      'see that you may write there, and that there is room',
    );
  };

/** The files of a repository's work tree. Paths are relative to its top, with `/` between their parts. */
export interface WorkTree {
  root: string;
  /**
   * The bytes of a plain file; undefined where there is no such file.
   * @throws RegError FILE_SYSTEM for a symbolic link, a pipe or a device, or below a linked folder; TOO_LARGE
   */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a plain file whole or not at all, with the folders above it. No symbolic link is followed.
   * @throws RegError FILE_SYSTEM
   */
  write(path: string, text: string): Promise<void>;
  /** All files whose name ends in this suffix, sorted by path; `.git` and `node_modules` are skipped. */
  find(suffix: string): Promise<string[]>;
}

/** Opens the work tree below a folder. */
export function openWorkTree(root: string): WorkTree {
  return {
    root,
    read: (path) => readPlain(join(root, path), MAX_TREE_FILE_BYTES, path),
    write: (path, text) => writeBelow(root, path, text, { sync: true }).catch(cannotWrite(path, root)),
    find: async (suffix) => (await filesBelow(root, SKIPPED)).filter((path) => path.endsWith(suffix)).sort(),
  };
}

/** More than any file of the work tree that is read has: links, configurations and what other tools declare. */
const MAX_TREE_FILE_BYTES = 16 * 1024 * 1024;

const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * The folder for everything that can be fetched again: `$XDG_CACHE_HOME/reg`, else `~/.cache/reg` (XDG Base Directory
 * Specification). A container may have no home, or one that it may not write to: then it is a folder for temporary files.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = env;
  // a relative path is to be ignored (XDG Base Directory Specification)
  if (xdg && isAbsolute(xdg)) return join(xdg, 'reg');
  if (local) return join(local, 'reg', 'cache');
  const own = home ? join(home, '.cache', 'reg') : undefined;
  return own !== undefined && mayBeWritten(own) ? own : temporaryCache();
}

/** Others may write to the folder of temporary files too: a cache there counts where it is this user's own. */
function temporaryCache(): string {
  const user = process.geteuid?.();
  const path = join(tmpdir(), user === undefined ? 'reg-cache' : `reg-cache-${user}`);
  const found = lstatSync(path, { throwIfNoEntry: false });
  const isOwn = found === undefined || (found.isDirectory() && (user === undefined || found.uid === user));
  return isOwn ? path : join(tmpdir(), `reg-cache-${crypto.randomUUID()}`);
}

/** Whether a folder can be written to, or created. */
function mayBeWritten(folder: string): boolean {
  const nearest = existsSync(folder) || dirname(folder) === folder ? folder : undefined;
  if (nearest === undefined) return mayBeWritten(dirname(folder));
  try {
    // with `/.` this fails where the path is a file
    accessSync(`${nearest}/.`, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A name of this process for use in file names: another process can tell from it whether the owner of a file still runs. */
export const ownerName = (): string => `${hostname().replaceAll(/[^A-Za-z0-9-]/g, '-')}-${process.pid}`;

/** Whether the process of this name has ended. A process on another machine counts as running. */
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

import { accessSync, constants, existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import process from 'node:process';
import { RegError } from '../errors.js';

/** The bytes of a file; undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * The bytes of a regular file; undefined where there is none. A pipe or a device has no end, and is no file.
 * @throws RegError TOO_LARGE, before anything is read
 */
export async function readPlain(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (found.size > maxBytes)
    throw new RegError(
      'TOO_LARGE',
      `${path} has ${found.size} bytes, and at most ${maxBytes} are read of it`,
    );
  return readIfThere(path);
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
  /** The bytes of a file; undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file whole or not at all, with the folders above it.
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
    read: (path) => readIfThere(join(root, path)),
    write: async (path, text) => {
      // loaded on use, because few commands write a file
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
 * The folder for everything that can be fetched again: `$XDG_CACHE_HOME/reg`, else `~/.cache/reg` (XDG Base Directory
 * Specification). A container may have no home, or one that it may not write to: then it is a folder for temporary files.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = env;
  // a relative path is to be ignored (XDG Base Directory Specification)
  if (xdg && isAbsolute(xdg)) return join(xdg, 'reg');
  if (local) return join(local, 'reg', 'cache');
  const own = home ? join(home, '.cache', 'reg') : undefined;
  return own !== undefined && mayBeWritten(own) ? own : join(tmpdir(), 'reg-cache');
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

/** The effective user id of this process; undefined where there is none (Windows). */
export const userNumber = (): number | undefined => process.geteuid?.();

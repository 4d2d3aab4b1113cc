import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RegError } from '../../errors.js';
import { once } from '../../util/async.js';
import {
  makeFolders,
  makeOwnFolder,
  moved,
  readPlain,
  remove,
  temporary,
  writeBelow,
} from '../../util/safe-files.js';
import type { CacheFolder } from './transport.js';

/** A folder that belongs to one process until it is given back. */
export interface BorrowedFolder extends CacheFolder {
  /** Keeps it for the next one who asks for the same name. */
  giveBack(): Promise<void>;
  /** Removes it, unless it was given back. */
  drop(): Promise<void>;
}

/**
 * The objects of one remote repository that were fetched so far. Objects never change, so any number of processes shares them;
 * refs do, so the shared folder has none.
 */
export interface RemoteCache {
  /** The address of the repository, without secrets. */
  address: string;
  /** The folder of all objects; made by `make`. */
  shared: CacheFolder;
  /** @throws RegError FILE_SYSTEM */
  make(): Promise<void>;
  /**
   * Borrows a folder to fetch into, whose refs are those of the fetch.
   * @param keptAs a name under which its refs are kept, so that the next fetch asks for the changes alone; undefined for none
   * @param apart whether it has objects of its own. Git takes a commit that is there for one whose history is there too, and
   * among the shared objects it need not be
   * @throws RegError FILE_SYSTEM
   */
  borrow(keptAs: string | undefined, apart: boolean): Promise<BorrowedFolder>;
  /** Adds the objects of a folder to the shared ones. */
  share(folder: CacheFolder): Promise<void>;
  /** Keeps the last answer to a question of a name: later the repository may be out of reach. */
  keep(name: string, answer: string): Promise<void>;
  /** The answer that was kept; undefined without one. */
  kept(name: string): Promise<string | undefined>;
}

/**
 * Opens the cache of a remote repository; nothing is written before the first fetch.
 * @param address of the repository, without secrets
 * @param cache the folder of all caches
 */
export function openRemoteCache(address: string, cache: string): RemoteCache {
  const path = join(cache, 'repositories', `${hash(address)}.git`);
  const shared = { path, objects: join(path, 'objects'), isFresh: false };
  // the configuration of a repository names programs that git runs
  const make = once(() =>
    makeOwnFolder(path)
      .catch((error) => {
        throw unwritable(error);
      })
      .then(() => makeBareFolder(path, address)),
  );
  return {
    address,
    shared,
    make,
    borrow: async (keptAs, apart) => {
      await make();
      const name = keptAs === undefined ? undefined : hash(keptAs);
      const borrowed = await borrowFolder(join(path, 'fetching'), name);
      return { ...borrowed, objects: apart ? join(borrowed.path, 'objects') : shared.objects };
    },
    share: async (folder) => {
      if (folder.objects !== shared.objects) await linkPacks(folder.objects, shared.objects);
    },
    // a question does not fail because its answer cannot be kept
    keep: (name, answer) =>
      make()
        .then(() => writeBelow(path, join('answers', hash(name)), answer))
        .catch(() => undefined),
    kept: async (name) => {
      const bytes = await readPlain(join(path, 'answers', hash(name)), MAX_ANSWER_BYTES).catch(
        () => undefined,
      );
      return bytes && Buffer.from(bytes).toString();
    },
  };
}

/** A listing of a hundred thousand tags has some ten million. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20);

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/**
 * Makes a folder a bare repository, whose objects may be elsewhere; one that is there stays as it is. That takes few files
 * (gitrepository-layout(5)), and `git init` would be one more process, with a user's templates.
 * @param description of the repository, for people
 * @throws RegError FILE_SYSTEM
 */
export async function makeBareFolder(folder: string, description?: string): Promise<void> {
  try {
    await makeFolders(join(folder, 'refs'));
    // git makes the folder of packs itself, but not for objects that it fetches file by file
    await makeFolders(join(folder, 'objects/pack'));
    await writeOnce(folder, 'config', CONFIG);
    if (description !== undefined) await writeOnce(folder, 'description', `${description}\n`);
    // the last file: without it the folder is not a repository yet
    await writeOnce(folder, 'HEAD', 'ref: refs/heads/none\n');
  } catch (error) {
    throw unwritable(error);
  }
}

/** Makes an error of the disk one for the user; any other one stays as it is. */
export function unwritable(error: unknown): unknown {
  const { message, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof RegError || syscall === undefined) return error;
  return new RegError(
    'FILE_SYSTEM',
    `cannot write to the cache: ${message}`,
    'name a folder for it with XDG_CACHE_HOME',
  );
}

async function writeOnce(folder: string, name: string, text: string): Promise<void> {
  if (await stat(join(folder, name)).catch(() => undefined)) return;
  await writeBelow(folder, name, text);
}

const BORROWED = '.borrowed';

/**
 * Borrows a bare repository by its name, or makes a new one while another process has it. Borrowing renames it, so that no two
 * processes ever share one, and a killed process leaves nothing that another one could fail at.
 * @param name undefined for a folder that is not kept
 */
export async function borrowFolder(
  home: string,
  name: string | undefined,
): Promise<Omit<BorrowedFolder, 'objects'>> {
  const path = temporary(join(home, randomUUID() + BORROWED));
  const isFresh = name === undefined || !(await moved(join(home, name), path));
  if (isFresh) {
    await makeBareFolder(path);
    await sweep(home);
  }
  return {
    path,
    isFresh,
    // a folder that cannot be removed is swept later
    drop: () => remove(path).catch(() => undefined),
    giveBack: async () => {
      if (name !== undefined) await moved(path, join(home, name));
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes folders that killed processes left: those a day older than the newest, by the clock of that disk. */
async function sweep(home: string): Promise<void> {
  const names = (await readdir(home).catch(() => [])).filter((name) => name.endsWith(BORROWED));
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await stat(join(home, name)).catch(() => undefined))?.mtimeMs,
    })),
  );
  const newest = Math.max(...dated.map(({ at = 0 }) => at));
  for (const { name, at = newest } of dated)
    if (newest - at > DAY_MS) await remove(join(home, name)).catch(() => undefined);
}

/** Gives the packs of one folder of objects to another one too. */
async function linkPacks(from: string, to: string): Promise<void> {
  const [source, target] = [join(from, 'pack'), join(to, 'pack')];
  await makeFolders(target);
  // the index comes last: without it git does not see the pack (gitformat-pack(5))
  const names = (await readdir(source).catch(() => [])).filter((name) => name.startsWith('pack-'));
  const rank = (name: string): number => Number(name.endsWith('.idx'));
  for (const name of names.sort((a, b) => rank(a) - rank(b)))
    await link(join(source, name), join(target, name)).catch(unlessThere);
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

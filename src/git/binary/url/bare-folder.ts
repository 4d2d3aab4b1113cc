import { link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegError } from '../../../errors.js';

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/**
 * Makes a folder a bare repository, whose objects may be elsewhere; one that is there already stays as it is. What makes a
 * folder one is few files (gitrepository-layout(5)), and `git init` would be a process more, with a user's templates.
 * @param about what people are told that it is
 * @throws RegError FILE_SYSTEM
 */
export async function makeBareFolder(folder: string, about?: string): Promise<void> {
  try {
    await mkdir(join(folder, 'refs'), { recursive: true });
    // git makes the folder of packs itself, but not for what it fetches file by file
    await mkdir(join(folder, 'objects/pack'), { recursive: true });
    await writeWhole(join(folder, 'config'), CONFIG);
    if (about !== undefined) await writeWhole(join(folder, 'description'), `${about}\n`);
    // the last file: without it the folder is no repository yet
    await writeWhole(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  } catch (error) {
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write to the cache: ${(error as Error).message}`,
      'name a folder for it with XDG_CACHE_HOME',
    );
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there) return;
  const temporary = `${path}.${crypto.randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** A folder that belongs to one process until it is given back. */
export interface BorrowedFolder {
  path: string;
  /** Whether it was just made, and knows nothing. */
  isFresh: boolean;
  /** Keeps it for the next one who asks for the same name. */
  giveBack(): Promise<void>;
  /** Throws it away; nothing happens when it was given back. */
  drop(): Promise<void>;
}

/**
 * Borrows a bare repository by its name, or makes a new one while somebody else has it. Taking it is renaming it, so that no
 * two processes ever share one, and one that was killed leaves nothing that another could stumble over.
 * @param name undefined for one that nobody will ask for again
 */
export async function borrowFolder(home: string, name: string | undefined): Promise<BorrowedFolder> {
  const path = join(home, `${crypto.randomUUID()}.borrowed`);
  const isFresh = name === undefined || !(await renamed(join(home, name), path));
  if (isFresh) {
    await makeBareFolder(path);
    await sweep(home);
  }
  const drop = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return {
    path,
    isFresh,
    drop,
    giveBack: async () => {
      if (name !== undefined) await renamed(path, join(home, name));
    },
  };
}

/** Gives the packs of one bare repository to another one too. */
export async function sharePacks(from: string, to: string): Promise<void> {
  const [source, target] = [from, to].map((folder) => join(folder, 'objects', 'pack'));
  if (source === undefined || target === undefined) return;
  await mkdir(target, { recursive: true });
  // the index comes last: without it git does not see the pack (gitformat-pack(5))
  const names = (await readdir(source).catch(() => [])).filter((name) => name.startsWith('pack-'));
  const rank = (name: string): number => Number(name.endsWith('.idx'));
  for (const name of names.sort((a, b) => rank(a) - rank(b)))
    await link(join(source, name), join(target, name)).catch(unlessThere);
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Renames a folder; false when it is not there, or another one is in its place. */
const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );

const DAY = 24 * 60 * 60 * 1000;

/** Removes what killed processes left behind. */
async function sweep(home: string): Promise<void> {
  const left = await readdir(home).catch(() => []);
  const dated = await Promise.all(
    left
      .filter((name) => name.endsWith('.borrowed'))
      .map(async (name) => ({ name, at: (await stat(join(home, name)).catch(() => undefined))?.mtimeMs })),
  );
  const newest = Math.max(...dated.map(({ at = 0 }) => at));
  for (const { name, at = newest } of dated)
    if (newest - at > DAY)
      await rm(join(home, name), { recursive: true, force: true }).catch(() => undefined);
}

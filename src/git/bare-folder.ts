import { randomUUID } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegError } from '../errors.js';

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/**
 * Makes a folder a bare repository, whose objects may be elsewhere; one that is there stays as it is. That takes few files
 * (gitrepository-layout(5)), and `git init` would be one more process, with a user's templates.
 * @param description of the repository, for people
 * @throws RegError FILE_SYSTEM
 */
export async function makeBareFolder(folder: string, description?: string): Promise<void> {
  try {
    await mkdir(join(folder, 'refs'), { recursive: true });
    // git makes the folder of packs itself, but not for objects that it fetches file by file
    await mkdir(join(folder, 'objects/pack'), { recursive: true });
    await writeOnce(join(folder, 'config'), CONFIG);
    if (description !== undefined) await writeOnce(join(folder, 'description'), `${description}\n`);
    // the last file: without it the folder is not a repository yet
    await writeOnce(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
  } catch (error) {
    throw cannotWrite(error as NodeJS.ErrnoException);
  }
}

async function writeOnce(path: string, text: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

/** The error for a cache that cannot be written to. */
export const cannotWrite = (error: Error): RegError =>
  new RegError(
    'FILE_SYSTEM',
    `cannot write to the cache: ${error.message}`,
    'name a folder for it with XDG_CACHE_HOME',
  );

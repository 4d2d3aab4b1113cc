import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { RegError } from '../errors.js';

/**
 * Reads a plain file of at most so many bytes; undefined where there is nothing, or a folder in its place.
 * @param shown names the file in errors
 * @throws RegError FILE_SYSTEM for a symbolic link, a pipe or a device, TOO_LARGE
 */
export async function readPlainFile(
  path: string,
  limit: number,
  shown: string,
): Promise<Uint8Array | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return undefined;
  if (!found.isFile()) throw notPlain(shown);
  const file = await openPlain(path, shown);
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLarge(shown, size, limit);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Something may take the place of a file after it was looked at: no link is followed, and a pipe is not waited for. */
async function openPlain(path: string, shown: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw notPlain(shown);
}

/** The error for a path that is no plain file. */
export const notPlain = (shown: string): RegError =>
  new RegError(
    'FILE_SYSTEM',
    `${shown} is no plain file, and only those are read`,
    'put the file itself there',
    { file: shown, line: 1 },
  );

/** The error for a file beyond its limit. */
export const tooLarge = (shown: string, size: number, limit: number): RegError =>
  new RegError(
    'TOO_LARGE',
    `${shown} has ${size} bytes, and at most ${limit} are read of it`,
    'keep it small',
    {
      file: shown,
      line: 1,
    },
  );

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RegError } from '../errors.js';
import { isGone, ownerName } from '../util/files.js';
import { modelOnDisk } from './source.js';

/** A model beside its target until it is whole. It belongs to one process. */
export interface Part {
  /** The path to write; it may hold the bytes of an earlier process. */
  path: string;
  /** Whether there is nothing yet. */
  isFresh: boolean;
  /** Leaves it to the next process, which goes on from here. */
  giveBack(): Promise<void>;
  /** Removes it; nothing happens after it was moved. */
  drop(): Promise<void>;
}

/**
 * Takes over the part of an earlier process for the same bytes, or makes a new one. Only a part that its owner gave back, or left
 * when it was killed, is taken: another process may still write to any other.
 * @param key names the bytes; parts of other bytes are not touched. Undefined where the digest is not known
 */
export async function takePart(target: string, key: string | undefined): Promise<Part> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true }).catch(cannotWrite(folder));
  // names on file systems have at most 255 bytes
  const stem = `.${basename(target).slice(0, 40)}.${key ?? 'open'}`;
  const given = join(folder, `${stem}${SUFFIX}`);
  const path = join(folder, `${stem}.${randomUUID()}.${ownerName()}${SUFFIX}`);
  let isFresh = true;
  for (const left of key === undefined ? [] : [given, ...(await orphans(folder, stem))])
    if (isFresh) isFresh = !(await renamed(left, path));
  return {
    path,
    isFresh,
    giveBack: async () =>
      void (key !== undefined && (await holdsBytes(path)) && (await renamed(path, given))),
    drop: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** For `catch`: makes an error of the file system one with the path and a hint. */
export const cannotWrite =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new RegError(
      'FILE_SYSTEM',
      `cannot write ${path}: ${error.message}`,
      'make room or get access there, or name another place with -o',
    );
  };

const SUFFIX = '.part';

/** Whether a name is that of a part. */
export const isPart = (name: string): boolean => name.startsWith('.') && name.endsWith(SUFFIX);

/** The parts of these bytes whose owners were killed. */
async function orphans(folder: string, stem: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}.`) && isPart(name));
  const ownerOf = (name: string): string => /\.([^.]*)\.part$/.exec(name)?.[1] ?? '';
  return names.filter((name) => isGone(ownerOf(name))).map((name) => join(folder, name));
}

/** Whether a file, or any file of a folder, has a byte in it. */
async function holdsBytes(path: string): Promise<boolean> {
  const found = await modelOnDisk(path).catch(() => undefined);
  return found?.files.some(({ size = 0 }) => size > 0) ?? false;
}

const renamed = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    () => false,
  );

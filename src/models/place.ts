import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RegError } from '../errors.js';
import { syncFolder } from '../util/files.js';
import type { ModelCache } from './cache.js';
import { digestOf, type ModelDigest } from './digest.js';
import type { VerifiedModel } from './fetch.js';
import { modelOnDisk } from './source.js';

/**
 * Moves a verified model to its place, whole or not at all, and keeps a copy in the cache. A place that holds the same bytes
 * already is left alone.
 * @returns the file or folder that holds it
 * @throws RegError FILE_EXISTS, FILE_SYSTEM
 */
export async function placeModel(verified: VerifiedModel, cache: ModelCache): Promise<string> {
  const { name, digest, path, to, force, before, drop } = verified;
  try {
    if (to === undefined) return await cache.adopt(path, digest.sha256, name);
    if (before?.kind === digest.kind && before.sha256 === digest.sha256) return to;
    if (before) await refuseToReplace(to, before, force);
    await moveInto(path, to, before);
    if (to !== cache.pathOf(digest.sha256, name)) await cache.keep(to, digest.sha256, name);
    return to;
  } finally {
    await drop();
  }
}

/** The digest of the model at a path; undefined where there is nothing. */
export async function digestAt(path: string): Promise<ModelDigest | undefined> {
  const model = await modelOnDisk(path);
  return model && digestOf(model);
}

/**
 * Refuses to replace the content of a path.
 * @throws RegError FILE_EXISTS without `force`, and for a git repository always
 */
export async function refuseToReplace(path: string, there: ModelDigest, force = false): Promise<void> {
  if (!force)
    throw new RegError(
      'FILE_EXISTS',
      `${path} is already there with other content`,
      'add --force to replace it',
    );
  if (there.kind === 'folder' && (await readdir(path)).includes('.git'))
    throw new RegError(
      'FILE_EXISTS',
      `${path} is a git repository`,
      'give a folder that is only for the model',
    );
}

/** Moves a part to its place at once, so that no reader sees half of it. */
async function moveInto(built: string, path: string, there: ModelDigest | undefined): Promise<void> {
  if (there?.kind === 'folder' || (there && (await isFolderModel(built)))) await swap(built, path);
  else await rename(built, path);
  // a rename is on the disk when its folder is synchronised
  await syncFolder(dirname(path));
}

const isFolderModel = async (path: string): Promise<boolean> => (await modelOnDisk(path))?.kind === 'folder';

/** rename(2) replaces a file at once, but not a folder with files. */
async function swap(built: string, path: string): Promise<void> {
  const beside = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
  const old = join(beside, 'old');
  try {
    await rename(path, old);
    await rename(built, path).catch(async (error) => {
      await rename(old, path);
      throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RegError } from '../errors.js';
import { identify, type ModelIdentity } from './digest.js';
import { modelOnDisk } from './source.js';

/** Where a model may be put. */
export interface PlaceOptions {
  /** The file or folder to write. */
  to: string;
  /** Replaces other content that is there. */
  force?: boolean | undefined;
}

/** What is at a path: nothing, a model, or something that a model must not replace unasked. */
export async function identityAt(path: string): Promise<ModelIdentity | undefined> {
  const model = await modelOnDisk(path);
  return model && identify(model);
}

/**
 * Refuses to replace what is at a path.
 * @throws RegError FILE_EXISTS without `force`, and for a git repository always
 */
export async function refuseToReplace(path: string, there: ModelIdentity, force = false): Promise<void> {
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

/** Moves what was built beside a path into its place, so that no reader sees half of it. */
export async function moveInto(built: string, path: string, there: ModelIdentity | undefined): Promise<void> {
  if (there?.kind === 'folder' || (there && (await isFolderModel(built)))) await swap(built, path);
  else await rename(built, path);
  await syncFolder(dirname(path));
}

const isFolderModel = async (path: string): Promise<boolean> => (await modelOnDisk(path))?.kind === 'folder';

/** rename(2) replaces a file at once, but no folder that holds something. */
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

/** A rename is on the disk when its folder is (fsync(2)); Windows has nothing of the kind. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

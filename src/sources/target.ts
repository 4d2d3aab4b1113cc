import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { filesBelow } from '../disk/files.js';
import { RegError } from '../errors.js';
import { fileModel, folderModel, type ModelBytes, refuseUnsafePath } from './model-bytes.js';

/**
 * Puts a model at a path, whole or not at all. A target that already holds the same bytes is left alone.
 * @throws RegError FILE_EXISTS when something else is there and `force` is not given
 */
export async function placeModel(model: ModelBytes, path: string, force = false): Promise<void> {
  const there = await identify(path);
  if (there?.kind === model.kind && there.sha256 === model.sha256) return;
  if (there && !force)
    throw new RegError(
      'FILE_EXISTS',
      `${path} is already there with other content`,
      'add --force to replace it',
    );
  if (there?.kind === 'folder') await refuseRepository(path);
  await mkdir(dirname(path), { recursive: true });
  const [file] = model.files;
  if (model.kind === 'file' && there?.kind !== 'folder' && file)
    await writeFileAtomic(path, Buffer.from(file.bytes));
  else await replace(model, path);
}

/** Whatever is said about force, a repository is never what a model is to replace. */
async function refuseRepository(path: string): Promise<void> {
  if (!(await readdir(path)).includes('.git')) return;
  throw new RegError(
    'FILE_EXISTS',
    `${path} is a git repository`,
    'give a folder that is only for the model',
  );
}

/** What is at a path, or undefined when nothing is. */
async function identify(path: string): Promise<ModelBytes | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return fileModel({ path: basename(path), bytes: await readFile(path) });
  const files = (await filesBelow(path)).map(async (one) => ({
    path: one,
    bytes: await readFile(join(path, one)),
  }));
  return folderModel(await Promise.all(files));
}

/** Builds the model beside its target and moves it there, so that no reader sees half of it. */
async function replace(model: ModelBytes, path: string): Promise<void> {
  const beside = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
  try {
    const built = join(beside, 'new');
    for (const file of model.files) {
      refuseUnsafePath(file.path);
      const to = model.kind === 'file' ? built : join(built, file.path);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, file.bytes, { flush: true });
    }
    const old = join(beside, 'old');
    const hadOld = await rename(path, old).then(
      () => true,
      () => false,
    );
    await rename(built, path).catch(async (error) => {
      if (hadOld) await rename(old, path);
      throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

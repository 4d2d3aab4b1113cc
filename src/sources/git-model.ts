import { posix } from 'node:path';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { ObjectReader, TreeEntry } from '../git/port.js';
import { fileModel, folderModel, type ModelBytes, refuseUnsafePath } from './model-bytes.js';

/**
 * Reads the model at a path of a commit, a file or a folder, straight from git's objects: no work tree, no filters.
 * @throws RegError SOURCE_PATH when nothing is there or it is no plain file, SOURCE_UNSUPPORTED for a Git LFS pointer
 */
export async function readGitModel(objects: ObjectReader, commit: Oid, path: string): Promise<ModelBytes> {
  const entry = await objects.entryAt(commit, path);
  if (entry === undefined)
    throw new RegError(
      'SOURCE_PATH',
      `there is no ${path} at commit ${commit.slice(0, 12)}`,
      'check the path, from the top of that repository, and that the file is committed there',
    );
  if (entry.type !== 'tree')
    return fileModel({ path: posix.basename(path), bytes: await readFileEntry(objects, entry) });
  const entries = await objects.entriesBelow(commit, path);
  const files = [];
  for (const one of entries) {
    const inside = one.path.slice(path.length + 1);
    refuseUnsafePath(inside);
    files.push({ path: inside, bytes: await readFileEntry(objects, one) });
  }
  return folderModel(files);
}

const KINDS = { link: 'a symbolic link', commit: 'a submodule', tree: 'a folder' } as const;
const LFS_POINTER = Buffer.from('version https://git-lfs.github.com/spec/');

async function readFileEntry(objects: ObjectReader, { type, path, oid }: TreeEntry): Promise<Uint8Array> {
  if (type !== 'blob') throw new RegError('SOURCE_PATH', `${path} is ${KINDS[type]}, not a file`);
  const bytes = await objects.readBlob(oid);
  if (!LFS_POINTER.equals(bytes.subarray(0, LFS_POINTER.length))) return bytes;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is a Git LFS pointer, and Git LFS sources are not supported yet`,
  );
}

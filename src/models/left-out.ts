import { join } from 'node:path';
import ignore from 'ignore';
import { readPlain } from '../util/safe-files.js';
import { modelOnDisk, type SourceModel } from './source.js';

// What an upload leaves out of a folder: the folders of version control, and what its `.regignore` names.

/** The file with patterns as in gitignore(5), at the top of an uploaded folder. It is left out too. */
const IGNORE_FILE = '.regignore';

/** The folders in which tools keep the history of files, and a file that leads to one (gitrepository-layout(5)). */
const VERSION_CONTROL: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '.bzr', '.jj', '.dvc', 'CVS']);

const MAX_IGNORE_BYTES = 1024 * 1024;

/** A model on this machine, and what was left out of its folder. */
export interface UploadedModel {
  model: SourceModel;
  /** Folders of version control, by path. */
  folders: string[];
  /** The number of files that `.regignore` names. */
  ignored: number;
}

/**
 * The model at a path of this machine that an upload takes; undefined where there is nothing.
 * @throws RegError SOURCE_PATH as `modelOnDisk`, FILE_SYSTEM and TOO_LARGE for `.regignore`
 */
export async function modelToUpload(path: string): Promise<UploadedModel | undefined> {
  const folders = new Set<string>();
  const ignoring = await ignoredBy(path);
  let ignored = 0;
  const isTaken = (file: string): boolean => {
    const parts = file.split('/');
    const at = parts.findIndex((part) => VERSION_CONTROL.has(part));
    if (at >= 0) folders.add(parts.slice(0, at + 1).join('/'));
    else if (file !== IGNORE_FILE && ignoring(file)) ignored += 1;
    else return file !== IGNORE_FILE;
    return false;
  };
  const model = await modelOnDisk(path, isTaken);
  return model && { model, folders: [...folders].sort(), ignored };
}

/** Whether the `.regignore` of a folder names a file. */
async function ignoredBy(folder: string): Promise<(path: string) => boolean> {
  const bytes = await readPlain(join(folder, IGNORE_FILE), MAX_IGNORE_BYTES).catch(unlessNoFolder);
  if (bytes === undefined) return () => false;
  const rules = ignore.default({ ignorecase: false }).add(
    Buffer.from(bytes)
      .toString()
      .replace(/^\ufeff/, ''),
  );
  return (path) => rules.ignores(path);
}

/** A model may be one file. */
function unlessNoFolder(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOTDIR') throw error;
}

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cannotWrite } from './cannot-write.js';
import { filesBelow, readIfThere } from './files.js';

/** The files of a repository's work tree; paths are from its top, with `/` between parts. */
export interface WorkTree {
  root: string;
  /** The bytes of a file, undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Writes a file whole or not at all, with the folders above it.
   * @throws RegError FILE_SYSTEM
   */
  write(path: string, text: string): Promise<void>;
  /** All files whose name ends so, by path; `.git` and `node_modules` are left out. */
  find(suffix: string): Promise<string[]>;
}

/** Opens the work tree below a folder. */
export function openWorkTree(root: string): WorkTree {
  return {
    root,
    read: (path) => readIfThere(join(root, path)),
    write: async (path, text) => {
      // loaded on use: few commands write a file
      const { default: writeWhole } = await import('write-file-atomic');
      await mkdir(dirname(join(root, path)), { recursive: true })
        .then(() => writeWhole(join(root, path), text))
        .catch(cannotWrite(path, root));
    },
    find: async (suffix) => (await filesBelow(root, SKIPPED)).filter((path) => path.endsWith(suffix)).sort(),
  };
}

const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);

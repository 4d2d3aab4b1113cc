import { createHash } from 'node:crypto';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';

/** One file of a model; of a single file, `path` is its own name. */
export interface ModelFile {
  /** The path inside the model's folder, `/` between parts. */
  path: string;
  bytes: Uint8Array;
}

/** A model's bytes and what identifies them (SPEC §4). */
export interface ModelBytes {
  kind: 'file' | 'folder';
  /** Of a folder all files, by path. */
  files: readonly ModelFile[];
  sha256: string;
  /** The bytes of all files together. */
  size: number;
}

/**
 * Refuses a path that could lead out of the folder it is written to. git itself writes no such tree, but a tree that
 * somebody made by hand can be fetched (git-fsck(1), hasDotdot and hasDotgit).
 * @throws RegError SOURCE_PATH
 */
export function refuseUnsafePath(path: string): void {
  const isUnsafe = (part: string): boolean =>
    part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git';
  if (!/[\\\0]/.test(path) && !path.split('/').some(isUnsafe)) return;
  throw new RegError(
    'SOURCE_PATH',
    `the model holds a file with an unsafe path, '${path}'`,
    'do not trust its source',
  );
}

/** Identifies a single file by the SHA-256 of its bytes. */
export const fileModel = (file: ModelFile): ModelBytes => ({
  kind: 'file',
  files: [file],
  sha256: sha256Of(file.bytes),
  size: file.bytes.length,
});

/**
 * Identifies a folder by the SHA-256 of its manifest: for each file, by path in code unit order, the line that
 * `sha256sum` prints, `<sha256>  <path>\n`.
 */
export function folderModel(files: readonly ModelFile[]): ModelBytes {
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const manifest = sorted.map((file) => `${sha256Of(file.bytes)}  ${file.path}\n`).join('');
  const size = sorted.reduce((sum, file) => sum + file.bytes.length, 0);
  return { kind: 'folder', files: sorted, sha256: sha256Of(Buffer.from(manifest)), size };
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

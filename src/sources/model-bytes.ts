import { createHash } from 'node:crypto';
import { compareText } from '../domain/order.js';

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

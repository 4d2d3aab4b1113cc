import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { filesBelow } from '../util/files.js';
import { bytesOf } from './bytes.js';
import type { SourceFile, SourceModel } from './model.js';
import { type FileIdentity, tallyOf } from './tally.js';

/** What identifies a model's bytes (SPEC §4). */
export interface ModelIdentity {
  kind: SourceModel['kind'];
  /** Of a folder that of its manifest. */
  sha256: string;
  /** The bytes of all files together. */
  size: number;
}

/**
 * Identifies a model by its files: a single one by the SHA-256 of its bytes, a folder by that of its manifest, which has for
 * each file, by path in code unit order, the line that `sha256sum` prints, `<sha256>  <path>\n`.
 */
export function identityOf(kind: SourceModel['kind'], files: readonly FileIdentity[]): ModelIdentity {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const [only] = files;
  if (kind === 'file' && only) return { kind, sha256: only.sha256, size };
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const manifest = sorted.map((file) => `${file.sha256}  ${file.path}\n`).join('');
  return { kind, sha256: createHash('sha256').update(manifest).digest('hex'), size };
}

/** A model whose files were read: each with the promise of the bytes that were there. */
export interface IdentifiedFiles {
  identity: ModelIdentity;
  files: SourceFile[];
}

/**
 * Reads a model to its end; nothing of it is kept.
 * @throws RegError what reading its source throws, HASH_MISMATCH when a file is not what its source promises
 */
export async function identifyFiles({ kind, files }: SourceModel): Promise<IdentifiedFiles> {
  const found: FileIdentity[] = [];
  for (const file of files) {
    const tally = tallyOf(file);
    for await (const chunk of bytesOf(file)) tally.add(chunk);
    found.push(tally.end());
  }
  const promised = files.map((file, index) => ({
    ...file,
    size: found[index]?.size,
    digest: { algorithm: 'sha256' as const, value: found[index]?.sha256 ?? '' },
  }));
  return { identity: identityOf(kind, found), files: promised };
}

/** Reads a model to its end and identifies it, as `identifyFiles`. */
export const identify = async (model: SourceModel): Promise<ModelIdentity> =>
  (await identifyFiles(model)).identity;

/**
 * What is at a path of this machine, as a source of its own; undefined when nothing is.
 * @throws RegError SOURCE_PATH for what is neither a file nor a folder, such as a pipe, also inside the folder
 */
export async function modelOnDisk(path: string): Promise<SourceModel | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const name = basename(path);
  if (!found.isDirectory()) return { kind: 'file', name, files: [await fileOnDisk(path, name)] };
  const files = (await filesBelow(path)).map((one) => fileOnDisk(join(path, one), one));
  return { kind: 'folder', name, files: await Promise.all(files) };
}

async function fileOnDisk(at: string, path: string): Promise<SourceFile> {
  const found = await stat(at).catch(() => undefined);
  if (!found?.isFile())
    throw new RegError(
      'SOURCE_PATH',
      `${at} is no plain file`,
      'give files, and folders of files; links inside must lead to files',
    );
  return {
    path,
    size: found.size,
    ranges: true,
    isHere: true,
    open: async (range) => createReadStream(at, range && { start: range.start, end: range.end - 1 }),
  };
}

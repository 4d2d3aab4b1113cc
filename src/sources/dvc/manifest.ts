import { createHash } from 'node:crypto';
import { compareText } from '../../domain/order.js';
import { RegError } from '../../errors.js';
import type { ObjectStore } from '../../stores/port.js';
import { refuseUnsafePath } from '../model.js';
import type { FoundObject } from './objects.js';
import type { DvcOut } from './out.js';

/** A file of a folder that DVC tracks. */
export interface ManifestEntry {
  /** Inside the folder, `/` between parts. */
  path: string;
  /** 32 hexadecimal digits. */
  md5: string;
}

/** Bytes that a manifest may have, which is a hundred or so for each file. */
const LARGEST = 16 * 1024 * 1024;
const MOST_FILES = 100_000;

/**
 * Reads the manifest of a folder, `ab/cdef….dir`: a JSON list of `{"md5", "relpath"}` (DVC, "Internal directories and files",
 * "Directories"); gives the files by path.
 * @throws RegError HASH_MISMATCH, TOO_LARGE, SOURCE_UNSUPPORTED when it is none, SOURCE_PATH for paths that must not be written
 */
export async function readManifest(
  store: ObjectStore,
  { key }: FoundObject,
  out: DvcOut,
): Promise<ManifestEntry[]> {
  const bytes = await readBounded(store, key, out.path);
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== out.md5)
    throw new RegError(
      'HASH_MISMATCH',
      `the manifest of ${out.path} at ${store.shown} is not the one that ${out.file} names: md5 ${md5}, not md5 ${out.md5}`,
      'what the remote stores is damaged; remove it there and push it again: dvc push',
    );
  return parseManifest(bytes, out.path);
}

async function readBounded(store: ObjectStore, key: string, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (await store.read(key)) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LARGEST)
      throw new RegError('TOO_LARGE', `the manifest of ${path} has more than ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads the bytes of a manifest, otherwise as `readManifest`.
 * @param folder what the folder is called when it is refused
 */
export function parseManifest(bytes: Uint8Array, folder: string): ManifestEntry[] {
  const list = parseJson(bytes);
  if (!Array.isArray(list)) throw malformed(folder, 'it is no JSON list');
  if (list.length > MOST_FILES)
    throw new RegError('TOO_LARGE', `${folder} has more than ${MOST_FILES} files, ${list.length}`);
  const entries = list.map((entry: unknown) => entryOf(entry, folder));
  const paths = new Set(entries.map(({ path }) => path));
  if (paths.size < entries.length) throw malformed(folder, 'it names a file twice', 'SOURCE_PATH');
  for (const { path } of entries)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      if (paths.has(path.slice(0, end)))
        throw malformed(folder, `'${path.slice(0, end)}' is a file and a folder in it`, 'SOURCE_PATH');
  return entries.sort((a, b) => compareText(a.path, b.path));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function entryOf(entry: unknown, folder: string): ManifestEntry {
  const { relpath, md5 } = (entry ?? {}) as Record<string, unknown>;
  if (typeof relpath !== 'string' || typeof md5 !== 'string')
    throw malformed(folder, 'an entry has no relpath, or no md5');
  refuseUnsafePath(relpath);
  if (!/^[0-9a-f]{32}$/.test(md5)) throw malformed(folder, `the md5 of '${relpath}' is no md5`);
  return { path: relpath, md5 };
}

const malformed = (
  folder: string,
  why: string,
  code: 'SOURCE_UNSUPPORTED' | 'SOURCE_PATH' = 'SOURCE_UNSUPPORTED',
): RegError =>
  new RegError(code, `the manifest of ${folder} is not as DVC writes it: ${why}`, 'do not trust its source');

import { posix } from 'node:path';
import { RegError } from '../../errors.js';
import { shellLine } from '../../util/shell.js';
import { refuseUnsafePath, type SourceFile, type SourceModel } from '../model.js';
import { type ManifestEntry, readManifest } from './manifest.js';
import { type FoundObject, findObjects } from './objects.js';
import type { DvcOut } from './out.js';
import type { DvcRemote } from './remote.js';

/**
 * The model that an output of DVC is, or that is inside a folder which is one. Its objects were found when this ends, and of
 * a folder the manifest was read.
 * @param below the path inside the folder; empty for the output itself
 * @throws RegError SOURCE_PATH when something of it is missing in the remote, or the folder has no such path; HASH_MISMATCH when
 * an object has another size than the output; what reading a manifest throws, and what the store throws
 */
export async function trackedModel(remote: DvcRemote, out: DvcOut, below: string): Promise<SourceModel> {
  const whole = posix.join(out.path, below);
  const name = posix.basename(whole);
  refuseUnsafePath(name);
  const filesIn = (folder: string, entries: readonly ManifestEntry[]): Promise<SourceFile[]> =>
    filesOf(remote, out, folder, entries);
  if (!out.isFolder) {
    const files = await filesIn(posix.dirname(whole), [{ path: name, md5: out.md5 }]);
    return { kind: 'file', name, files: files.map((file) => withSize(remote, out, file)) };
  }
  const manifest = (await findObjects(remote.store, out, [`${out.md5}.dir`])).get(`${out.md5}.dir`);
  if (manifest === undefined) throw missing(remote, out, out.path, `${out.md5}.dir`);
  const entries = await readManifest(remote.store, manifest, out);
  if (below === '') return { kind: 'folder', name, files: await filesIn(whole, entries) };
  const exact = entries.find(({ path }) => path === below);
  if (exact)
    return { kind: 'file', name, files: await filesIn(posix.dirname(whole), [{ ...exact, path: name }]) };
  const inside = entries
    .filter(({ path }) => path.startsWith(`${below}/`))
    .map((entry) => ({ ...entry, path: entry.path.slice(below.length + 1) }));
  if (inside.length > 0) return { kind: 'folder', name, files: await filesIn(whole, inside) };
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${below} in ${out.path}, the folder that ${out.file} tracks`,
    'check the path, and that `dvc push` was run before the commit',
  );
}

async function filesOf(
  remote: DvcRemote,
  out: DvcOut,
  folder: string,
  entries: readonly ManifestEntry[],
): Promise<SourceFile[]> {
  const names = entries.map(({ md5 }) => md5);
  const found = await findObjects(remote.store, out, names);
  return entries.map(({ path, md5 }) => {
    const object = found.get(md5);
    if (object === undefined) throw missing(remote, out, posix.join(folder, path), md5);
    return fileOf(remote, object, path, md5);
  });
}

const fileOf = (
  { store, isHere }: DvcRemote,
  { key, size, ranges, isRaw }: FoundObject,
  path: string,
  md5: string,
): SourceFile => ({
  path,
  size,
  ...(isRaw && { digest: { algorithm: 'md5', value: md5 } }),
  ranges,
  isHere,
  open: (range) => store.read(key, range),
});

/** A file whose size is told twice: by the remote, and by the file of DVC. */
function withSize({ name, store }: DvcRemote, out: DvcOut, file: SourceFile): SourceFile {
  if (file.size === undefined || out.size === undefined || file.size === out.size)
    return { ...file, size: out.size ?? file.size };
  throw new RegError(
    'HASH_MISMATCH',
    `${out.path} (md5 ${out.md5}) has ${file.size} bytes in the DVC remote '${name}', ${store.shown}, not ${out.size} bytes as ${out.file} says`,
    'what the remote stores is damaged; remove it there and push it again: dvc push',
  );
}

function missing({ name, store }: DvcRemote, out: DvcOut, path: string, object: string): RegError {
  return new RegError(
    'SOURCE_PATH',
    `${path} (md5 ${object}) is missing in the DVC remote '${name}', ${store.shown}`,
    out.origin === undefined
      ? `put it there from a clone that has it: ${shellLine('dvc', 'push', '--remote', name, out.path)}`
      : `it was imported from ${out.origin}, whose remote has it: link it there; \`dvc push\` leaves imports out`,
  );
}

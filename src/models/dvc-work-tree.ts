import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import {
  type DvcDigest,
  digestOfOut,
  MAX_DVC_FILE_BYTES,
  type ManifestEntry,
  manifestText,
  md5Of,
} from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { failureOf, RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { mapAtMost } from '../util/async.js';
import { filesBelow, isThere } from '../util/files.js';
import { readIfPlain, writeBelow } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import { type DvcBytes, isSameDigest } from './dvc-digest.js';
import { findTracked, type PointerFiles, pointersAt } from './dvc-index.js';

// Whether the model in a work tree is the one that a commit means, where DVC has its bytes.

/** How a path of the work tree differs from a commit; each but the first two with the way out. */
export type DvcWorkTreeState =
  | { kind: 'same' }
  /** Nothing is there: `dvc pull` was not run, and nothing is lost. */
  | { kind: 'absent' }
  /** The file or folder has other bytes than its pointer in the work tree says: it was changed and not added. */
  | { kind: 'changed'; reason: string; hint: string }
  /** The pointer in the work tree says otherwise than the commit does: it was added and not committed. */
  | { kind: 'uncommitted'; reason: string; hint: string }
  /** It cannot be compared, such as for a hash that is not md5. */
  | { kind: 'unknown'; reason: string };

/** Where a work tree is, and where hashes are remembered. */
export interface WorkTreeTools {
  /** The absolute path of its top. */
  root: string;
  /** The folder for what can be made again. */
  cache: string;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Compares what a work tree has at a path with what a commit means by it.
 * @param path as `dvcBytesAt` takes it
 * @param committed what `dvcBytesAt` found; undefined where the commit does not track the path
 * @returns undefined where neither of them tracks it
 * @throws RegError INTERRUPTED
 */
export async function dvcWorkTreeState(
  objects: Objects,
  commit: Oid,
  path: string,
  committed: DvcBytes | undefined,
  { root, cache, now }: WorkTreeTools,
): Promise<DvcWorkTreeState | undefined> {
  const tracked = await findTracked(pointersIn(root, pointersAt(objects, commit)), path).catch(failureOf);
  if (tracked instanceof RegError)
    return { kind: 'uncommitted', reason: tracked.message, hint: tracked.hint ?? 'solve it: dvc status' };
  if (tracked === undefined) {
    if (committed === undefined) return undefined;
    const { pointer } = committed;
    return {
      kind: 'uncommitted',
      reason: `the work tree does not track ${committed.path} any more, as ${pointer} at the commit does`,
      hint: `restore it: ${shellLine('git', 'restore', pointer)}`,
    };
  }
  const { out, below } = tracked;
  const digest = digestOfOut(out);
  const before = committed?.output.digest;
  const isSame = digest !== undefined && before !== undefined && isSameDigest(digest, before);
  if (!isSame && (digest !== undefined || before !== undefined || committed === undefined)) {
    const hint = `commit it: ${shellLine('git', 'add', out.file)} && git commit`;
    return { kind: 'uncommitted', reason: `${out.file} is changed and not committed`, hint };
  }
  if (digest === undefined) return { kind: 'unknown', reason: `${out.file} has no md5 of ${out.path}` };
  const inside = below === '' ? undefined : committed?.digest;
  const wanted = inside ?? digest;
  const target = inside === undefined ? out.path : posix.join(out.path, below);
  if (wanted.kind !== 'md5' && wanted.kind !== 'md5-dos2unix')
    return { kind: 'unknown', reason: `${out.file} names ${out.path} by its ${wanted.kind}` };
  const size = inside === undefined && typeof out.entry.size === 'number' ? out.entry.size : undefined;
  const found = await compare(join(root, target), wanted, size, { cache, now }).catch(asUnreadable);
  if (found !== 'changed') return typeof found === 'string' ? { kind: found } : found;
  if (wanted.isFolder && (await hasIgnoreFile(root, target)))
    return { kind: 'unknown', reason: `a .dvcignore may leave files of ${target} out` };
  const add = out.file === `${out.path}.dvc` ? ['dvc', 'add'] : ['dvc', 'commit', '--force'];
  return {
    kind: 'changed',
    reason: `${target} has other bytes than ${out.file} says`,
    hint: `record them: ${shellLine(...add, out.path)} && ${shellLine('git', 'add', out.file)} && git commit`,
  };
}

/** A file that may not be read, or goes away while it is, cannot be compared. */
function asUnreadable(error: NodeJS.ErrnoException): DvcWorkTreeState {
  if (error.code === undefined || error instanceof RegError) throw error;
  return { kind: 'unknown', reason: error.message };
}

/** The files of DVC in a work tree. Pointers that are new there are found beside and above a path; a search could take minutes. */
const pointersIn = (root: string, committed: PointerFiles): PointerFiles => ({
  read: (path) => readIfPlain(join(root, path), MAX_DVC_FILE_BYTES),
  // the work tree has outputs too, which git does not
  has: (path) => committed.has(path),
  pointers: () => committed.pointers(),
});

async function hasIgnoreFile(root: string, path: string): Promise<boolean> {
  for (let folder = path; ; folder = posix.dirname(folder)) {
    if (await isThere(join(root, folder, '.dvcignore'))) return true;
    if (folder === '.') break;
  }
  return (await filesBelow(join(root, path)).catch(() => [])).some(
    (one) => posix.basename(one) === '.dvcignore',
  );
}

/** A file with what tells whether it was written since: its inode, size and times of change, in nanoseconds. */
interface Stamped {
  /** Inside the folder; empty for a single file. */
  path: string;
  size: number;
  stamp: string;
}

/** Compares a file or a folder with a digest: first by the bytes that they have together, then by hashing them. */
async function compare(
  at: string,
  { value, isFolder, kind }: DvcDigest,
  size: number | undefined,
  { cache, now }: Pick<WorkTreeTools, 'cache' | 'now'>,
): Promise<'same' | 'absent' | 'changed'> {
  const found = await stat(at).catch(() => undefined);
  if (found === undefined) return 'absent';
  if (found.isDirectory() !== isFolder) return 'changed';
  const paths = isFolder ? await filesBelow(at, SKIPPED) : [''];
  const files = await mapAtMost(AT_ONCE, paths, (path) => stampOf(at, path));
  if (size !== undefined && files.reduce((sum, file) => sum + file.size, 0) !== size) return 'changed';
  const isText = kind === 'md5-dos2unix';
  const key = createHash('sha256')
    .update([kind, ...files.map(({ path, stamp }) => `${stamp} ${path}`)].sort().join('\n'))
    .digest('hex');
  const memo = join(cache, 'md5', key.slice(0, 2), key.slice(2));
  const known = await readFile(memo, 'utf8').catch(() => undefined);
  if (known !== undefined) return known === value ? 'same' : 'changed';
  const begun = now();
  const entries = await mapAtMost(AT_ONCE, files, async ({ path }): Promise<ManifestEntry> => {
    return { path, md5: await fileMd5(join(at, path), isText) };
  });
  const md5 = isFolder ? md5Of(manifestText(entries)) : entries[0]?.md5;
  const after = await mapAtMost(AT_ONCE, paths, (path) => stampOf(at, path));
  // a file that was written just now may be written again within the same tick of the clock
  const isSettled = after.every(
    ({ stamp }, index) => stamp === files[index]?.stamp && timeIn(stamp) < begun - TICK_MS,
  );
  if (isSettled && md5 !== undefined) await remember(memo, md5).catch(() => undefined);
  return md5 === value ? 'same' : 'changed';
}

/** Folders that DVC never tracks (DVC, ".dvcignore files"). */
const SKIPPED: ReadonlySet<string> = new Set(['.git', '.dvc', '.hg']);

/** Files that are hashed at a time. */
const AT_ONCE = 4;

/** File systems may keep times to two seconds (FAT). */
const TICK_MS = 2000;

async function stampOf(folder: string, path: string): Promise<Stamped> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(join(folder, path), { bigint: true });
  return { path, size: Number(size), stamp: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}` };
}

const timeIn = (stamp: string): number => Number(stamp.slice(stamp.lastIndexOf(' ') + 1)) / 1e6;

const remember = (memo: string, md5: string): Promise<void> => writeBelow(dirname(memo), basename(memo), md5);

const CHUNK_BYTES = 1024 * 1024;

/**
 * The md5 of a file as DVC makes it.
 * @param isText whether a text counts with LF for CRLF, as DVC 1 and 2 have it (dvc-data, `Dos2UnixHashStreamFile`)
 */
async function fileMd5(at: string, isText: boolean): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(at, { highWaterMark: CHUNK_BYTES })) {
    const bytes = chunk as Buffer;
    // DVC asks each chunk of a mebibyte whether it is text
    hash.update(isText && looksLikeText(bytes.subarray(0, 512)) ? withLf(bytes) : bytes);
  }
  return hash.digest('hex');
}

/** Whether a block holds no NUL, and at most 30 percent of what texts seldom hold (dvc-data, `istextblock`). */
function looksLikeText(block: Buffer): boolean {
  if (block.includes(0)) return false;
  const odd = block.filter((byte) => byte > 126 || (byte < 32 && ![8, 9, 10, 12, 13].includes(byte)));
  return odd.length / block.length <= 0.3;
}

const withLf = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');

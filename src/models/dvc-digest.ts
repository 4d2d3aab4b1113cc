import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type DvcDigest,
  digestOfOut,
  isDvcFile,
  type ManifestEntry,
  manifestText,
  md5Of,
  requireOut,
} from '../documents/dvc.js';
import type { Oid } from '../domain/event.js';
import { failureOf, RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import { isThere } from '../util/files.js';
import { findManifest, trackedModel } from './dvc.js';
import { findTracked, pointersAt, type Tracked } from './dvc-index.js';
import { type DvcPlace, localUrl, openCache, openRemote } from './dvc-remote.js';
import { type DvcTools, dvcSettings, type RemoteConfig, remoteOf } from './dvc-settings.js';

// Which bytes a path of a commit stands for where DVC has them, and whether its remote has these.

/** The bytes that a commit means by a path that DVC tracks. */
export interface DvcBytes {
  /** From the top of the repository. */
  path: string;
  /** The `dvc.lock` or `.dvc` file that names them. */
  pointer: string;
  /** Undefined where it is not known; `problem` says why. */
  digest: DvcDigest | undefined;
  /** Bytes; undefined where DVC's files do not say. */
  size: number | undefined;
  /** What is tracked: the path itself, or a folder above it. */
  output: { path: string; digest: DvcDigest | undefined };
  /** Why the digest is not known, or the bytes cannot be fetched; undefined where all is well. */
  problem: RegError | undefined;
}

/**
 * The bytes that a commit means by a path. A path inside a tracked folder is looked up in the manifest of the folder, in DVC's
 * cache of the work tree or else in the remote.
 * @param path from the top; that of a `.dvc` file with one output; or the name of an artifact of a `dvc.yaml`
 * @returns undefined where git itself has the path, or DVC does not know it
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, TOO_LARGE where a file of DVC cannot be read, such as one with conflict markers
 */
export async function dvcBytesAt(
  objects: Objects,
  commit: Oid,
  path: string,
  tools: DvcTools,
): Promise<DvcBytes | undefined> {
  if (!isDvcFile(path) && (await objects.entry(commit, path))) return undefined;
  const tracked = await findTracked(pointersAt(objects, commit), path);
  return tracked && bytesOf(objects, commit, tracked, tools);
}

async function bytesOf(
  objects: Objects,
  commit: Oid,
  { out, below }: Tracked,
  tools: DvcTools,
): Promise<DvcBytes> {
  const own = digestOfOut(out);
  const bytes: DvcBytes = {
    path: below === '' ? out.path : `${out.path}/${below}`,
    pointer: out.file,
    digest: below === '' ? own : undefined,
    size: below === '' && typeof out.entry.size === 'number' ? out.entry.size : undefined,
    output: { path: out.path, digest: own },
    problem: undefined,
  };
  try {
    if (below === '') requireOut(out);
    else return { ...bytes, digest: await digestInside(objects, commit, { out, below }, tools) };
    return bytes;
  } catch (error) {
    return { ...bytes, problem: failureOf(error) };
  }
}

/**
 * The digest of a path inside a tracked folder: that of the file, or what DVC would name the folder.
 * @throws RegError what reading the manifest throws, SOURCE_PATH where it has no such path
 */
async function digestInside(
  objects: Objects,
  commit: Oid,
  tracked: Tracked,
  tools: DvcTools,
): Promise<DvcDigest> {
  const { below } = tracked;
  const out = requireOut(tracked.out);
  const kind = out.isRaw ? 'md5' : 'md5-dos2unix';
  const entries = out.isFolder ? await filesNow() : [];
  const exact = entries.find(({ path }) => path === below);
  if (exact) return { kind, value: exact.md5, isFolder: false };
  const inside = entries.flatMap(({ path, md5 }) =>
    path.startsWith(`${below}/`) ? [{ path: path.slice(below.length + 1), md5 }] : [],
  );
  if (inside.length > 0) return { kind, value: md5Of(manifestText(inside)), isFolder: true };
  throw new RegError(
    'SOURCE_PATH',
    `there is no ${below} in ${out.path}, which ${out.file} tracks`,
    'check the path, and that `dvc push` was run before the commit',
  );

  async function filesNow(): Promise<ManifestEntry[]> {
    if (out.files) return out.files.map(({ path, md5 = '' }) => ({ path, md5 }));
    const settings = await dvcSettings(objects, commit, out.file, tools);
    const cache = await openCache(settings, tools);
    const cached = cache && (await findManifest(cache, out));
    if (cached) return cached;
    const remote = await openRemote(remoteOf(settings, commit, out, tools), tools);
    const there = await findManifest(remote, out);
    if (there) return there;
    throw new RegError(
      'SOURCE_PATH',
      `the manifest of ${out.path} (md5 ${out.md5}.dir) is neither in DVC's cache here nor in the remote '${remote.name}'`,
      `put it there from a clone that has it: dvc push ${out.path}`,
    );
  }
}

/** Whether two digests name the same bytes. A text without CRLF has the same hash in DVC 2 and 3. */
export const isSameDigest = (one: DvcDigest, other: DvcDigest): boolean =>
  one.value === other.value && one.isFolder === other.isFolder;

/**
 * The digest of bytes as one text, by which they are compared and shown: `md5:0123…`, with `.dir` behind it for a folder.
 * Where a path inside a folder cannot be looked up, it is that of the folder with the path behind it, which says no less.
 */
export function digestText({ path, digest, output }: DvcBytes): string | undefined {
  const known = digest ?? output.digest;
  if (known === undefined) return undefined;
  const text = `${known.kind === 'md5-dos2unix' ? 'md5' : known.kind}:${known.value}${known.isFolder ? '.dir' : ''}`;
  return digest ? text : text + path.slice(output.path.length);
}

/** Whether a remote of DVC has bytes. */
export type RemoteAnswer =
  | { kind: 'there' }
  /** The remote answered that it lacks them, or has others in their place; `hint` is the way out. */
  | { kind: 'missing'; reason: string; hint: string | undefined }
  /** It cannot be asked, or its answer would say nothing. */
  | { kind: 'unknown'; reason: string }
  /** DVC does not know the path. */
  | { kind: 'untracked' };

/**
 * Asks the DVC remote of a commit, as its configuration and `.dvc/config.local` name it, for the bytes of a path. A folder is
 * there with every file in it. Nothing is read but the manifest of a folder.
 * @param path as `dvcBytesAt` takes it
 */
export async function askDvcRemote(
  objects: Objects,
  commit: Oid,
  path: string,
  tools: DvcTools,
): Promise<RemoteAnswer> {
  let config: RemoteConfig | undefined;
  let remote: DvcPlace | undefined;
  let isPushed = true;
  try {
    const tracked = await findTracked(pointersAt(objects, commit), path);
    if (tracked === undefined) return { kind: 'untracked' };
    // `dvc push` leaves both out, so that a remote without them is as it has to be
    isPushed = tracked.out.origin === undefined && tracked.out.entry.push !== false;
    const out = requireOut(tracked.out);
    config = remoteOf(await dvcSettings(objects, commit, out.file, tools), commit, out, tools);
    const opened = await openRemote(config, tools);
    remote = opened;
    await trackedModel([async () => opened], out, tracked.below);
    return { kind: 'there' };
  } catch (error) {
    const { code, message: reason, hint } = failureOf(error);
    if (!isPushed) return { kind: 'unknown', reason };
    if (remote && (code === 'SOURCE_PATH' || code === 'HASH_MISMATCH'))
      return { kind: 'missing', reason, hint };
    const folder = config && code === 'STORE_FAILED' ? localUrl(config) : undefined;
    return folder !== undefined && (await isNeverPushedTo(folder))
      ? { kind: 'missing', reason: `${reason}, to which nothing was pushed yet`, hint: 'push it: dvc push' }
      : { kind: 'unknown', reason };
  }
}

/**
 * The folder of this machine in which the DVC remote of a path is; undefined for any other remote, for a path that DVC does not have, and
 * where its files do not tell.
 * @param path as `dvcBytesAt` takes it
 */
export async function dvcRemoteFolder(
  objects: Objects,
  commit: Oid,
  path: string,
  tools: DvcTools,
): Promise<string | undefined> {
  if (!isDvcFile(path) && (await objects.entry(commit, path))) return undefined;
  try {
    const tracked = await findTracked(pointersAt(objects, commit), path);
    if (tracked === undefined || tracked.out.origin !== undefined || tracked.out.entry.push === false)
      return undefined;
    const out = requireOut(tracked.out);
    return localUrl(remoteOf(await dvcSettings(objects, commit, out.file, tools), commit, out, tools));
  } catch (error) {
    failureOf(error);
    return undefined;
  }
}

/** Whether a folder is missing that the first `dvc push` makes. Where its parent is missing or empty, a disk may not be mounted. */
async function isNeverPushedTo(folder: string): Promise<boolean> {
  const beside = (await isThere(folder)) ? [] : await readdir(dirname(folder)).catch(() => []);
  return beside.length > 0;
}

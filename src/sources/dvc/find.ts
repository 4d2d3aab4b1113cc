import { posix } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader } from '../../git/port.js';
import type { StoreOpener } from '../../stores/port.js';
import type { SourceModel } from '../model.js';
import { artifactPath } from './artifact.js';
import { isDvcFile, onlyOutOf, outInDvcFile } from './dvc-file.js';
import { lockedOuts } from './lock.js';
import { type DeclaredOut, requireOut } from './out.js';
import { openRemote } from './remote.js';
import { remoteOf } from './remote-config.js';
import { trackedModel } from './tracked-model.js';

/**
 * Finds a model that DVC tracks at a commit, where git itself has nothing at a path, or a `.dvc` file: by the `.dvc` file of
 * the path or of a folder above it, by a `dvc.lock` beside or above it, or by the artifact of a `dvc.yaml` that the path
 * names. Its bytes come from the remote that is configured at that commit.
 * @param at the absolute path of the repository's work tree; undefined for a repository at a URL
 * @returns undefined where DVC does not know the path; an artifact whose model is in git is found by `artifactInGit`
 * @throws RegError SOURCE_PATH, SOURCE_UNSUPPORTED, HASH_MISMATCH, TOO_LARGE, STORE_FAILED, PACKAGE_MISSING
 */
export async function findDvcModel(
  repository: ObjectReader,
  commit: Oid,
  path: string,
  stores: StoreOpener,
  at: string | undefined,
): Promise<SourceModel | undefined> {
  const tracked = await findTracked(repository, commit, path);
  if (tracked === undefined) return undefined;
  const out = requireOut(tracked.out);
  if (tracked.below !== '' && !out.isFolder) return undefined;
  const remote = await openRemote(await remoteOf(repository, commit, out, at), stores, at);
  return trackedModel(remote, out, tracked.below);
}

/** A path that DVC knows: an output, or one inside of it. */
interface Tracked {
  out: DeclaredOut;
  /** The path inside the output; empty for the output itself. */
  below: string;
}

async function findTracked(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const [only] = isDvcFile(path) ? [await onlyOutOf(objects, commit, path)] : [];
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  if (own) return { out: own, below: '' };
  const named = await artifactPath(objects, commit, path);
  if (named !== undefined) return findNamed(objects, commit, named);
  return trackedAbove(outAt, path);
}

/** What an artifact leads to; what is in git is looked for nowhere else. */
async function findNamed(objects: ObjectReader, commit: Oid, path: string): Promise<Tracked | undefined> {
  const isThere = (await objects.entryAt(commit, path)) !== undefined;
  if (isThere && !isDvcFile(path)) return undefined;
  const only = isThere ? await onlyOutOf(objects, commit, path) : undefined;
  if (only) return { out: only, below: '' };
  const outAt = await outsAround(objects, commit, path);
  const own = await outAt(path);
  return own ? { out: own, below: '' } : trackedAbove(outAt, path);
}

/** Gives the output that a path is. */
type OutAt = (path: string) => Promise<DeclaredOut | undefined>;

async function trackedAbove(outAt: OutAt, path: string): Promise<Tracked | undefined> {
  for (const folder of foldersAbove(path)) {
    const out = await outAt(folder);
    if (out) return { out, below: path.slice(folder.length + 1) };
  }
  return undefined;
}

/** Knows the outputs that a path, and every folder above it, can be. */
async function outsAround(objects: ObjectReader, commit: Oid, path: string): Promise<OutAt> {
  const locked: DeclaredOut[] = [];
  for (const folder of [...foldersAbove(path), ''])
    locked.push(...(await lockedOuts(objects, commit, folder)));
  return async (one) =>
    (await outInDvcFile(objects, commit, one)) ?? onlyOne(locked.filter((out) => out.path === one));
}

/** The folders that a path is in, the nearest first, without the top. */
function foldersAbove(path: string): string[] {
  const above = posix.dirname(path);
  return above === '.' || above === '/' ? [] : [above, ...foldersAbove(above)];
}

function onlyOne([first, ...more]: readonly DeclaredOut[]): DeclaredOut | undefined {
  if (first && more.some(({ entry }) => entry.md5 !== first.entry.md5))
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `more than one stage of ${first.file} makes ${first.path}, which DVC does not allow`,
      'let one stage make it: dvc repro',
    );
  return first;
}

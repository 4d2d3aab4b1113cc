import { lstat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ArtifactName } from '../domain/names.js';
import { interrupted, RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import type { SiteRow } from '../registry/rows.js';
import { mapAtMost } from '../util/async.js';
import { cannotWrite, filesBelow, isThere } from '../util/files.js';
import { readPlain, refuseLinksBelow, remove, writeBelow } from '../util/safe-files.js';
import { parseJson } from '../util/text.js';
import { timeoutOf } from '../util/timeout.js';
import { type AskingOptions, sourceAsker } from './cards.js';
import { siteOf } from './pages.js';

/** Options of `site`. */
export interface SiteOptions extends Pick<AskingOptions, 'onNote'> {
  /** The folder: an empty one, a new one, or one with an earlier site. */
  out: string;
  /** The folder at which a relative path starts; the working folder by default. */
  from?: string | undefined;
}

/** Files in the branch of a published site that are not part of the site: those of git, and the domain of GitHub Pages. */
const HOSTS: ReadonlySet<string> = new Set(['.git', 'CNAME']);

/** Files that are made at a time. */
const AT_ONCE = 4;

/** The list of the files of a site, so that the next one leaves none of them behind. */
const LIST = 'data/files.json';

/**
 * Writes the registry as a static site.
 * @throws RegError FILE_EXISTS when the folder holds other files, or a symbolic link; FILE_SYSTEM
 */
export async function site(
  context: RegistryContext,
  { out, from = '.', onNote }: SiteOptions,
): Promise<SiteRow> {
  const folder = resolve(from, out);
  await refuseLinked(context, folder);
  const before = await earlierFiles(folder);
  const asker = sourceAsker(context, { onNote, budget: timeoutOf(context.around.env) * 1000 });
  const missing: ArtifactName[] = [];
  const made = await siteOf(context, null, asker, (artifact) => missing.push(artifact));
  const paths = new Set([LIST]);
  let bytes = 0;
  const write = async (path: string, text: string): Promise<void> => {
    if (context.signal?.aborted) throw interrupted();
    paths.add(path);
    await writeBelow(folder, path, text).catch(cannotWrite(path, folder));
    bytes += Buffer.byteLength(text);
  };
  // the list comes first, so that the next run accepts the folder of a run that was interrupted
  await write(LIST, listOf(before));
  try {
    // a file that waits for git leaves time to make another
    for await (const files of made.groups())
      await mapAtMost(AT_ONCE, files, async ([path, make]) => write(path, await make()));
  } catch (error) {
    // the next run takes away what it does not make itself
    await writeBelow(folder, LIST, listOf([...before, ...paths])).catch(() => undefined);
    throw error;
  }
  await write(LIST, listOf(paths));
  for (const path of before) if (!paths.has(path)) await remove(join(folder, path));
  return {
    path: folder,
    index: join(folder, 'index.html'),
    files: paths.size,
    bytes,
    missing,
  };
}

const listOf = (paths: Iterable<string>): string =>
  `${JSON.stringify([...new Set(paths)].sort(), null, 1)}\n`;

const MAX_LIST_BYTES = 64 * 1024 * 1024;

/** Refuses a folder of the work tree that is a symbolic link, or below one: a commit may have brought it. */
async function refuseLinked(context: RegistryContext, folder: string): Promise<void> {
  const root = (await context.workTree())?.root;
  if (root !== undefined) await refuseLinksBelow(root, join(folder, 'index.html'), folder);
}

/** The files of an earlier site in a folder. */
async function earlierFiles(folder: string): Promise<string[]> {
  if (!(await isThere(folder))) return [];
  const there = (await filesBelow(folder, HOSTS)).filter((path) => !HOSTS.has(path));
  if (there.length === 0) return [];
  await refuseLinks(folder, there);
  const list = await readPlain(join(folder, LIST), MAX_LIST_BYTES);
  const listed = list && namesIn(Buffer.from(list).toString());
  if (listed === undefined)
    throw new RegError(
      'FILE_EXISTS',
      `${folder} holds other files, and no earlier site`,
      'give a folder that is empty or not there yet: -o public',
    );
  // of the listed files, those in the folder
  return there.filter((path) => listed.includes(path));
}

/** Refuses symbolic links: the author of a published branch could have a site written over files elsewhere. */
async function refuseLinks(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths)
    if ((await lstat(join(folder, path))).isSymbolicLink())
      throw new RegError(
        'FILE_EXISTS',
        `${join(folder, path)} is a symbolic link, and a site is not written through one`,
        'delete it, or give another folder with -o',
      );
}

function namesIn(text: string): string[] | undefined {
  const names = parseJson(text);
  return Array.isArray(names) ? names.map(String) : undefined;
}

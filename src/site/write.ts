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
import { groupOfPath, siteOf } from './pages.js';

/** Options of `site`. */
export interface SiteOptions extends Pick<AskingOptions, 'onNote'> {
  /** The folder: an empty one, a new one, or one with an earlier site. */
  out: string;
  /** The folder at which a relative path starts; the working folder by default. */
  from?: string | undefined;
  /** Called with how many parts of the site are there, and how many there will be. */
  onProgress?: ((done: number, all: number) => void) | undefined;
}

/** Files in the branch of a published site that are not part of the site: those of git, and the domain of GitHub Pages. */
const HOSTS: ReadonlySet<string> = new Set(['.git', 'CNAME']);

/** Groups of files that are made at a time. */
const GROUPS_AT_ONCE = 8;

/** The list of the files of a site, so that the next one leaves none of them behind. */
const LIST = 'data/files.json';

/**
 * Writes the registry as a static site.
 * @throws RegError FILE_EXISTS when the folder holds other files, or a symbolic link; FILE_SYSTEM
 */
export async function site(
  context: RegistryContext,
  { out, from = '.', onNote, onProgress }: SiteOptions,
): Promise<SiteRow> {
  const folder = resolve(from, out);
  await refuseLinked(context, folder);
  const before = await earlierFiles(folder);
  const earlier = earlierGroups(
    before,
    await readPlain(join(folder, MADE), MAX_LIST_BYTES).catch(() => undefined),
  );
  const asker = sourceAsker(context, { onNote, budget: timeoutOf(context.around.env) * 1000 });
  const missing: ArtifactName[] = [];
  const made = await siteOf(context, null, asker, (artifact) => missing.push(artifact));
  const paths = new Set([LIST]);
  const looked = new Set<string>();
  let bytes = 0;
  const write = async (path: string, text: string, { isLast = false } = {}): Promise<void> => {
    if (context.signal?.aborted && !isLast) throw interrupted();
    paths.add(path);
    await writeBelow(folder, path, text, { made: looked }).catch(cannotWrite(path, folder));
    bytes += Buffer.byteLength(text);
  };
  const groups = await made.groups();
  const keys = new Map<string, string>();
  // the list comes first, so that the next run accepts the folder of a run that was interrupted
  await write(LIST, listOf(before.keys()));
  let done = 0;
  try {
    // one that waits for git leaves time to make another, and their questions are one run of git
    await mapAtMost(GROUPS_AT_ONCE, groups, async ({ name, key, files }) => {
      const kept = earlier.get(name);
      if (key !== undefined && kept?.key === key) {
        for (const path of kept.paths) {
          paths.add(path);
          bytes += before.get(path) ?? 0;
        }
        keys.set(name, keyOf(key, kept.paths.length));
      } else {
        const { files: own, isComplete } = await files();
        for (const [path, make] of own) await write(path, await make());
        if (key !== undefined && isComplete) keys.set(name, keyOf(key, own.size));
      }
      done += 1;
      onProgress?.(done, groups.length);
    });
  } finally {
    // after an interruption the next run continues, and takes away what it does not make itself
    await writeBelow(folder, LIST, listOf([...before.keys(), ...paths, MADE])).catch(
      cannotWrite(LIST, folder),
    );
    await write(MADE, `${JSON.stringify(Object.fromEntries([...keys].sort()), null, 1)}\n`, { isLast: true });
  }
  await write(LIST, listOf(paths));
  for (const path of before.keys()) if (!paths.has(path)) await remove(join(folder, path));
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

/** What the groups of a site were made from, so that the next one makes again what changed. */
const MADE = '.made.json';

/** A group is whole where it has all of its files. */
const keyOf = (key: string, files: number): string => `${key} ${files}`;

/** The groups of an earlier site that are whole, by name. */
function earlierGroups(
  before: ReadonlyMap<string, number>,
  made: Uint8Array | undefined,
): Map<string, { key: string; paths: string[] }> {
  const known = parseJson(made === undefined ? '' : Buffer.from(made).toString());
  const keys = new Map(Object.entries(typeof known === 'object' && known !== null ? known : {}));
  const groups = new Map<string, string[]>();
  for (const path of before.keys()) {
    const name = groupOfPath(path);
    const own = groups.get(name);
    if (own) own.push(path);
    else groups.set(name, [path]);
  }
  return new Map(
    [...groups].flatMap(([name, paths]) => {
      const [key = '', count] = String(keys.get(name) ?? '').split(' ');
      return Number(count) === paths.length ? [[name, { key, paths }]] : [];
    }),
  );
}

/** The files of an earlier site in a folder, and their sizes in bytes. */
async function earlierFiles(folder: string): Promise<Map<string, number>> {
  if (!(await isThere(folder))) return new Map();
  const there = (await filesBelow(folder, HOSTS)).filter((path) => !HOSTS.has(path));
  if (there.length === 0) return new Map();
  const sizes = await sizesOf(folder, there);
  const list = await readPlain(join(folder, LIST), MAX_LIST_BYTES);
  const listed = list && namesIn(Buffer.from(list).toString());
  if (listed === undefined)
    throw new RegError(
      'FILE_EXISTS',
      `${folder} holds other files, and no earlier site`,
      'give a folder that is empty or not there yet: -o public',
    );
  // of the listed files, those in the folder
  const own = new Set(listed);
  return new Map([...sizes].filter(([path]) => own.has(path)));
}

/** The sizes of files. Refuses symbolic links: the author of a published branch could have a site written over files elsewhere. */
async function sizesOf(folder: string, paths: readonly string[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await mapAtMost(LOOKS_AT_ONCE, paths, async (path) => {
    const found = await lstat(join(folder, path));
    if (found.isSymbolicLink())
      throw new RegError(
        'FILE_EXISTS',
        `${join(folder, path)} is a symbolic link, and a site is not written through one`,
        'delete it, or give another folder with -o',
      );
    sizes.set(path, found.size);
  });
  return sizes;
}

const LOOKS_AT_ONCE = 16;

function namesIn(text: string): string[] | undefined {
  const names = parseJson(text);
  return Array.isArray(names) ? names.map(String) : undefined;
}

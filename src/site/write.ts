import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import type { SiteRow } from '../registry/rows.js';
import { mapAtMost } from '../util/async.js';
import { cannotWrite, filesBelow, isThere } from '../util/files.js';
import { parseJson } from '../util/text.js';
import { timeoutOf } from '../util/timeout.js';
import { type AskingOptions, sourceAsker } from './cards.js';
import { siteOf } from './pages.js';

/** Where to write a site. */
export interface SiteOptions extends Pick<AskingOptions, 'onNote'> {
  /** The folder; one that holds anything but an earlier site is refused. */
  out: string;
  /** Where a relative folder starts; the working folder by default. */
  from?: string | undefined;
}

/** What belongs to the branch that a site is published from, and not to the site: git's own, and the name of a GitHub page. */
const HOSTS: ReadonlySet<string> = new Set(['.git', 'CNAME']);

/** So many files are made at once. */
const AT_ONCE = 4;

/** What lies in a folder that a site was written to: the files of that site, so that the next one leaves none behind. */
const LIST = 'data/files.json';

/**
 * Writes the registry as a static site.
 * @throws RegError FILE_EXISTS when the folder holds something else, or a symbolic link; FILE_SYSTEM
 */
export async function site(
  context: RegistryContext,
  { out, from = '.', onNote }: SiteOptions,
): Promise<SiteRow> {
  const folder = resolve(from, out);
  const before = await earlierFiles(folder);
  const files = await siteOf(
    context,
    null,
    sourceAsker(context, { onNote, budget: timeoutOf(context.around.env) * 1000 }),
  );
  const paths = [...files.keys(), LIST].sort();
  let bytes = 0;
  const write = async (path: string, text: string): Promise<void> => {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true })
      .then(() => writeFile(place, text))
      .catch(cannotWrite(path, folder));
    bytes += Buffer.byteLength(text);
  };
  // first of all, so that a run that breaks off leaves a folder that the next one takes for its own
  await write(LIST, `${JSON.stringify([...new Set([...paths, ...before])].sort(), null, 1)}\n`);
  // what reads git waits for it, and another file can be made meanwhile
  await mapAtMost(AT_ONCE, files, async ([path, make]) => write(path, await make()));
  await write(LIST, `${JSON.stringify(paths, null, 1)}\n`);
  for (const path of before) if (!paths.includes(path)) await rm(join(folder, path), { force: true });
  return { path: folder, index: join(folder, 'index.html'), files: paths.length, bytes };
}

/** The files of an earlier site in a folder; none where the folder is empty or not there. */
async function earlierFiles(folder: string): Promise<string[]> {
  if (!(await isThere(folder))) return [];
  const there = (await filesBelow(folder, HOSTS)).filter((path) => !HOSTS.has(path));
  if (there.length === 0) return [];
  await refuseLinks(folder, there);
  const listed = there.includes(LIST) ? namesIn(await readFile(join(folder, LIST), 'utf8')) : undefined;
  if (listed === undefined)
    throw new RegError(
      'FILE_EXISTS',
      `${folder} holds other files, and no earlier site`,
      'give a folder that is empty or not there yet: --out public',
    );
  // only what is really there is deleted, and nothing outside
  return there.filter((path) => listed.includes(path));
}

/** Whoever wrote the branch of a published site could have the next one written over files elsewhere. */
async function refuseLinks(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths)
    if ((await lstat(join(folder, path))).isSymbolicLink())
      throw new RegError(
        'FILE_EXISTS',
        `${join(folder, path)} is a symbolic link, and a site is not written through one`,
        'delete it, or give another folder with --out',
      );
}

function namesIn(text: string): string[] | undefined {
  const names = parseJson(text);
  return Array.isArray(names) ? names.map(String) : undefined;
}

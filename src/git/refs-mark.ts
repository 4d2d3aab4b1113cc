import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE } from '../domain/config-file.js';
import { once } from '../util/async.js';
import { findPlace, type Place } from './files/place.js';

/** A change within this time of a look may leave the times of files as they were: clocks of file systems tick. */
const TICK_MS = 50;

/**
 * Makes a look at the refs of a repository that reads none of them: it gives a text that differs after every change of a ref, of HEAD, or
 * of the configuration in the work tree (gitrepository-layout(5)). Each look costs a stat for each folder of refs.
 * @returns takes the time, in milliseconds since the epoch; undefined where the repository is stored in a way that only git knows
 */
export function refsMarkOf(
  folder: string,
  env: NodeJS.ProcessEnv,
): (now: number) => Promise<string | undefined> {
  const place = once(() => findPlace(folder, env));
  let folders: string[] = [];
  let last = '';
  return async (now) => {
    const found = await place().catch(() => undefined);
    if (found === undefined) return undefined;
    let mark = await stampsOf([...filesOf(found), ...folders]);
    if (mark.text !== last) {
      // a folder that is new changes the one above it
      folders = await foldersBelow(join(found.commonDir, 'refs'));
      mark = await stampsOf([...filesOf(found), ...folders]);
      last = mark.text;
    }
    return now - mark.newest < TICK_MS ? `${mark.text} ${now}` : mark.text;
  };
}

const filesOf = ({ gitDir, commonDir, workTree }: Place): string[] => [
  join(gitDir, 'HEAD'),
  join(commonDir, 'packed-refs'),
  join(commonDir, 'reftable', 'tables.list'),
  ...(workTree === undefined ? [] : [join(workTree, CONFIG_FILE)]),
];

async function stampsOf(paths: readonly string[]): Promise<{ text: string; newest: number }> {
  let newest = 0;
  const stamps = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (found === undefined) return '-';
      newest = Math.max(newest, Number(found.mtimeMs));
      return `${found.ino}.${found.size}.${found.mtimeNs}`;
    }),
  );
  return { text: stamps.join(' '), newest };
}

async function foldersBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const inside = entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return [root, ...(await Promise.all(inside.map(foldersBelow))).flat()];
}

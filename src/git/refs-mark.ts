import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE } from '../domain/config-file.js';
import type { Oid } from '../domain/event.js';
import { once } from '../util/async.js';
import { isOid } from '../util/oid.js';
import { findPlace } from './files/place.js';
import type { RefsMark } from './port.js';

/** A change within this time of a look may leave the times of files as they were: clocks of file systems tick. */
const TICK_MS = 50;
/** More loose tags than that are not read one by one. */
const MOST_LOOSE = 2000;

/**
 * Makes a look at the refs of a repository that reads none of them (gitrepository-layout(5)). It costs a stat for each folder of refs.
 * @returns takes the time, in milliseconds since the epoch; undefined where the repository is stored in a way that only git knows
 */
export function refsMarkOf(
  folder: string,
  env: NodeJS.ProcessEnv,
): (now: number) => Promise<RefsMark | undefined> {
  const place = once(() => findPlace(folder, env));
  let folders: string[] = [];
  let last = '';
  return async (now) => {
    const found = await place().catch(() => undefined);
    if (found === undefined) return undefined;
    const { gitDir, commonDir, workTree } = found;
    const tags = join(commonDir, 'refs', 'tags');
    const isTags = (path: string): boolean => path === tags || path.startsWith(join(tags, '/'));
    const look = async () => {
      const packed = [join(commonDir, 'packed-refs'), join(commonDir, 'reftable', 'tables.list')];
      const others = [join(gitDir, 'HEAD'), ...(workTree === undefined ? [] : [join(workTree, CONFIG_FILE)])];
      return Promise.all([
        stampsOf([...packed, ...others, ...folders.filter((one) => !isTags(one))]),
        stampsOf(folders.filter(isTags)),
      ]);
    };
    let [others, loose] = await look();
    if (others.text + loose.text !== last) {
      // a folder that is new changes the one above it
      folders = await foldersBelow(join(commonDir, 'refs'));
      [others, loose] = await look();
      last = others.text + loose.text;
    }
    // until the clock went on, no look is the same as another
    const markOf = ({ text, newest }: Stamps): string => (now - newest < TICK_MS ? `${text} ${now}` : text);
    return {
      text: `${markOf(others)} ${markOf(loose)}`,
      withoutLooseTags: markOf(others),
      looseTags: () => looseTagsBelow(tags),
    };
  };
}

interface Stamps {
  text: string;
  /** Milliseconds since the epoch. */
  newest: number;
}

async function stampsOf(paths: readonly string[]): Promise<Stamps> {
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

/** The tags that are files of their own, by name; undefined where there are many, or one is no plain id. */
async function looseTagsBelow(tags: string): Promise<Map<string, Oid> | undefined> {
  const entries = await readdir(tags, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory() && !entry.name.endsWith('.lock'));
  if (files.length > MOST_LOOSE) return undefined;
  const found = new Map<string, Oid>();
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8').catch(() => '');
    const oid = text.trimEnd();
    if (!isOid(oid)) return undefined;
    found.set(path.slice(tags.length + 1), oid);
  }
  return found;
}

import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPlainPlace } from './files/plain-place.js';
import { openPackedNames } from './packed-names.js';

/**
 * What the files of a repository of this machine tell while somebody types: quick enough for that, and for nothing else.
 * A tag may be missing that is packed at this very moment.
 */
export interface Glimpse {
  workTree: string | undefined;
  /**
   * The names of tags that begin in a way.
   * @param skipTo gives for a name the one from which on the next is wanted; undefined where that is the very next
   */
  tagNames(start: string, skipTo: (name: string) => string | undefined): string[];
}

/** Looks at a repository; undefined where only git knows its refs, as in a reftable, and where there is none. */
export async function glimpseAt(folder: string, env: NodeJS.ProcessEnv): Promise<Glimpse | undefined> {
  const place = await placeOf(folder, env);
  if (place === undefined) return undefined;
  const { commonDir, workTree } = place;
  const file = join(commonDir, 'packed-refs');
  // in one go: in pieces, as promises have it, ten megabytes take several times as long
  const packed = openPackedNames(existsSync(file) ? readFileSync(file) : Buffer.from(EMPTY));
  if (packed === undefined) return undefined;
  return {
    workTree,
    tagNames: (start, skipTo) => {
      const names = looseNames(join(commonDir, TAGS), start);
      let next = packed.next(TAGS + start, TAGS + start);
      while (next !== undefined) {
        const name = next.slice(TAGS.length);
        names.push(name);
        // no name has a NUL character, so that this is the first one behind it
        next = packed.next(TAGS + (skipTo(name) ?? `${name}\0`), TAGS + start);
      }
      return [...new Set(names)].sort();
    },
  };
}

const TAGS = 'refs/tags/';
const EMPTY = '# pack-refs with: sorted \n';

/** Where a repository has what: a plain one is found at once, any other as the embedded git does it. */
async function placeOf(folder: string, env: NodeJS.ProcessEnv) {
  const plain = findPlainPlace(folder, env);
  if (plain?.workTree !== undefined) return plain;
  const { findPlace } = await import('./files/place.js');
  return findPlace(folder, env).catch(() => undefined);
}

function looseNames(folder: string, start: string, dir = ''): string[] {
  const names: string[] = [];
  for (const entry of entriesOf(join(folder, dir))) {
    const name = `${dir}${entry.name}`;
    if (!entry.isDirectory()) names.push(name);
    else if (name.startsWith(start) || start.startsWith(`${name}/`))
      names.push(...looseNames(folder, start, `${name}/`));
  }
  return names.filter((name) => name.startsWith(start) && !name.endsWith('.lock'));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** What a bucket has in one place, whose keys all begin alike. What it holds is read only where a page needs it. */
export interface BucketFolder {
  /** What its keys begin with; it ends in `/`. */
  path: string;
  /** Whether it has any key. */
  isThere(): Promise<boolean>;
  objects(): Promise<readonly ListedObject[]>;
}

/** An object of a bucket. */
export interface ListedObject {
  key: string;
  size: number;
  sha256: string;
  /** Seconds since the epoch. */
  time: number;
}

/** Which keys are asked for. */
export interface ListQuery {
  prefix: string;
  /** Keys that have it behind the prefix are listed up to it, once; empty for none. */
  delimiter: string;
  /** What is listed comes behind it: a key, or what keys were listed up to. */
  after: string;
  /** How many entries at most. */
  most: number;
}

/** A page of a list. */
export interface ListPage {
  objects: ListedObject[];
  prefixes: string[];
  /** The last entry where there are more; undefined at the end. */
  next: string | undefined;
}

/** The order of keys: that of their bytes in UTF-8. */
export function compareKeys(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Without one the order of UTF-16 is that of UTF-8. */
const SURROGATE = /[\ud800-\udfff]/;

/** Whether a folder may have keys with a prefix. */
export const mayHold = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) || prefix.startsWith(path);

/** What a key, or all keys that begin with a text, are listed up to; undefined where that is decided by what follows. */
export function sharedPrefix(
  text: string,
  { prefix, delimiter }: Pick<ListQuery, 'prefix' | 'delimiter'>,
): string | undefined {
  if (delimiter === '' || !text.startsWith(prefix)) return undefined;
  const at = text.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : text.slice(0, at + delimiter.length);
}

/** Lists a page of the keys of a bucket in their order. */
export async function listPage(folders: readonly BucketFolder[], query: ListQuery): Promise<ListPage> {
  const { prefix, after, most } = query;
  const page: ListPage = { objects: [], prefixes: [], next: undefined };
  if (most === 0) return page;
  let last: string | undefined;
  let count = 0;
  /** Adds an entry, and gives whether the page is over. */
  const add = (entry: string, object?: ListedObject): boolean => {
    if (count === most) {
      page.next = last;
      return true;
    }
    if (object === undefined) page.prefixes.push(entry);
    else page.objects.push(object);
    last = entry;
    count += 1;
    return false;
  };
  /** Whether an entry was on a page before; what follows a key inside of it was not. */
  const isPast = (entry: string): boolean =>
    after !== '' && compareKeys(entry, after) <= 0 && (entry === after || !after.startsWith(entry));
  for (const group of grouped(folders.filter(({ path }) => mayHold(path, prefix)))) {
    const start = group[0]?.path ?? '';
    if (compareKeys(start, after) < 0 && !after.startsWith(start)) continue;
    const shared = sharedPrefix(start, query);
    if (shared !== undefined && (shared === last || isPast(shared))) continue;
    if (shared !== undefined && !after.startsWith(shared)) {
      for (const folder of group)
        if (await folder.isThere()) {
          if (add(shared)) return page;
          break;
        }
      continue;
    }
    const objects: ListedObject[] = [];
    for (const folder of group) objects.push(...(await folder.objects()));
    objects.sort((a, b) => compareKeys(a.key, b.key));
    for (const object of objects) {
      const { key } = object;
      if (!key.startsWith(prefix) || (after !== '' && compareKeys(key, after) <= 0)) continue;
      const upTo = sharedPrefix(key, query);
      if (upTo === undefined ? add(key, object) : upTo !== last && !isPast(upTo) && add(upTo)) return page;
    }
  }
  return page;
}

/** Folders in their order; those that are inside of others are in one group with them, for their keys lie between. */
function grouped(folders: readonly BucketFolder[]): BucketFolder[][] {
  const groups: BucketFolder[][] = [];
  for (const folder of [...folders].sort((a, b) => compareKeys(a.path, b.path))) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && folder.path.startsWith(group[0].path)) group.push(folder);
    else groups.push([folder]);
  }
  return groups;
}

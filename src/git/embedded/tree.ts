import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { TreeEntry } from '../port.js';
import { treeEntries } from '../tree-object.js';
import type { FoundObject } from './found-object.js';

/** Reads a tree that has to be there. */
export type ReadTree = (oid: Oid) => Promise<FoundObject>;

async function readTree(read: ReadTree, oid: Oid): Promise<Buffer> {
  const { type, bytes } = await read(oid);
  if (type === 'tree') return bytes;
  throw new RegError('SOURCE_PATH', `object ${oid} is a ${type}, not a folder`);
}

/** The entry at a path below a tree, or undefined; nothing looks through symbolic links or into submodules. */
export async function findEntry(read: ReadTree, root: Oid, path: string): Promise<TreeEntry | undefined> {
  let found: TreeEntry | undefined = { path: '', type: 'tree', oid: root };
  if (path === '') return found;
  for (const part of path.split('/')) {
    if (found?.type !== 'tree') return undefined;
    const entries: TreeEntry[] = treeEntries(await readTree(read, found.oid));
    found = entries.find((entry) => entry.path === part);
  }
  return found && { ...found, path };
}

/** All entries below a tree that are not trees themselves; `above` is put before their paths. */
export async function entriesBelow(read: ReadTree, tree: Oid, above = ''): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  for (const entry of treeEntries(await readTree(read, tree))) {
    const path = above === '' ? entry.path : `${above}/${entry.path}`;
    if (entry.type === 'tree') found.push(...(await entriesBelow(read, entry.oid, path)));
    else found.push({ ...entry, path });
  }
  return found;
}

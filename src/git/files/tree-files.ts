import type { Oid } from '../../domain/event.js';
import type { TreeEntry } from '../port.js';
import { treeEntries } from '../tree-object.js';
import { type ReadObject, withObjectFiles } from './object-files.js';
import type { ObjectType } from './object-type.js';

/** More folders than that are for git, which looks through them faster than it takes to start it. */
const MANY = 100;
/** So many are looked through where otherwise the whole program would be started. */
export const VERY_MANY = 1000;

/**
 * All entries below the tree of a commit that are not trees themselves, by path; undefined where git has to be asked.
 * @throws Error when an object is missing or broken
 */
export const listTreeFiles = (commonDir: string, commit: Oid, most = MANY): TreeEntry[] | undefined =>
  withObjectFiles(commonDir, (read) => {
    const head = bytesOf(read, commit, 'commit').toString('latin1', 0, 64);
    const [, root] = /^tree ([0-9a-f]{40})\n/.exec(head) ?? [];
    return root === undefined ? undefined : entriesBelow(read, root, most);
  });

function entriesBelow(read: ReadObject, root: Oid, most: number): TreeEntry[] | undefined {
  let left = most;
  const found: TreeEntry[] = [];
  const collect = (tree: Oid, above: string): void => {
    left -= 1;
    if (left < 0) return;
    for (const { path, type, oid } of treeEntries(bytesOf(read, tree, 'tree')))
      if (type === 'tree') collect(oid, `${above}${path}/`);
      else found.push({ path: above + path, type, oid });
  };
  collect(root, '');
  return left < 0 ? undefined : found;
}

function bytesOf(read: ReadObject, oid: Oid, type: ObjectType): Buffer {
  const object = read(oid);
  if (object?.type !== type) throw new Error(`${oid} is no ${type}`);
  return object.bytes;
}

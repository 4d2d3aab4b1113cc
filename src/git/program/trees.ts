import type { Oid } from '../../domain/event.js';
import type { TreeEntry } from '../port.js';
import { inspectObjects, readObjects } from './objects.js';
import type { StreamGit } from './run.js';

type Tree = ReadonlyMap<string, Omit<TreeEntry, 'path'>>;

/** So many trees are kept. A tree never changes, and most commits of a registry share theirs. */
const TREES_KEPT = 500;
const trees = new Map<Oid, Tree>();

/**
 * The entry at a path of a commit, from the objects of its trees.
 * @returns `entry` is undefined without one; all of it is undefined where a tree cannot be read, and why is to be found out otherwise
 */
export async function entryAt(
  stream: StreamGit,
  commit: Oid,
  path: string,
): Promise<{ entry: TreeEntry | undefined } | undefined> {
  if (!/^[0-9a-f]+$/.test(commit)) return undefined;
  const [top] = await inspectObjects(stream, [`${commit}^{tree}`]);
  let tree = top && (await treeOf(stream, top.oid));
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    if (tree === undefined) return undefined;
    const found = tree.get(part);
    if (found === undefined) return { entry: undefined };
    if (index === parts.length - 1) return { entry: { path, ...found } };
    if (found.type !== 'tree') return { entry: undefined };
    tree = await treeOf(stream, found.oid);
  }
  return undefined;
}

async function treeOf(stream: StreamGit, oid: Oid): Promise<Tree | undefined> {
  const known = trees.get(oid);
  if (known !== undefined) return known;
  const [found] = await readObjects(stream, [oid]);
  if (found?.type !== 'tree') return undefined;
  const tree = parseTree(found.bytes, oid.length / 2);
  trees.set(oid, tree);
  if (trees.size > TREES_KEPT) trees.delete(trees.keys().next().value ?? '');
  return tree;
}

const TYPES: Readonly<Record<string, TreeEntry['type']>> = {
  '40000': 'tree',
  '120000': 'link',
  '160000': 'commit',
};

/** Reads a tree object: `<mode> SP <name> NUL <id>` for each entry (gitformat-pack(5)). */
function parseTree(bytes: Buffer, idLength: number): Tree {
  const tree = new Map<string, Omit<TreeEntry, 'path'>>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const mode = bytes.toString('latin1', at, space);
    const oid = bytes.toString('hex', end + 1, end + 1 + idLength);
    tree.set(bytes.toString('utf8', space + 1, end), { type: TYPES[mode] ?? 'blob', oid });
    at = end + 1 + idLength;
  }
  return tree;
}

import { RegError } from '../errors.js';
import type { TreeEntry } from './port.js';

const ENTRY_TYPES: Record<string, TreeEntry['type']> = { 40000: 'tree', 120000: 'link', 160000: 'commit' };

/**
 * The entries of a tree, each `<mode> SP <name> NUL <bytes of id>` (git-cat-file(1), gitformat-pack(5)).
 * @param idBytes how long an id is: 20 bytes, 32 of SHA-256
 * @throws RegError SOURCE_PATH when the tree is damaged
 */
export function treeEntries(bytes: Buffer, idBytes = 20): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + idBytes;
    if (space < 0 || end < 0 || next > bytes.length)
      throw new RegError('SOURCE_PATH', 'a folder of the commit is damaged: its tree breaks off');
    const mode = bytes.toString('latin1', at, space);
    const oid = bytes.toString('hex', end + 1, next);
    entries.push({ path: bytes.toString('utf8', space + 1, end), type: ENTRY_TYPES[mode] ?? 'blob', oid });
    at = next;
  }
  return entries;
}

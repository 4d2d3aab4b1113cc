import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';

/** A file that a plain reader of refs does not understand: a symbolic or a broken ref. */
export class UnplainRef extends Error {
  override readonly name = 'UnplainRef';
}

/**
 * The refs with files of their own whose full names begin so. One that goes away meanwhile is left out: git packs a ref before
 * it removes the file, so who reads the packed refs after this misses none.
 * @throws UnplainRef
 */
export function readLooseRefs(commonDir: string, starts: readonly string[]): Map<string, Oid> {
  const refs = new Map<string, Oid>();
  for (const start of starts) {
    const slash = start.lastIndexOf('/');
    collect(commonDir, start.slice(0, slash), start.slice(slash + 1), refs);
  }
  return refs;
}

function collect(root: string, dir: string, begins: string, refs: Map<string, Oid>): void {
  for (const entry of entriesOf(join(root, dir))) {
    if (!entry.name.startsWith(begins) || entry.name.endsWith('.lock')) continue;
    const name = `${dir}/${entry.name}`;
    if (entry.isSymbolicLink()) throw new UnplainRef(name);
    if (entry.isDirectory()) collect(root, name, '', refs);
    else {
      const oid = readLooseRef(root, name);
      if (oid !== undefined) refs.set(name, oid);
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/**
 * What the file of one ref holds; undefined where there is none.
 * @throws UnplainRef
 */
export function readLooseRef(commonDir: string, name: string): Oid | undefined {
  let text: string;
  try {
    text = readFileSync(join(commonDir, name), 'latin1');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  if (/^[0-9a-f]{40}\n?$/.test(text)) return text.slice(0, 40);
  throw new UnplainRef(name);
}

const isGone = (error: unknown): boolean =>
  /^(ENOENT|ENOTDIR|EISDIR)$/.test((error as NodeJS.ErrnoException).code ?? '');

import { join } from 'node:path';
import { writeLoose } from '../support/loose-objects.js';
import type { Repository } from '../support/repo.js';

/** An entry of a tree as git stores it, past every check of git. */
export type RawEntry = readonly [mode: string, name: string, oid: string];

/** Writes objects of any content into a repository. */
export interface RawObjects {
  blob(content: string | Uint8Array): string;
  tree(...entries: readonly RawEntry[]): string;
  /** A tree of any bytes. */
  rawTree(bytes: Uint8Array): string;
  /** Gives the commit of a tree. */
  commit(tree: string): string;
}

/** Gives what writes objects past every check of git. */
export function rawObjects({ dir }: Repository): RawObjects {
  const write = (type: string, content: string | Uint8Array): string =>
    writeLoose(join(dir, '.git/objects'), type, content);
  const who = 'Ann Lee <ann@example.com> 1767225600 +0000';
  return {
    blob: (content) => write('blob', content),
    tree: (...entries) => write('tree', Buffer.concat(entries.map(entryBytes))),
    rawTree: (bytes) => write('tree', bytes),
    commit: (tree) => write('commit', `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nTrain\n`),
  };
}

/** `<mode> SP <name> NUL <id>` (git's Documentation/technical, and `git cat-file tree`). */
const entryBytes = ([mode, name, oid]: RawEntry): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
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

/** Gives what writes objects as git keeps loose ones (gitrepository-layout(5)); nothing in them is looked at. */
export function rawObjects({ dir }: Repository): RawObjects {
  const write = (type: string, content: string | Uint8Array): string => {
    const bytes = Buffer.from(content);
    const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
    const oid = createHash('sha1').update(whole).digest('hex');
    const file = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, deflateSync(whole));
    return oid;
  };
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

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Oid } from '../../domain/event.js';
import { isObjectType } from './object-type.js';
import { LARGEST, openPackFile, type PackFile, type StoredObject } from './pack-file.js';

/** Reads objects one after the other; undefined for one that is not here. Anything odd is thrown. */
export type ReadObject = (oid: Oid) => StoredObject | undefined;

/** So many objects are read from files; more are read faster by a process, which remembers what others differ from. */
export const FEW = 200;

/** A repository with more packs than that is about to be packed anew, and until then git knows its way about better. */
const MANY_PACKS = 32;

/**
 * Lets something read the objects of a repository, a few of them: many are read faster by the git program, which remembers
 * what others are differences to.
 * @throws Error when an object is broken, or too large to be a tag
 */
export function withObjectFiles<T>(commonDir: string, use: (read: ReadObject) => T): T | undefined {
  const folder = join(commonDir, 'objects');
  const packs: PackFile[] = [];
  try {
    const indexes = readdirSync(join(folder, 'pack')).filter((name) => name.endsWith('.idx'));
    if (indexes.length > MANY_PACKS) return undefined;
    for (const name of indexes) packs.push(openPackFile(join(folder, 'pack', name)));
    return use((oid) => readPacked(packs, oid) ?? readLoose(folder, oid));
  } finally {
    for (const pack of packs) pack.close();
  }
}

function readPacked(packs: readonly PackFile[], oid: Oid): StoredObject | undefined {
  for (const pack of packs) {
    const found = pack.read(oid);
    if (found) return found;
  }
  return undefined;
}

/** An object with a file of its own: `<type> <size> NUL <content>`, deflated (gitformat-loose(5)). */
function readLoose(folder: string, oid: Oid): StoredObject | undefined {
  let deflated: Buffer;
  try {
    deflated = readFileSync(join(folder, oid.slice(0, 2), oid.slice(2)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const whole = inflateSync(deflated, { maxOutputLength: LARGEST });
  const end = whole.indexOf(0);
  const [type, size] = whole.toString('latin1', 0, Math.max(end, 0)).split(' ');
  const bytes = whole.subarray(end + 1);
  if (!isObjectType(type) || Number(size) !== bytes.length) throw new Error('an object is not what it says');
  return { type, bytes };
}

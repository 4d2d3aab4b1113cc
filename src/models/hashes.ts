import { createHash } from 'node:crypto';
import { basename, dirname, join, relative } from 'node:path';
import { isOwnFolder, makeOwnFolder, readPlain, writeBelow } from '../util/safe-files.js';
import { isSettled, type Stamp, stampAt } from '../util/stamp.js';
import type { CacheMode } from './cache-mode.js';

/**
 * The SHA-256 of files of this machine that were hashed before. An entry counts while the file is what it was: the same inode with the
 * same size and times of change. A file that was written just before it was hashed gets no entry, for a write within the same tick of
 * the clock would leave no trace (docs/specification.md, 4 Link files, Hashes).
 */
export interface Hashes {
  /** The entries for the files of a folder. */
  in(folder: string): Promise<FolderHashes>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Writes new entries to the disk; where that is not possible, the files are hashed again. */
  save(): Promise<void>;
}

/** The entries for the files of a folder. */
export interface FolderHashes {
  /** The SHA-256 of a file that is what it was; undefined where it has to be hashed. */
  find(at: string, stamp: Stamp): string | undefined;
  /**
   * Makes an entry.
   * @param stamp of the file before it was hashed or became visible to others, and still now
   * @param atMs when that was, in milliseconds since the epoch
   */
  note(at: string, stamp: Stamp, sha256: string, atMs: number): void;
}

interface Entry {
  sha256: string;
  text: string;
  changed: string;
}

interface Table {
  entries: Map<string, Entry>;
  isChanged: boolean;
}

/** A file of entries has about 150 bytes for each. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Opens the entries in a cache.
 * @param now milliseconds since the epoch
 * @param options `rehash`: no entry of an earlier run counts; `mode`: with `link`, a file that no user may write to may get other names
 */
export function openHashes(
  cache: string,
  now: () => number,
  { rehash = false, mode }: { rehash?: boolean | undefined; mode?: CacheMode | undefined } = {},
): Hashes {
  const top = hashesFolder(cache);
  const tables = new Map<string, Promise<Table>>();
  const read = async (folder: string): Promise<Table> => {
    const entries =
      rehash || !(await isOwnFolder(top)) ? new Map() : await readEntries(join(top, nameOf(folder)));
    return { entries, isChanged: false };
  };
  return {
    now,
    in: async (folder) => {
      const reading = tables.get(folder) ?? read(folder);
      tables.set(folder, reading);
      const table = await reading;
      return {
        find: (at, stamp) => {
          const entry = table.entries.get(relative(folder, at));
          // another name that comes or goes changes what the system knows of a file
          const isSame = entry?.changed === stamp.changed || (mode === 'link' && stamp.isReadOnly);
          return entry?.text === stamp.text && isSame ? entry.sha256 : undefined;
        },
        note: (at, { text, changed, ...stamp }, sha256, atMs) => {
          const path = relative(folder, at);
          if (path.includes('\n') || !isSettled({ text, changed, ...stamp }, atMs)) return;
          table.entries.set(path, { sha256, text, changed });
          table.isChanged = true;
        },
      };
    },
    save: async () => {
      for (const [folder, reading] of tables) {
        const table = await reading;
        if (!table.isChanged) continue;
        table.isChanged = false;
        await makeOwnFolder(top)
          .then(() => writeBelow(top, nameOf(folder), textOf(table.entries)))
          .catch(() => undefined);
      }
    },
  };
}

/** The folder with the entries of a cache. */
export const hashesFolder = (cache: string): string => join(cache, 'hashes');

const nameOf = (folder: string): string => createHash('sha256').update(folder).digest('hex');

const textOf = (entries: ReadonlyMap<string, Entry>): string =>
  [...entries].map(([path, { sha256, text, changed }]) => `${sha256} ${text} ${changed} ${path}\n`).join('');

const LINE = /^([0-9a-f]{64}) (\d+ \d+ \d+ \d+) (\d+) (.+)$/;

async function readEntries(path: string): Promise<Map<string, Entry>> {
  const bytes = await readPlain(path, MAX_BYTES).catch(() => undefined);
  const entries = new Map<string, Entry>();
  for (const line of Buffer.from(bytes ?? [])
    .toString()
    .split('\n')) {
    const [, sha256, text, changed, name] = LINE.exec(line) ?? [];
    if (sha256 && text && changed && name) entries.set(name, { sha256, text, changed });
  }
  return entries;
}

/** The folder whose entries a file of a model is among: that of the model, so that its files are together. */
export const folderOfFile = (at: string, path: string): string =>
  at.endsWith(`/${path}`) ? at.slice(0, -path.length - 1) : dirname(at);

/**
 * Makes entries for files that this process wrote and hashed, and that are now in their place.
 * @param files each with the stamp that it had before others knew its path
 */
export async function noteWritten(
  hashes: Hashes,
  at: string,
  kind: 'file' | 'folder',
  files: readonly { path: string; sha256: string; written?: Stamp | undefined }[],
): Promise<void> {
  const table = await hashes.in(kind === 'file' ? dirname(at) : at);
  for (const { path, sha256, written } of files) {
    const place = kind === 'file' ? join(dirname(at), basename(at)) : join(at, path);
    const stamp = written && stampAt(place);
    // a rename changes what the system knows of a file, and not when it was written
    if (written && stamp?.text === written.text) table.note(place, stamp, sha256, hashes.now());
  }
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../../domain/event.js';
import { openPack, type Pack } from './pack.js';

/** Where in which pack an object is. */
export interface Packed {
  pack: Pack;
  /** Bytes from the start of the pack. */
  offset: number;
}

/** The packs of some folders, as they were when somebody last looked. */
export interface Packs {
  find(oid: Oid): Packed | undefined;
  beginning(digits: string): Oid[];
  /** Looks again. */
  look(): Promise<void>;
}

/** Opens the packs of some folders. A pack whose index cannot be read is passed over, as git does. */
export async function packsIn(folders: readonly string[]): Promise<Packs> {
  let packs = new Map<string, Pack | undefined>();
  const lookNow = async (): Promise<void> => {
    const before = packs;
    const paths = (await Promise.all(folders.map(indexesIn))).flat();
    const opened = paths.map(
      async (path) => [path, before.get(path) ?? (await openUnlessBroken(path))] as const,
    );
    packs = new Map(await Promise.all(opened));
  };
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  /** One after the other, so that none puts an older answer in the place of a newer one; those that wait share the next. */
  const look = (): Promise<void> => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = lookNow();
        return running;
      });
    return next;
  };
  await look();
  const whole = (): Pack[] => [...packs.values()].filter((pack) => pack !== undefined);
  return {
    look,
    find: (oid) => {
      for (const pack of packs.values()) {
        const offset = pack?.index.find(oid);
        if (pack && offset !== undefined) return { pack, offset };
      }
      return undefined;
    },
    beginning: (digits) => whole().flatMap(({ index }) => index.beginning(digits)),
  };
}

async function indexesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.idx')).map((name) => join(folder, name));
}

const openUnlessBroken = (path: string): Promise<Pack | undefined> =>
  openPack(path).catch((error: NodeJS.ErrnoException) => {
    // it was packed anew between the listing and now, or it is no index
    if (error.code === 'ENOENT' || error.code === 'ERR_OUT_OF_RANGE') return undefined;
    throw error;
  });

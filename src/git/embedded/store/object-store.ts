import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Oid } from '../../../domain/event.js';
import { RegError } from '../../../errors.js';
import { once } from '../../../util/async.js';
import type { Objects } from '../found-object.js';
import { withBorrowed } from './alternates.js';
import { isLoose, looseBeginning, readLoose, readLooseHead, streamLoose } from './loose.js';
import type { Pack } from './pack.js';
import { type Packed, packsIn } from './packs.js';

/**
 * Opens the objects below a folder (gitrepository-layout(5), `objects`), those that it borrows from other folders included.
 * Packs are read where an object is and nowhere else, because beside a registry's tags they hold its models: isomorphic-git
 * reads a whole pack into memory first, up to 2 GiB, and lets one broken byte in it hide all of its objects.
 */
export function openObjectStore(folder: string): Objects {
  const folders = once(() => withBorrowed(folder));
  const packs = once(async () => packsIn((await folders()).map((one) => join(one, 'pack'))));
  /** Asks packs first: in a repository of any size nearly everything is in one. */
  const ask = async <T>(
    oid: Oid,
    packed: (pack: Pack, offset: number) => Promise<T>,
    loose: (folder: string, oid: Oid) => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    const { find, look } = await packs();
    const readPacked = async (found: Packed | undefined): Promise<T | undefined> =>
      found && packed(found.pack, found.offset).catch(unlessBroken);
    const inPack = await readPacked(find(oid));
    if (inPack !== undefined) return inPack;
    // an object that is broken in a pack may also have a whole file of its own
    for (const one of await folders()) {
      const unpacked = await loose(one, oid);
      if (unpacked !== undefined) return unpacked;
    }
    // another process may have packed it meanwhile, or packed all packs anew
    await look();
    return readPacked(find(oid));
  };
  return {
    has: async (oid) => (await ask(oid, async () => true, isLoose)) ?? false,
    head: (oid) => ask(oid, (pack, offset) => pack.headAt(offset), readLooseHead),
    read: (oid) => ask(oid, (pack, offset) => pack.readAt(offset), readLoose),
    stream: (oid) => ask<Readable>(oid, (pack, offset) => pack.streamAt(offset), streamLoose),
    beginning: async (digits) => {
      const { beginning, look } = await packs();
      await look();
      const loose = await Promise.all((await folders()).map((one) => looseBeginning(one, digits)));
      return [...new Set([...beginning(digits), ...loose.flat()])];
    },
  };
}

/** What the disk has to say is for the user to mend, but for a pack that is gone; anything else is a broken object. */
function unlessBroken(error: NodeJS.ErrnoException): undefined {
  const isGone = error.code === 'ENOENT';
  if (error instanceof RegError || (error.syscall !== undefined && !isGone)) throw error;
}

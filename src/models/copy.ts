import { dirname } from 'node:path';
import { isThere } from '../util/files.js';
import { cloned, createFile, diskWriter, remove, writeAll } from '../util/safe-files.js';
import { newPart } from './part.js';

/** A copy of a part of the cache beside the target, which is written from the same memory and needs no second pass. */
export interface PartCopy {
  path: string;
  /** Writes chunks at an offset. A copy that cannot be written is given up, and no error. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Ends it; false where it was given up. */
  end(): Promise<boolean>;
  /** Removes it; nothing happens after it was moved. */
  drop(): Promise<void>;
}

/**
 * Begins a copy of an empty part beside its target; undefined where the folder is not there or cannot be written, and where the file system
 * makes copies that share blocks.
 * @param sync whether it is on the disk at the end
 */
export async function copyBeside(part: string, target: string, sync: boolean): Promise<PartCopy | undefined> {
  if (!(await isThere(dirname(target)))) return undefined;
  const { path, drop } = await newPart(target);
  if (await cloned(part, path)) {
    await drop();
    return undefined;
  }
  const file = await createFile(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const disk = diskWriter(file);
  let isWhole = true;
  let isOpen = true;
  const giveUp = (): void => {
    isWhole = false;
  };
  const close = async (): Promise<void> => {
    if (isOpen) await file.close().catch(giveUp);
    isOpen = false;
  };
  return {
    path,
    write: async (chunks, position) => {
      if (!isWhole) return;
      await writeAll(file, chunks, position).catch(giveUp);
      if (sync) disk.wrote(chunks.reduce((sum, { length }) => sum + length, 0));
    },
    end: async () => {
      if (isWhole && sync) await disk.end().catch(giveUp);
      await close();
      return isWhole;
    },
    drop: async () => {
      await close();
      await remove(path);
    },
  };
}

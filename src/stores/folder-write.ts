import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { exactly } from './cloud-streams.js';
import { diskFailure } from './folder-failure.js';
import { realPathOf, refuseOutside, refuseUnsafeKey, temporaryName } from './folder-path.js';

/** An object to be written below a folder. */
export interface NewObject {
  top: string;
  key: string;
  bytes: Readable;
  /** Of the bytes, all of them. */
  size: number;
}

/**
 * Writes an object, on the disk and whole before it appears, or not at all; writers of the same key do not disturb each other,
 * and the last one stays.
 * @throws RegError SOURCE_PATH for a key that leads out of the folder, HASH_MISMATCH when the bytes are not as many as was said,
 * FILE_SYSTEM when the disk is full, STORE_FAILED, INTERRUPTED; what the bytes fail with is thrown as it is
 */
export async function writeBelow(object: NewObject, signal: AbortSignal | undefined): Promise<void> {
  const { top, key, bytes } = object;
  let spoiled: unknown;
  // whoever waits for the next bytes must not wait on
  if (signal) addAbortSignal(signal, bytes);
  // the error is met again where they are read
  bytes.on('error', () => undefined);
  try {
    signal?.throwIfAborted();
    const { folder, made } = await makeFolder(top, key);
    await writeFile(object, folder, (error) => {
      spoiled = error;
    });
    // a name is on the disk when its folder is (fsync(2)), and so is a new folder
    for (const one of [folder, ...made]) await syncFolder(one);
  } catch (error) {
    if (spoiled !== undefined && !signal?.aborted) throw spoiled;
    throw diskFailure(`write ${join(top, key)}`, error, signal);
  } finally {
    bytes.destroy();
  }
}

/** Makes the folder of a key; gives its real path, and the folders that hold new ones. */
async function makeFolder(top: string, key: string): Promise<{ folder: string; made: string[] }> {
  refuseUnsafeKey(key);
  const firstTop = await mkdir(top, { recursive: true });
  const realTop = await realpath(top);
  // a folder must not be made where a symbolic link leads out
  for (const part of partsAbove(key)) await realPathOf(top, part);
  const folder = dirname(join(realTop, key));
  const first = await mkdir(folder, { recursive: true });
  const real = await realpath(folder);
  refuseOutside(realTop, real, folder);
  return { folder: real, made: [...above(top, firstTop), ...above(folder, first)] };
}

/** `a`, `a/b` of `a/b/c`. */
const partsAbove = (key: string): string[] =>
  [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));

/** The folders between a folder and the first one of its line that was made, which hold a new folder each. */
function above(folder: string, first: string | undefined): string[] {
  if (first === undefined) return [];
  const found: string[] = [];
  for (let at = folder; at.length >= first.length && at !== dirname(at); at = dirname(at))
    found.push(dirname(at));
  return found;
}

async function writeFile(
  { key, bytes, size }: NewObject,
  folder: string,
  spoiled: (error: unknown) => void,
): Promise<void> {
  const temporary = join(folder, temporaryName(randomUUID()));
  try {
    // must not exist, and nobody else knows its name
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of exactly(bytes, size, key, spoiled)) await file.appendFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, basename(key)));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Windows has nothing of the kind. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

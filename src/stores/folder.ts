import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { RegError } from '../errors.js';
import type { ByteRange, Surroundings } from '../net/http.js';
import { exactly, WrongLength } from '../util/stream.js';
import { diskFailure, isNotThere, unless } from './folder-failure.js';
import { listBelow } from './folder-list.js';
import { realPathOf } from './folder-path.js';
import { writeBelow } from './folder-write.js';
import type { ObjectStore } from './port.js';

/**
 * Opens a folder of this machine, or of a share that it has: keys are paths below it. Nothing outside is read or written, also
 * where a symbolic link leads there; the folder itself may be one.
 * @param path absolute; the folder is made when the first object is written
 */
export function openFolder(path: string, { signal }: Surroundings): ObjectStore {
  const top = resolve(path);
  const ask = async <T>(doing: string, key: string, call: () => Promise<T>): Promise<T> => {
    const failure = (error: unknown) => diskFailure(`${doing} ${join(top, key)}`, error, signal);
    if (signal?.aborted) throw failure(undefined);
    return call().catch((error) => {
      throw failure(error);
    });
  };
  return {
    shown: pathToFileURL(top).href,
    stat: (key) =>
      ask('look for', key, async () => {
        const found = await findFile(top, key);
        return found && { key, size: found.size, ranges: true };
      }),
    list: (folder) => ask('list', folder, () => listBelow(top, folder)),
    read: (key, range) => ask('read', key, () => readFile(top, key, range, signal)),
    write: (key, bytes, size) => writeBelow({ top, key, bytes, size }, signal),
  };
}

/** The file under a key, by its real path; undefined when there is none. */
async function findFile(top: string, key: string): Promise<{ path: string; size: number } | undefined> {
  const path = await realPathOf(top, key);
  if (path === undefined) return undefined;
  const found = await stat(path).catch(unless(isNotThere));
  if (found === undefined || found.isDirectory()) return undefined;
  // opening one of these could wait for ever
  if (!found.isFile()) throw new RegError('SOURCE_PATH', `${path} is no plain file`);
  return { path, size: found.size };
}

async function readFile(
  top: string,
  key: string,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const found = await findFile(top, key);
  if (found === undefined)
    throw new RegError('SOURCE_PATH', `there is no file ${join(top, key)}`, 'check the path');
  const { start, end } = range ?? { start: 0, end: found.size };
  if (end <= start) return Readable.from([], { objectMode: false });
  const file = await open(found.path);
  const bytes = file.createReadStream({
    start,
    end: end - 1,
    highWaterMark: CHUNK,
    ...(signal && { signal }),
  });
  const failure = (error: unknown) =>
    error instanceof WrongLength
      ? new RegError(
          'STORE_FAILED',
          `${found.path} ${error.message}`,
          'it changed while it was read: try again',
        )
      : diskFailure(`read ${found.path}`, error, signal);
  return exactly(bytes, { size: end - start, failure });
}

/** Bytes that are read at a time. */
const CHUNK = 256 * 1024;

import { createReadStream } from 'node:fs';
import { mkdir, open, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RegError } from '../errors.js';
import { bytesOf } from '../sources/bytes.js';
import { identityOf, type ModelIdentity } from '../sources/identity.js';
import { refuseUnsafePath, type SourceFile, type SourceModel } from '../sources/model.js';
import { type FileIdentity, type Tally, tallyOf } from '../sources/tally.js';

/** Told of bytes as they are written, those that an earlier process left included. */
export type OnBytes = (count: number) => void;

/** Files of a folder that are fetched at a time. */
const AT_ONCE = 4;

/**
 * Writes a model to a path of this machine, hashing while it comes; what is there already of a file is kept where its source
 * can go on from the middle. Everything is on the disk when this ends, and nothing was compared with a link yet.
 * @throws RegError what the source throws; HASH_MISMATCH, TOO_LARGE when a file is not what its source promises
 */
export async function download(
  { kind, files }: SourceModel,
  path: string,
  onBytes: OnBytes,
  signal?: AbortSignal,
): Promise<ModelIdentity> {
  for (const file of files) refuseUnsafePath(file.path);
  refuseSamePath(files);
  if (kind === 'folder') await mkdir(path, { recursive: true });
  const waiting = [...files];
  const found: FileIdentity[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift())
      found.push(await downloadFile(file, kind === 'file' ? path : join(path, file.path), onBytes, signal));
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, files.length) }, () =>
    work().finally(() => waiting.splice(0)),
  );
  // nobody may write any more when this ends
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return identityOf(kind, found);
}

/** Two files of one path, as a file system that ignores letter case has it, would be written over each other. */
function refuseSamePath(files: readonly SourceFile[]): void {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const folded = path.normalize('NFC').toLowerCase();
    const before = seen.get(folded);
    seen.set(folded, path);
    if (before !== undefined)
      throw new RegError(
        'SOURCE_PATH',
        `the model holds '${before}' and '${path}', which are one file on many machines`,
      );
  }
}

async function downloadFile(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  signal: AbortSignal | undefined,
): Promise<FileIdentity> {
  await mkdir(dirname(path), { recursive: true });
  const tally = tallyOf(file);
  const start = await keepWhatIsThere(file, path, tally);
  onBytes(start);
  const target = await open(path, 'a');
  try {
    for await (const chunk of bytesOf(file, start)) {
      if (signal?.aborted) throw new RegError('INTERRUPTED', 'interrupted');
      tally.add(chunk);
      await target.appendFile(chunk);
      onBytes(chunk.length);
    }
    const identity = tally.end();
    await target.sync();
    return identity;
  } catch (error) {
    throw withPath(error, path);
  } finally {
    await target.close();
  }
}

/** Counts what is there of a file towards it, or clears it away; gives how many bytes stay. */
async function keepWhatIsThere(file: SourceFile, path: string, tally: Tally): Promise<number> {
  const there = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (there === 0) return 0;
  if (!file.ranges || file.size === undefined || there > file.size) {
    await truncate(path);
    return 0;
  }
  for await (const chunk of createReadStream(path)) tally.add(chunk as Uint8Array);
  return there;
}

const DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EACCES', 'EPERM', 'EIO']);

function withPath(error: unknown, path: string): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return error instanceof RegError || !DISK.has(code)
    ? error
    : new RegError(
        'FILE_SYSTEM',
        `cannot write ${path}: ${message}`,
        'make room there, or name another place with -o',
      );
}

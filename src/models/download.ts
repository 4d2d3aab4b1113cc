import { createReadStream } from 'node:fs';
import { mkdir, open, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuseUnsafePath } from '../domain/model-files.js';
import { interrupted, RegError } from '../errors.js';
import { filesBelow } from '../util/files.js';
import { type FileIdentity, identityOf, type ModelIdentity, type Tally, tallyOf } from './digest.js';
import { cannotWrite } from './part.js';
import { bytesOf, type SourceFile, type SourceModel } from './source.js';

/** Told of bytes as they are written, those that an earlier process left included. */
export type OnBytes = (count: number) => void;

/** How to download. */
interface DownloadOptions {
  /** Ends it; what came so far stays. */
  signal?: AbortSignal | undefined;
  /** Whether somebody promises which bytes they are, so that they may come in parts and go on where others ended. */
  isKnown?: boolean | undefined;
}

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
  { signal, isKnown = false }: DownloadOptions = {},
): Promise<ModelIdentity> {
  for (const file of files) refuseUnsafePath(file.path);
  refuseSamePath(files);
  if (kind === 'folder') await clearFolder(path, files);
  const failed = new AbortController();
  const end = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  const waiting = [...files];
  const found: FileIdentity[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file && !end.aborted; file = waiting.shift()) {
      const at = kind === 'file' ? path : join(path, file.path);
      found.push(await downloadFile(file, at, onBytes, { signal: end, isKnown }));
    }
  };
  const workers = Array.from({ length: Math.min(AT_ONCE, files.length) }, () =>
    work().catch((error) => {
      failed.abort();
      throw error;
    }),
  );
  // nobody may write any more when this ends
  const ends = await Promise.allSettled(workers);
  if (signal?.aborted) throw interrupted();
  // what was ended because of another one is not what went wrong
  const reasons = ends.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const cause = reasons.find((one) => !(one instanceof RegError && one.code === 'INTERRUPTED')) ?? reasons[0];
  if (cause !== undefined) throw cause;
  return identityOf(kind, found);
}

/** Makes the folder of a model; what is in it and not in the model came from another one. */
async function clearFolder(path: string, files: readonly SourceFile[]): Promise<void> {
  await mkdir(path, { recursive: true });
  const wanted = new Set(files.map((file) => file.path));
  for (const one of await filesBelow(path)) if (!wanted.has(one)) await rm(join(path, one), { force: true });
}

/** Two files of one path, or a file that is a folder too, as file systems have it that ignore case and forms of letters. */
function refuseSamePath(files: readonly SourceFile[]): void {
  const refuse = (one: string, other: string): never => {
    throw new RegError(
      'SOURCE_PATH',
      `the model holds '${one}' and '${other}', which are one file on many machines`,
      'do not trust its source',
    );
  };
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const before = seen.get(folded(path));
    if (before !== undefined) refuse(before, path);
    seen.set(folded(path), path);
  }
  for (const { path } of files)
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      const file = seen.get(folded(path.slice(0, end)));
      if (file !== undefined) refuse(file, path);
    }
}

/** Lower and then upper case: APFS takes a sharp s for two capitals, and ligatures for their letters. */
const folded = (path: string): string => path.normalize('NFD').toLowerCase().toUpperCase();

async function downloadFile(
  file: SourceFile,
  path: string,
  onBytes: OnBytes,
  { signal, isKnown = false }: DownloadOptions,
): Promise<FileIdentity> {
  await mkdir(dirname(path), { recursive: true }).catch(cannotWrite(path));
  const tally = tallyOf(file);
  const start = await keepWhatIsThere(file, path, tally);
  onBytes(start);
  const target = await open(path, 'a').catch(cannotWrite(path));
  try {
    for await (const chunk of bytesOf(file, { start, isKnown })) {
      if (signal?.aborted) throw interrupted();
      tally.add(chunk);
      await target.appendFile(chunk);
      onBytes(chunk.length);
    }
    const identity = tally.end();
    await target.sync();
    const { size } = await target.stat();
    if (size === identity.size) return identity;
    throw new RegError('HASH_MISMATCH', `${path} was written to by somebody else`, 'load it again');
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

const DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO']);

/** What the disk says is told with the path; what the source says is its own. */
function withPath(error: unknown, path: string): unknown {
  const failure = error as NodeJS.ErrnoException;
  if (error instanceof RegError || !DISK.has(failure.code ?? '')) return error;
  return cannotWrite(path)(failure);
}

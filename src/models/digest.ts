import { createHash, type Hash } from 'node:crypto';
import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { turn } from '../util/async.js';
import { blobHash } from '../util/blob.js';
import { readSmall } from '../util/safe-files.js';
import { isSettled, isUnchanged, type Stamp, stampAt } from '../util/stamp.js';
import { CHUNK_BYTES } from '../util/stream.js';
import { folderOfFile, type Hashes } from './hashes.js';
import { bytesOf, type Digest, type ModelKind, type SourceFile, type SourceModel } from './source.js';

/** The digest of a model (docs/specification.md, "4 Links"). */
export interface ModelDigest {
  kind: ModelKind;
  /** For a folder that of its manifest. */
  sha256: string;
  /** The bytes of all files together. */
  size: number;
}

/** The digest of a model with those of its files. */
export interface DigestedModel extends ModelDigest {
  files: readonly FileDigest[];
}

/** The digest of one file. */
export interface FileDigest {
  path: string;
  sha256: string;
  /** Bytes. */
  size: number;
  /** Of the file that has these bytes, where a write since then would be noticed. */
  written?: Stamp | undefined;
  /** The path of a copy beside its target. */
  copy?: string | undefined;
}

/**
 * The digest of a model from those of its files. For a single file it is the SHA-256 of its bytes, for a folder that of its
 * manifest: for each file, by path in code unit order, the line that `sha256sum` prints, `<sha256>  <path>\n`.
 */
export function combinedDigest(kind: ModelKind, files: readonly FileDigest[]): ModelDigest {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const [only] = files;
  if (kind === 'file' && only) return { kind, sha256: only.sha256, size };
  const sorted = [...files].sort((a, b) => compareText(a.path, b.path));
  const manifest = sorted.map((file) => `${file.sha256}  ${file.path}\n`).join('');
  return { kind, sha256: createHash('sha256').update(manifest).digest('hex'), size };
}

/** The digest of a model, and its files, each with the digest that its bytes had. */
interface DigestedFiles {
  digest: ModelDigest;
  files: SourceFile[];
}

/**
 * Reads a model to its end and keeps nothing of it.
 * @throws RegError what reading its source throws, HASH_MISMATCH where a file is not what its source promises
 */
export async function digestFiles({ kind, files }: SourceModel, hashes?: Hashes): Promise<DigestedFiles> {
  const found: FileDigest[] = [];
  for (const file of files) found.push(await digestFile(file, hashes));
  await hashes?.save();
  const promised = files.map((file, index) => ({
    ...file,
    size: found[index]?.size,
    stamp: found[index]?.written,
    digest: { algorithm: 'sha256' as const, value: found[index]?.sha256 ?? '' },
  }));
  return { digest: combinedDigest(kind, found), files: promised };
}

/**
 * The digest of one file. It is read to its end, unless it is of this machine and was hashed before.
 * @throws RegError as `digestFiles`
 */
export async function digestFile(file: SourceFile, hashes?: Hashes): Promise<FileDigest> {
  const { at, path, size, digest } = file;
  const before = at === undefined ? undefined : stampAt(at);
  if (at === undefined || before === undefined) return readToEnd(file);
  const table = await hashes?.in(folderOfFile(at, path));
  const known = table?.find(at, before);
  const isPromised = (size ?? before.size) === before.size && (digest ?? sha256Of(known)).value === known;
  if (known !== undefined && isPromised) return { path, sha256: known, size: before.size, written: before };
  const start = hashes?.now() ?? 0;
  const found = (await digestSmall(file, at)) ?? (await readToEnd(file));
  if (!isUnchanged(before, stampAt(at))) return found;
  table?.note(at, before, found.sha256, start);
  return isSettled(before, start) ? { ...found, written: before } : found;
}

const sha256Of = (value = ''): Digest => ({ algorithm: 'sha256', value });

async function readToEnd(file: SourceFile): Promise<FileDigest> {
  const hasher = hasherOf(file);
  for await (const chunk of bytesOf(file)) hasher.add(chunk);
  return hasher.end();
}

/** The digest of a small file of this machine; undefined for any other, and where it cannot be read so. */
async function digestSmall(file: SourceFile, at: string): Promise<FileDigest | undefined> {
  if ((file.size ?? Number.POSITIVE_INFINITY) >= CHUNK_BYTES) return undefined;
  await turn();
  const read = attempt(() => readSmall(at, SMALL));
  if (read === undefined) return undefined;
  const hasher = hasherOf(file);
  hasher.add(read.bytes);
  return hasher.end();
}

/** Nothing else runs between filling and using it. */
const SMALL = Buffer.allocUnsafeSlow(CHUNK_BYTES);

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

/** Reads a model to its end for its digest; otherwise as `digestFiles`. */
export const digestOf = async (model: SourceModel, hashes?: Hashes): Promise<ModelDigest> =>
  (await digestFiles(model, hashes)).digest;

/** The digest that the source itself promises of every file, as Git LFS does; undefined where a file has to be read for it. */
export function promisedDigest({ kind, files }: SourceModel): ModelDigest | undefined {
  const promised = files.flatMap(({ path, size, digest }) =>
    size === undefined || digest?.algorithm !== 'sha256' ? [] : [{ path, size, sha256: digest.value }],
  );
  return promised.length === files.length ? combinedDigest(kind, promised) : undefined;
}

/** Counts and hashes the bytes of one file as they pass. */
export interface Hasher {
  /** @throws RegError TOO_LARGE for the first byte more than the file may have */
  add(chunk: Uint8Array): void;
  /** @throws RegError HASH_MISMATCH where the bytes are not those that the source promises */
  end(): FileDigest;
}

/**
 * Begins to hash a file that is read from its beginning.
 * @param isPromised whether its SHA-256 is compared with that of a link: then no other hash is needed
 */
export function hasherOf({ path, size: promised, digest: given }: SourceFile, isPromised = false): Hasher {
  const sha256 = createHash('sha256');
  const digest = isPromised && given?.algorithm !== 'sha256' ? undefined : given;
  const own = ownHash(digest, promised);
  let size = 0;
  return {
    add: (chunk) => {
      size += chunk.length;
      if (promised !== undefined && size > promised)
        throw new RegError(
          'TOO_LARGE',
          `${path} has more than the ${promised} bytes that its source promises`,
        );
      sha256.update(chunk);
      own?.update(chunk);
    },
    end: () => {
      const hash = sha256.digest('hex');
      if (promised !== undefined && size < promised)
        throw changed(path, `${size} bytes`, `${promised} bytes`);
      const found = own?.digest('hex') ?? hash;
      if (digest && digest.value !== found)
        throw changed(path, `${digest.algorithm} ${found}`, `${digest.algorithm} ${digest.value}`);
      return { path, sha256: hash, size };
    },
  };
}

/** The hash that a source names its bytes by, where that is not their SHA-256. Git puts type and size before the bytes. */
function ownHash(digest: Digest | undefined, size: number | undefined): Hash | undefined {
  if (digest === undefined || digest.algorithm === 'sha256') return undefined;
  if (digest.algorithm === 'md5') return createHash('md5');
  return blobHash(size ?? 0, digest.value);
}

const changed = (path: string, found: string, promised: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `the bytes of ${path} are not those that its source promises: ${found}, not ${promised}`,
    'nothing was written; what the source stores is damaged',
  );

/** What a link promises of the bytes. */
export interface BytesPromise {
  sha256?: string | undefined;
  size?: number | undefined;
}

/** Whether bytes are those that every link on the way promises. */
export const keepsPromises = (promises: readonly BytesPromise[], digest: ModelDigest): boolean =>
  promises.every((promise) => difference(promise, digest) === undefined);

/**
 * Makes sure that bytes are those that every link on the way promises.
 * @param what names the model
 * @throws RegError HASH_MISMATCH
 */
export function verifyPromises(what: string, promises: readonly BytesPromise[], digest: ModelDigest): void {
  for (const promise of promises) {
    const different = difference(promise, digest);
    if (different) throw otherBytes(what, different);
  }
}

/** The error for bytes that are not those of a link. */
export const otherBytes = (what: string, different: string): RegError =>
  new RegError(
    'HASH_MISMATCH',
    `the bytes of ${what} are not those that its link promises: ${different}`,
    'nothing was written; the source was changed behind its link, or the link is wrong: reg validate',
  );

function difference({ sha256, size }: BytesPromise, found: ModelDigest): string | undefined {
  if (size !== undefined && size !== found.size) return `${found.size} bytes, not ${size} bytes`;
  if (sha256 !== undefined && sha256 !== found.sha256) return `sha256 ${found.sha256}, not sha256 ${sha256}`;
  return undefined;
}

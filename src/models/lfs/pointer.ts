import type { Readable } from 'node:stream';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { Objects, TreeEntry } from '../../git/port.js';
import { mapAtMost } from '../../util/async.js';
import { exactly, WrongLength } from '../../util/stream.js';
import type { SourceFile } from '../source.js';

/** A Git LFS pointer: the object that it stands for. */
export interface Pointer {
  /** The SHA-256 of the bytes, in hexadecimal digits. */
  oid: string;
  /** Bytes. */
  size: number;
}

/** A file of a commit whose bytes are in Git LFS. */
export interface PointedFile {
  /** The path that it has in the model. */
  path: string;
  pointer: Pointer;
}

/** What a pointer says of the file behind it. */
export const fileFacts = ({
  path,
  pointer: { oid, size },
}: PointedFile): Pick<SourceFile, 'path' | 'size' | 'digest'> => ({
  path,
  size,
  digest: { algorithm: 'sha256', value: oid },
});

/** git-lfs docs/spec.md, "The Pointer". */
const MAX_POINTER_BYTES = 1024;

/** How the version line of a pointer begins in every version; the second is from before the first release. */
const STARTS = ['version https://git-lfs.github.com/spec/', 'version https://hawser.github.com/spec/'];
const VERSIONS: ReadonlySet<string> = new Set(STARTS.map((start) => `${start}v1`));

const MIN_POINTER_BYTES = Math.min(...STARTS.map((start) => start.length));

/**
 * Reads a Git LFS pointer (git-lfs docs/spec.md, "The Pointer"); undefined for any other file.
 * @param path the name of the file in errors
 * @throws RegError SOURCE_UNSUPPORTED for a malformed pointer, whose bytes are not those of the model
 */
export function parsePointer(bytes: Uint8Array, path = 'the file'): Pointer | undefined {
  if (bytes.length > MAX_POINTER_BYTES) return undefined;
  const start = Buffer.from(bytes).toString('latin1');
  if (!STARTS.some((one) => start.startsWith(one))) return undefined;
  try {
    return readLines(linesOf(bytes));
  } catch (error) {
    if (error instanceof Broken) throw refusal(path, error.message);
    throw error;
  }
}

/** Why a pointer is malformed. */
class Broken extends Error {}
const broken = (why: string): Broken => new Broken(why);

const refusal = (path: string, why: string): RegError =>
  new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} begins as a Git LFS pointer does, but ${why}`,
    'commit the file again with git-lfs; it checks a pointer with: git lfs pointer --check --strict --file <path>',
  );

function readLines([version = '', ...lines]: readonly string[]): Pointer {
  if (!VERSIONS.has(version)) throw broken(`its ${version} is not known`);
  const pairs = lines.map(pairOf);
  for (const [index, [key]] of pairs.entries()) {
    const [before = ''] = pairs[index - 1] ?? [];
    if (key === before || key === 'version') throw broken(`it has '${key}' twice`);
    if (key < before) throw broken(`'${key}' must come before '${before}'`);
    // an extension changes the bytes, which are not those of the model then (docs/extensions.md)
    if (/^ext-/.test(key)) throw broken(`it uses the extension '${key}', which is not supported`);
  }
  const values = new Map(pairs);
  return { oid: oidOf(values.get('oid')), size: sizeOf(values.get('size')) };
}

/** The text of a pointer as git-lfs writes it. */
export const pointerText = ({ oid, size }: Pointer): string =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;

function linesOf(bytes: Uint8Array): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken('it is not UTF-8');
  }
  // git-lfs reads lines that an editor or a filter has changed, too (its lfs/pointer.go)
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function pairOf(line: string): [key: string, value: string] {
  const [, key, value] = /^([a-z0-9.-]+) (\S.*)$/.exec(line) ?? [];
  if (key === undefined || value === undefined) throw broken(`'${line}' is not a key and a value`);
  return [key, value];
}

function oidOf(value: string | undefined): string {
  if (value === undefined) throw broken('it has no oid');
  const [, hash = '', digits = ''] = /^([^:]*):(.*)$/.exec(value) ?? [];
  if (hash !== 'sha256') throw broken(`its oid '${value}' is not a sha256`);
  if (!/^[0-9a-f]{64}$/.test(digits)) throw broken(`its oid '${value}' is not 64 hexadecimal digits`);
  return digits;
}

function sizeOf(value: string | undefined): number {
  if (value === undefined) throw broken('it has no size');
  const size = Number(value);
  if (!/^(0|[1-9]\d*)$/.test(value) || !Number.isSafeInteger(size))
    throw broken(`its size '${value}' is not a number of bytes`);
  return size;
}

/** Whether a file has as many bytes as a pointer may have. */
const isSmall = (size = 0): boolean => size >= MIN_POINTER_BYTES && size <= MAX_POINTER_BYTES;

/**
 * Whether files of a work tree are pointers, as a checkout without git-lfs leaves them.
 * @throws RegError SOURCE_UNSUPPORTED for a malformed pointer
 */
export async function hasPointers(files: readonly SourceFile[]): Promise<boolean> {
  for (const file of files.filter(({ size }) => isSmall(size))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await file.open()) chunks.push(chunk);
    if (parsePointer(Buffer.concat(chunks), file.path)) return true;
  }
  return false;
}

/** Blobs that are read at a time. */
const MAX_READS = 4;

/**
 * Finds the Git LFS pointers among blobs: those that are small enough are read, each once. `.gitattributes` does not matter: it
 * says what git does in a work tree, not what was committed.
 * @throws RegError SOURCE_UNSUPPORTED for a pointer that cannot be followed
 */
export async function findPointers(
  objects: Objects,
  entries: readonly TreeEntry[],
  sizes: ReadonlyMap<Oid, number>,
): Promise<Map<Oid, Pointer>> {
  const found = new Map<Oid, Pointer>();
  const small = entries.filter(({ oid }) => isSmall(sizes.get(oid)));
  const unique = new Map(small.map((entry) => [entry.oid, entry])).values();
  await mapAtMost(MAX_READS, unique, async ({ oid, path }) => {
    const pointer = parsePointer(await objects.blob(oid), path);
    if (pointer) found.set(oid, pointer);
  });
  return found;
}

/** A part of the bytes of an object, in a stream that may begin before it. */
interface ObjectPart {
  /** In the object. */
  start: number;
  end: number;
  /** Bytes of the stream before the part. */
  skip: number;
}

/** The bytes of an object, or a part of them, from a stream. It fails with RegError REMOTE_FAILED where the length is wrong. */
export function objectOf(
  bytes: Readable,
  { oid, size }: Pointer,
  { start, end, skip }: ObjectPart = { start: 0, end: size, skip: 0 },
): Readable {
  const failure = (error: unknown): unknown =>
    error instanceof WrongLength
      ? new RegError(
          'REMOTE_FAILED',
          `the Git LFS object ${oid} ${error.message}`,
          'what the server stores is damaged',
        )
      : error;
  return exactly(bytes, { size: end - start, skip, mayGoOn: end < size, failure });
}

import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader, TreeEntry } from '../../git/port.js';

/** What a Git LFS pointer stands for. */
export interface Pointer {
  /** The SHA-256 of the bytes, in hexadecimal digits. */
  oid: string;
  /** Bytes. */
  size: number;
}

/** No pointer has more bytes (git-lfs docs/spec.md, "The Pointer"). */
const LARGEST_POINTER = 1024;

/** How the version line of a pointer begins, in whatever version; the second one is of before the first release. */
const STARTS = ['version https://git-lfs.github.com/spec/', 'version https://hawser.github.com/spec/'];
const VERSIONS: ReadonlySet<string> = new Set(STARTS.map((start) => `${start}v1`));

/** What cannot be a pointer because it is shorter. */
const SMALLEST_POINTER = Math.min(...STARTS.map((start) => start.length));

/**
 * Reads a Git LFS pointer (git-lfs docs/spec.md, "The Pointer"); undefined for any other file.
 * @param path what the file is called when it is refused
 * @throws RegError SOURCE_UNSUPPORTED for a file that begins as a pointer does and is none, because its bytes are not the model
 */
export function parsePointer(bytes: Uint8Array, path = 'the file'): Pointer | undefined {
  if (bytes.length > LARGEST_POINTER) return undefined;
  const start = Buffer.from(bytes).toString('latin1');
  if (!STARTS.some((one) => start.startsWith(one))) return undefined;
  try {
    return readLines(linesOf(bytes));
  } catch (error) {
    if (error instanceof Broken) throw refusal(path, error.message);
    throw error;
  }
}

/** Why a file that begins as a pointer does is none. */
class Broken extends Error {}
const broken = (why: string): Broken => new Broken(why);

const refusal = (path: string, why: string): RegError =>
  new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} begins as a Git LFS pointer does, but ${why}`,
    'commit the file again with git-lfs; what it takes for a pointer is told by: git lfs pointer --check --strict --file <path>',
  );

function readLines([version = '', ...lines]: readonly string[]): Pointer {
  if (!VERSIONS.has(version)) throw broken(`its ${version} is not known`);
  const pairs = lines.map(pairOf);
  for (const [index, [key]] of pairs.entries()) {
    const [before = ''] = pairs[index - 1] ?? [];
    if (key === before || key === 'version') throw broken(`it has '${key}' twice`);
    if (key < before) throw broken(`'${key}' must come before '${before}'`);
    // what an extension made of the bytes is not what the model is (docs/extensions.md)
    if (/^ext-/.test(key)) throw broken(`it uses the extension '${key}', which is not supported`);
  }
  const values = new Map(pairs);
  return { oid: oidOf(values.get('oid')), size: sizeOf(values.get('size')) };
}

/** The text of a pointer, as git-lfs itself writes it. */
export const pointerText = ({ oid, size }: Pointer): string =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;

function linesOf(bytes: Uint8Array): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken('it is not UTF-8');
  }
  if (text.includes('\r')) throw broken('its lines end with CRLF, not with LF alone');
  if (!text.endsWith('\n')) throw broken('its last line has no end');
  return text.slice(0, -1).split('\n');
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

/** Blobs that are read at a time. */
const AT_ONCE = 4;

/**
 * Finds the Git LFS pointers among blobs: those that are small enough are read, each once. `.gitattributes` is not asked, for
 * it says what git does in a work tree, and not what was committed.
 * @throws RegError SOURCE_UNSUPPORTED for a pointer that cannot be followed
 */
export async function findPointers(
  objects: ObjectReader,
  entries: readonly TreeEntry[],
  sizes: ReadonlyMap<Oid, number>,
): Promise<Map<Oid, Pointer>> {
  const found = new Map<Oid, Pointer>();
  const isSmall = (size = 0): boolean => size >= SMALLEST_POINTER && size <= LARGEST_POINTER;
  const waiting = [...new Map(entries.map((entry) => [entry.oid, entry])).values()].filter(({ oid }) =>
    isSmall(sizes.get(oid)),
  );
  const work = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const pointer = parsePointer(await objects.readBlob(entry.oid), entry.path);
      if (pointer) found.set(entry.oid, pointer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

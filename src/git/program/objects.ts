import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { memoize } from '../../util/async.js';
import { firstBytes } from '../../util/stream.js';
import type { Objects, TreeEntry } from '../port.js';
import { treeEntries } from '../tree-object.js';
import { expectSuccess, GitFailed, type RunGit, type StreamGit, type WriteGit } from './run.js';

/**
 * Reads commits, trees and blobs with the git program.
 * @param isLasting whether the processes behind `stream` go on, so that it answers sooner than a new run of git
 */
export function gitObjects(
  git: RunGit,
  stream: StreamGit,
  { isLasting = false, write }: { isLasting?: boolean | undefined; write?: WriteGit } = {},
): Objects {
  // each is a run of git, and several steps of a command ask for the same; a commit never has another one
  const entryOf = memoize(
    async ([commit, path]: readonly [Oid, string]) =>
      (await entries(git, ['--', commit, path])).find((entry) => entry.path === path),
    { most: ENTRIES_KEPT },
  );
  return {
    commit: (rev) => resolveCommit(git, rev),
    entry: async (commit, path) => {
      if (path === '') return { path, type: 'tree', oid: commit };
      const trees = isLasting ? await import('./trees.js') : undefined;
      const found = await trees?.entryAt(stream, commit, path);
      return found === undefined ? entryOf([commit, path]) : found.entry;
    },
    entries: (commit, path) => entries(git, ['-r', '--', commit, ...(path === '' ? [] : [`${path}/`])]),
    blob: async (oid, most) => {
      const isSmall = isLasting && ((await blobSizes(stream, [oid])).get(oid) ?? LARGE) < LARGE;
      if (isSmall && most !== undefined) {
        const [small] = await readObjects(stream, [oid]);
        if (small?.type === 'blob') return small.bytes.subarray(0, most);
      }
      if (most !== undefined) return firstBytes(stream(['cat-file', 'blob', oid]), most).catch(notFound(oid));
      const [found] = await readObjects(stream, [oid]);
      if (found?.type === 'blob') return found.bytes;
      const why = found ? `a ${found.type}, not a file` : 'missing or corrupt';
      throw new RegError('SOURCE_PATH', `object ${oid} is ${why}`);
    },
    stream: async (oid) => stream(['cat-file', 'blob', oid]),
    ...(write ? { write: (oid, to, signal) => write(['cat-file', 'blob', oid], to, signal) } : {}),
    sizes: (oids) => blobSizes(stream, oids),
    types: async (oids) => {
      const heads = await inspectObjects(stream, oids);
      return new Map(oids.map((oid, index) => [oid, heads[index]?.type ?? 'missing']));
    },
    many: {
      trees: async (oids) => {
        const found = await readObjects(
          stream,
          oids.map((oid) => `${oid}^{tree}`),
        );
        return new Map(
          oids.flatMap((oid, index) => {
            const tree = found[index];
            return tree?.type === 'tree' ? [[oid, treeEntries(tree.bytes, oid.length / 2)]] : [];
          }),
        );
      },
      blobs: async (oids) => {
        const found = await readObjects(stream, oids);
        // what came together is kept apart, so that one small blob does not keep a large piece of memory
        return new Map(
          found.flatMap((one) => (one?.type === 'blob' ? [[one.oid, Uint8Array.from(one.bytes)]] : [])),
        );
      },
    },
  };
}

const ENTRIES_KEPT = 1000;
/** A blob from so many bytes on is not read as a whole where its beginning is wanted. */
const LARGE = 1024 * 1024;

/** For `catch`: says of an object that git cannot give as a blob what is wrong. */
const notFound =
  (oid: Oid) =>
  (error: unknown): never => {
    if (!(error instanceof GitFailed) || error.exitCode < 0) throw error;
    throw new RegError('SOURCE_PATH', `object ${oid} is missing, corrupt or not a file`);
  };

/** What git does not take for one commit; no argument can hold a NUL. */
const NO_REV = /^\^|\0/;

/** The full id of the commit that a rev names here, or undefined. */
export async function resolveCommit(git: RunGit, rev: string): Promise<Oid | undefined> {
  if (NO_REV.test(rev)) return undefined;
  const result = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`]);
  if (result.code < 0) expectSuccess(result, `resolving ${rev}`);
  return result.code === 0 ? result.stdout.toString().trim() : undefined;
}

const TYPES: Record<string, TreeEntry['type']> = { '040000': 'tree', '120000': 'link', '160000': 'commit' };

async function entries(git: RunGit, args: readonly string[]): Promise<TreeEntry[]> {
  const result = await git(['--literal-pathspecs', 'ls-tree', '-z', '--full-tree', ...args]);
  const lines = expectSuccess(result, 'reading a tree').toString().split('\0');
  return lines.slice(0, -1).map((line) => {
    // <mode> SP <type> SP <oid> TAB <path> (git-ls-tree(1))
    const tab = line.indexOf('\t');
    const [mode = '', , oid = ''] = line.slice(0, tab).split(' ');
    return { path: line.slice(tab + 1), type: TYPES[mode] ?? 'blob', oid };
  });
}

/** The sizes of blobs, in bytes; those that are missing are not in the answer. */
async function blobSizes(stream: StreamGit, oids: readonly Oid[]): Promise<Map<Oid, number>> {
  const asked = [...new Set(oids)];
  const found = await inspectObjects(stream, asked);
  return new Map(asked.flatMap((oid, index) => (found[index] ? [[oid, found[index].size]] : [])));
}

/** An object, without its content. */
interface ObjectHead {
  oid: Oid;
  type: string;
  size: number;
}

/** An object with its content. */
type FoundObject = ObjectHead & { bytes: Buffer };

/**
 * Objects by their ids or other names, in the order of the names, some at a time; undefined for one that is missing or
 * corrupt.
 */
export const eachObject = (
  stream: StreamGit,
  names: readonly string[],
): AsyncGenerator<(FoundObject | undefined)[], void> => batch(stream, '--batch', names);

/** The same, all at once. */
export async function readObjects(
  stream: StreamGit,
  names: readonly string[],
): Promise<(FoundObject | undefined)[]> {
  const objects: (FoundObject | undefined)[] = [];
  for await (const some of eachObject(stream, names)) for (const one of some) objects.push(one);
  return objects;
}

/** The same without their content. */
export async function inspectObjects(
  stream: StreamGit,
  names: readonly string[],
): Promise<(ObjectHead | undefined)[]> {
  const heads: (ObjectHead | undefined)[] = [];
  for await (const some of batch(stream, '--batch-check', names)) for (const one of some) heads.push(one);
  return heads;
}

/** Git ends at a corrupt object. That object counts as missing, and git starts again behind it. */
async function* batch(
  stream: StreamGit,
  mode: '--batch' | '--batch-check',
  names: readonly string[],
): AsyncGenerator<(FoundObject | undefined)[], void> {
  for (let rest = names; rest.length > 0; ) {
    let answered = 0;
    const output = stream(
      ['cat-file', mode, '--buffer'],
      Buffer.from(rest.map((name) => `${name}\n`).join('')),
    );
    try {
      for await (const answers of answersFrom(output, mode === '--batch')) {
        answered += answers.length;
        yield answers;
      }
      return;
    } catch (error) {
      if (!(error instanceof GitFailed && error.exitCode > 0) || answered >= rest.length) throw error;
      // without names git fails only where no object is to blame
      for await (const _ of stream(['cat-file', mode], Buffer.alloc(0)));
      yield [undefined];
      rest = rest.slice(answered + 1);
    }
  }
}

const NEWLINE = 0x0a;

/** The answers in a stream, as many at a time as come. */
async function* answersFrom(
  stream: AsyncIterable<Buffer>,
  hasContent: boolean,
): AsyncGenerator<(FoundObject | undefined)[], void> {
  let parts: Buffer[] = [];
  let [size, least] = [0, 0];
  for await (const chunk of stream) {
    parts.push(chunk);
    size += chunk.length;
    // a large object is put together once
    if (size < least) continue;
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts);
    const { answers, end, needed } = answersIn(bytes, hasContent);
    const rest = bytes.subarray(end);
    parts = rest.length === 0 ? [] : [rest];
    [size, least] = [rest.length, needed];
    if (answers.length > 0) yield answers;
  }
}

interface Answers {
  answers: (FoundObject | undefined)[];
  /** Where they end. */
  end: number;
  /** How many bytes from there the next one has at least. */
  needed: number;
}

/** The whole answers in some bytes: `<oid> SP <type> SP <size>` or `<name> SP missing`, and the content (git-cat-file(1)). */
function answersIn(out: Buffer, hasContent: boolean): Answers {
  const answers: Answers['answers'] = [];
  let at = 0;
  for (let end = out.indexOf(NEWLINE); end >= 0; end = out.indexOf(NEWLINE, at)) {
    const head = headIn(out.toString('latin1', at, end));
    const start = end + 1;
    const next = head === undefined || !hasContent ? start : start + head.size + 1;
    if (next > out.length) return { answers, end: at, needed: next - at };
    answers.push(head && { ...head, bytes: out.subarray(start, next - 1) });
    at = next;
  }
  return { answers, end: at, needed: 0 };
}

function headIn(line: string): ObjectHead | undefined {
  const space = line.indexOf(' ');
  const second = line.indexOf(' ', space + 1);
  if (second < 0) return undefined;
  return {
    oid: line.slice(0, space),
    type: line.slice(space + 1, second),
    size: Number(line.slice(second + 1)),
  };
}

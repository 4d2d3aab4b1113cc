import { Readable } from 'node:stream';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { needsGit } from '../needs-git.js';
import type { ObjectReader } from '../port.js';
import { eachObject, type FoundObject, type Objects } from './found-object.js';
import { entriesBelow, findEntry, type ReadTree } from './tree.js';

/** Commits, trees and files of a repository, once what they need is here. */
export interface Supply {
  objects: Objects;
  /** Brings a commit and its trees here, where they are not. */
  obtainTrees(commit: Oid): Promise<void>;
  /** Brings files here, where they are not. */
  obtainFiles(oids: readonly Oid[]): Promise<void>;
}

/** Reads commits, trees and files. */
export function objectReader(
  { objects, obtainTrees, obtainFiles }: Supply,
  resolveCommit: ObjectReader['resolveCommit'],
): ObjectReader {
  const rootOf = async (commit: Oid, read: ReadTree): Promise<Oid> => {
    const [, tree] =
      /^tree ([0-9a-f]{40})\n/.exec((await read(commit)).bytes.toString('latin1', 0, 46)) ?? [];
    if (tree === undefined) throw missing(commit, 'is no commit');
    return tree;
  };
  /** Reads what belongs to a commit; the first thing that is not here brings all of it. */
  const readingOf =
    (commit: Oid): ReadTree =>
    async (oid) => {
      const found = await objects.read(oid);
      if (found) return found;
      await obtainTrees(commit);
      return requireObject(await objects.read(oid), oid);
    };
  const readBlob = async (oid: Oid): Promise<Uint8Array> => {
    await obtainFiles([oid]);
    const found = requireObject(await objects.read(oid), oid);
    if (found.type !== 'blob') throw missing(oid, `is a ${found.type}, not a file`);
    return found.bytes;
  };
  return {
    resolveCommit,
    entryAt: async (commit, path) => {
      const read = readingOf(commit);
      return findEntry(read, await rootOf(commit, read), path);
    },
    entriesBelow: async (commit, path) => {
      const read = readingOf(commit);
      const folder = await findEntry(read, await rootOf(commit, read), path);
      return folder?.type === 'tree' ? entriesBelow(read, folder.oid, path) : [];
    },
    readBlob,
    blobSizes: async (oids) => {
      await obtainFiles(oids);
      return eachObject(oids, async (oid) => (await objects.head(oid))?.size);
    },
    streamBlob: async (oid) => {
      await obtainFiles([oid]);
      const stream = await objects.stream(oid);
      if (stream === undefined) throw missing(oid, MISSING);
      const head = await objects.head(oid);
      if (head?.type !== 'blob') {
        stream.destroy();
        throw missing(oid, `is a ${head?.type}, not a file`);
      }
      return Readable.from(whole(stream, oid), { objectMode: false });
    },
  };
}

const MISSING = 'is missing or corrupt';

const missing = (oid: Oid, why: string): RegError => new RegError('SOURCE_PATH', `object ${oid} ${why}`);

function requireObject(found: FoundObject | undefined, oid: Oid): FoundObject {
  if (found === undefined) throw missing(oid, MISSING);
  return found;
}

async function* whole(stream: Readable, oid: Oid): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw error instanceof RegError ? error : missing(oid, MISSING);
  }
}

/** Objects of a repository that lacks some on purpose (git-clone(1), --filter): what is not here has to be fetched. */
export const requireAll = (objects: Objects): Objects => {
  const orRefuse =
    <T>(ask: (oid: Oid) => Promise<T | undefined>) =>
    async (oid: Oid): Promise<T> => {
      const answer = await ask(oid);
      if (answer === undefined) throw needsGit(`to fetch object ${oid}, which this partial clone left out,`);
      return answer;
    };
  const { has, head, read, stream, beginning } = objects;
  return { has, head: orRefuse(head), read: orRefuse(read), stream: orRefuse(stream), beginning };
};

import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader, TreeEntry } from '../port.js';
import { readObjects, readSizes } from './cat-file.js';
import { expectSuccess, type RunGit } from './run-git.js';
import type { StreamGit } from './stream-git.js';

/** Reads commits, trees and blobs with the git program. */
export function binaryObjectReader(git: RunGit, stream: StreamGit): ObjectReader {
  return {
    resolveCommit: (rev) => resolveCommit(git, rev),
    entryAt: async (commit, path) => {
      if (path === '') return { path, type: 'tree', oid: commit };
      return (await entries(git, ['--', commit, path])).find((entry) => entry.path === path);
    },
    entriesBelow: (commit, path) => entries(git, ['-r', '--', commit, ...(path === '' ? [] : [`${path}/`])]),
    readBlob: (oid) => readBlob(git, oid),
    blobSizes: (oids) => readSizes(git, oids),
    streamBlob: async (oid) => stream(['cat-file', 'blob', oid]),
  };
}

/** Means something to git, but no commit; no argument can hold a NUL. */
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

async function readBlob(git: RunGit, oid: Oid): Promise<Uint8Array> {
  const found = (await readObjects(git, [oid])).get(oid);
  if (found?.type === 'blob') return found.bytes;
  throw new RegError(
    'SOURCE_PATH',
    `object ${oid} is ${found ? `a ${found.type}, not a file` : 'missing or corrupt'}`,
  );
}

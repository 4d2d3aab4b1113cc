import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { blobId } from '../../util/blob.js';
import { isThere } from '../../util/files.js';
import { inOwnFolder, notPlain, readPlain, tooLarge } from '../../util/safe-files.js';
import { type Index, type NextCommit, type Objects, STAGED, type TreeEntry } from '../port.js';
import { expectSuccess, type GitResult, oneLine, type RunGit, readGitIn, type Surroundings } from './run.js';

/** A file that differs from the index or from HEAD (git-status(1), Porcelain Format Version 1). */
interface Status {
  path: string;
  /** How the index differs from HEAD, and the work tree from the index; a blank where they are the same. */
  index: string;
  workTree: string;
}

/** Reads `git status` in its form for programs. */
async function statusOf(git: RunGit, paths: readonly string[]): Promise<Status[]> {
  const pathspecs = paths.map((path) => `:(top,literal)${path}`);
  const args = [
    '--no-optional-locks',
    'status',
    '--porcelain',
    '-z',
    '--untracked-files=all',
    '--no-renames',
  ];
  const result = await git([...args, '--', ...pathspecs]);
  const lines = linesOf(expectSuccess(result, 'comparing the work tree with HEAD'));
  const statuses = lines.map((line) => ({
    index: line[0] ?? '',
    workTree: line[1] ?? '',
    path: line.slice('XY '.length),
  }));
  const isGone = ({ index }: Status): boolean => index === 'D';
  return statuses.some(isGone) && (await lacksIndex(git)) ? statuses.filter((one) => !isGone(one)) : statuses;
}

/** Whether there is no index yet, as in a clone without a checkout (git-clone(1), --no-checkout): that deletes nothing. */
async function lacksIndex(git: RunGit, folder?: string): Promise<boolean> {
  // the usual place, which takes no process
  if (folder !== undefined && (await isThere(join(folder, '.git', 'index')))) return false;
  const named = await git(['rev-parse', '--path-format=absolute', '--git-path', 'index']);
  return !(await isThere(expectSuccess(named, 'looking for the index').toString().trimEnd()));
}

const linesOf = (stdout: Buffer): string[] => stdout.toString().split('\0').slice(0, -1);

/** The files at these paths, or below them, that the index or the work tree has otherwise than HEAD. */
export const listUncommitted = async (git: RunGit, paths: readonly string[]): Promise<string[]> =>
  (await statusOf(git, paths)).map(({ path }) => path).sort();

/** What reading the next commit takes. */
interface Access {
  git: RunGit;
  objects: Objects;
  around: Surroundings;
}

/**
 * Reads what a commit of the whole work tree would have: the index, and what differs from it as `git add` would store it
 * (gitattributes(5): line ends, encodings and filters).
 * @param top the top of the work tree
 */
export async function readNextCommit(top: string, { git, objects, around }: Access): Promise<NextCommit> {
  const inTop = readGitIn(top, around);
  const [staged, statuses] = await Promise.all([
    inTop(['ls-files', '-z', '--stage']).then((result) => expectSuccess(result, 'reading the index')),
    statusOf(git, []),
  ]);
  const index = new Map((await orOfHead(inTop, linesOf(staged))).flatMap(entriesOf));
  const edited = new Set<string>();
  for (const status of statuses) {
    const { path } = status;
    if (status.workTree === ' ') continue;
    index.delete(path);
    // a file that one side of a conflict deleted is there still; a folder is a repository of its own
    const isGone = status.workTree === 'D' && status.index !== 'U';
    if (!isGone && !path.endsWith('/')) edited.add(path);
  }
  return {
    paths: [...index.keys(), ...edited].sort(),
    read: async (path, limit) => {
      if (edited.has(path)) {
        const bytes = await readPlain(join(top, path), limit, path);
        return bytes && asStored(top, path, bytes, around);
      }
      const entry = index.get(path);
      if (entry === undefined) return undefined;
      if (!entry.isFile) throw notPlain(path, 'no plain file');
      const here = await readPlain(join(top, path), limit, path).catch(() => undefined);
      if (here !== undefined && blobId(here, entry.oid) === entry.oid) return here;
      return readBlob(objects, path, entry.oid, limit);
    },
  };
}

/**
 * Reads the files of the index; git finds it by GIT_INDEX_FILE, which a hook of `git commit PATH` has set (githooks(5)).
 * @param top the top of the work tree
 */
export async function readIndex(top: string, objects: Objects, around: Surroundings): Promise<Index> {
  const inTop = readGitIn(top, around);
  const intended = ['diff-files', '--name-only', '--diff-filter=A', '--ita-invisible-in-index', '-z'];
  const [staged, notAdded] = await Promise.all([
    inTop(['ls-files', '-z', '--stage']).then((result) => expectSuccess(result, 'reading the index')),
    inTop(intended).then((result) => expectSuccess(result, 'comparing the work tree with the index')),
  ]);
  const left = new Set(linesOf(notAdded));
  const lines = await orOfHead(inTop, linesOf(staged));
  const unmerged = new Set(lines.flatMap((line) => /^\d+ \w+ [123]\t(.*)$/s.exec(line)?.[1] ?? []));
  const entries = new Map(
    lines.flatMap((line) => {
      const [, mode = '', oid = '', path = ''] = /^(\d+) (\w+) 0\t(.*)$/s.exec(line) ?? [];
      const type = TYPES[mode];
      return type === undefined || left.has(path) ? [] : [[path, { path, type, oid }] as const];
    }),
  );
  const paths = [...entries.keys()].filter((path) => entries.get(path)?.type !== 'commit').sort();
  const below = (folder: string): TreeEntry[] =>
    [...entries.values()].filter(({ path }) => folder === '' || path.startsWith(`${folder}/`));
  return {
    paths,
    unmerged: [...unmerged].sort(),
    read: async (path, limit) => {
      const entry = entries.get(path);
      if (entry === undefined || entry.type === 'commit') return undefined;
      if (entry.type !== 'blob') throw notPlain(path, 'no plain file');
      return readBlob(objects, path, entry.oid, limit);
    },
    objects: {
      ...objects,
      entry: async (commit, path) => {
        if (commit !== STAGED) return objects.entry(commit, path);
        const isFolder = (): boolean => path === '' || below(path).length > 0;
        return entries.get(path) ?? (isFolder() ? { path, type: 'tree', oid: STAGED } : undefined);
      },
      entries: async (commit, path) =>
        commit === STAGED ? below(path).sort(byPath) : objects.entries(commit, path),
    },
  };
}

/** What the index holds, by its mode (gitformat-index(5)). */
const TYPES: Readonly<Record<string, TreeEntry['type']>> = {
  '100644': 'blob',
  '100755': 'blob',
  '120000': 'link',
  '160000': 'commit',
};

const byPath = (one: TreeEntry, other: TreeEntry): number => (one.path < other.path ? -1 : 1);

async function readBlob(objects: Objects, path: string, oid: Oid, limit: number): Promise<Uint8Array> {
  const size = (await objects.sizes([oid])).get(oid) ?? 0;
  if (size > limit) throw tooLarge(path, size, limit);
  return objects.blob(oid);
}

/**
 * The files that the work tree may lack by design, by the end of their paths. They are those of the index, and without an index those
 * of HEAD.
 */
export async function listNotCheckedOut(git: RunGit, folder: string, end: string): Promise<Map<string, Oid>> {
  const pathspec = `:(top)*${end.replaceAll(/[\\*?[]/g, '\\$&')}`;
  const [listed, isWithout] = await Promise.all([
    git(['ls-files', '-v', '-z', '--stage', '--full-name', '--', pathspec]),
    lacksIndex(git, folder),
  ]);
  const lines = linesOf(expectSuccess(listed, 'reading the index'));
  // S is --skip-worktree, a small letter --assume-unchanged
  const hidden = lines.filter((line) => /^[Sa-z] /.test(line)).flatMap((line) => entriesOf(line.slice(2)));
  const entries = isWithout ? (await linesOfHead(git)).flatMap(entriesOf) : hidden;
  return new Map(
    entries.flatMap(([path, { oid, isFile }]) => (isFile && path.endsWith(end) ? [[path, oid]] : [])),
  );
}

/** The lines of the index, or of HEAD where there is no index. */
const orOfHead = async (git: RunGit, lines: string[]): Promise<string[]> =>
  lines.length === 0 && (await lacksIndex(git)) ? linesOfHead(git) : lines;

/** The lines of `git ls-files --stage` in a checkout of HEAD; nothing before the first commit. */
async function linesOfHead(git: RunGit): Promise<string[]> {
  const { code, stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', 'HEAD']);
  // `<mode> <type> <oid>`, where the index has `<mode> <oid> <stage>`
  return code === 0 ? linesOf(stdout).map((line) => line.replace(/^(\d+) \w+ (\w+)/, '$1 $2 0')) : [];
}

/** A file as the index has it. */
interface IndexEntry {
  oid: Oid;
  isFile: boolean;
}

/** A line of `git ls-files --stage`: the mode, the object, the stage of a conflict, and the path. Submodules are left out. */
function entriesOf(line: string): [path: string, entry: IndexEntry][] {
  const [, mode, oid = '', path = ''] = /^(\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(line) ?? [];
  return mode === undefined || mode === '160000' ? [] : [[path, { oid, isFile: mode !== '120000' }]];
}

/** The bytes that `git add` would store for a file. Nothing is added to the repository. */
async function asStored(
  top: string,
  path: string,
  bytes: Uint8Array,
  around: Surroundings,
): Promise<Uint8Array> {
  const git = readGitIn(top, around);
  const hash = ['hash-object', `--path=${path}`, '--stdin'];
  const answer = (result: GitResult): Buffer => {
    if (result.code === 0) return result.stdout;
    const message = `git cannot store ${path}: ${oneLine(result.stderr)}`;
    throw new RegError('GIT_FAILED', message, 'see: git check-attr --all -- PATH', { file: path, line: 1 });
  };
  const oid = answer(await git(hash, bytes))
    .toString()
    .trim();
  if (blobId(bytes, oid) === oid) return bytes;
  // git says what it would store only to a folder of objects
  return inOwnFolder('objects', async (folder) => {
    const named = await git(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
    const env = {
      ...around.env,
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: answer(named).toString().trimEnd(),
    };
    const aside = readGitIn(top, { ...around, env });
    answer(await aside([...hash, '-w'], bytes));
    return answer(await aside(['cat-file', 'blob', oid]));
  });
}

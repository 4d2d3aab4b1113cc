import { createHash } from 'node:crypto';
import { type FileHandle, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import { isFolder } from '../util/files.js';
import { makeOwnFolder, moved, openPlain, writeBelow } from '../util/safe-files.js';
import { shellLine } from '../util/shell.js';
import type { RegistryRepository, Remote, Writer } from './port.js';
import { openGitRepository } from './program/repository.js';
import { gitIn, oneLine, requireGit, type Surroundings, withoutLocalVariables } from './program/run.js';
import { borrowFolder, unwritable } from './remote/cache.js';

// A bundle is a pack with the refs that it was made of (gitformat-bundle(5)). Git clones from one and fetches from one, and reads nothing
// in place, so that a copy of its refs and objects is kept in the cache. The copy is named after what the bundle holds: a newer
// bundle in the place of an older one has another copy.

const SIGNATURE = /^# v[23] git bundle\n/;
/** A name, an object id and more for each ref: enough for some hundred thousand of them. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;
/** What a pack ends with is the hash of all of it (gitformat-pack(5)). */
const TRAILER_BYTES = 32;

/** Whether a file is a git bundle, by its first line. */
export async function isBundle(path: string): Promise<boolean> {
  const file = await openBundle(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    return SIGNATURE.test((await bytesAt(file, 0, 32)).toString('latin1'));
  } finally {
    await file.close();
  }
}

/**
 * Opens a bundle as a repository that is only read.
 * @param path an absolute path
 * @param cache where its copy is kept
 * @throws RegError NO_REPOSITORY for a bundle that is incremental, broken or has SHA-256 ids; GIT_MISSING, GIT_TOO_OLD, FILE_SYSTEM
 */
export async function openBundleRepository(
  path: string,
  cache: string,
  around: Surroundings,
): Promise<RegistryRepository> {
  const folder = await copyOf(path, cache, around);
  const inside = { ...around, env: { ...withoutLocalVariables(around.env), GIT_DIR: folder } };
  const repository = openGitRepository(folder, inside);
  const refuse = async (): Promise<never> => {
    throw new RegError(
      'NO_CLONE',
      `cannot write to ${path}: a bundle is only read`,
      `write in a clone of the repository that it was made from, or of itself: ${shellLine('git', 'clone', path)}`,
    );
  };
  const writer: Writer = {
    identity: refuse,
    signsTags: refuse,
    store: refuse,
    turn: refuse,
    change: refuse,
    commitFile: refuse,
    chooseRemote: refuse,
  };
  const own = repository.remote?.('.');
  const remote = own && ((): Remote => ({ ...own, push: refuse }));
  return {
    ...repository,
    address: path,
    isExcerpt: true,
    writer,
    remote,
    remotes: async () => ({ names: [] }),
    hasRemote: async () => true,
    workTree: async () => undefined,
  };
}

/** The folder with the refs and objects of a bundle, made where it is not there yet. */
async function copyOf(path: string, cache: string, around: Surroundings): Promise<string> {
  const { refs, key } = await readHeader(path);
  const home = join(cache, 'bundles');
  const folder = join(home, `${key}.git`);
  try {
    // the configuration of a repository names programs that git runs
    await makeOwnFolder(home);
    if (await isFolder(folder)) {
      await makeOwnFolder(folder);
      return folder;
    }
    const made = await borrowFolder(home, undefined);
    try {
      await fetchAll(path, refs, made.path, around);
      await writeBelow(made.path, 'description', `${path}\n`);
      await writeBelow(made.path, 'HEAD', `${headOf(refs)}\n`);
      // another process may have been faster
      if ((await moved(made.path, folder)) || (await isFolder(folder))) return folder;
    } finally {
      await made.drop();
    }
  } catch (error) {
    throw unwritable(error);
  }
  throw new RegError('FILE_SYSTEM', `cannot write to the cache: ${folder} was not made`, 'try again');
}

/** Brings branches and tags, as a clone has them, and the commit of HEAD, which may be on no branch. */
async function fetchAll(
  path: string,
  refs: Header['refs'],
  folder: string,
  around: Surroundings,
): Promise<void> {
  const head = refs.has('HEAD') ? ['+HEAD:refs/reg/head'] : [];
  const git = gitIn(folder, {
    ...around,
    env: { ...withoutLocalVariables(around.env), GIT_DIR: folder },
  });
  const options = ['--progress', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--refmap='];
  const result = await git([
    '-c',
    'fetch.unpackLimit=1',
    'fetch',
    ...options,
    '--end-of-options',
    path,
    '+refs/heads/*:refs/heads/*',
    '+refs/tags/*:refs/tags/*',
    ...head,
  ]);
  if (result.code === 0) return;
  await requireGit(git);
  throw unreadable(path, oneLine(result.stderr) || `git ended with exit code ${result.code}`);
}

const unreadable = (path: string, why: string, hint?: string): RegError =>
  new RegError(
    'NO_REPOSITORY',
    `cannot read the bundle ${path}: ${why}`,
    hint ?? `see what git says of it: ${shellLine('git', 'bundle', 'verify', path)}`,
  );

/** What stands before the pack. */
interface Header {
  refs: ReadonlyMap<string, Oid>;
  /** Stands for all that the bundle holds. */
  key: string;
}

/**
 * Reads the lines before the pack: capabilities (`@`), commits that a reader must have (`-`), refs, and an empty line.
 * @throws RegError NO_REPOSITORY
 */
async function readHeader(path: string): Promise<Header> {
  const file = await openBundle(path);
  try {
    const { size } = await file.stat();
    const header = await headerOf(file, size);
    if (header === undefined) throw unreadable(path, 'its list of refs breaks off');
    const [, ...lines] = header.toString().trimEnd().split('\n');
    if (lines.includes('@object-format=sha256'))
      throw unreadable(
        path,
        'it has SHA-256 ids, and those are read in a clone alone',
        `clone it: ${shellLine('git', 'clone', path)}`,
      );
    const lacking = lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1, 13));
    if (lacking.length > 0)
      throw unreadable(
        path,
        `it is incremental, and lacks the commits before it: ${lacking.slice(0, 3).join(', ')}${lacking.length > 3 ? ' and more' : ''}`,
        `make a whole one where the repository is: ${shellLine('git', 'bundle', 'create', path, '--all')}; or fetch it into a clone that has them: ${shellLine('git', 'fetch', path)}`,
      );
    const refs = lines.flatMap((line): [string, Oid][] => {
      const [, oid, name] = /^([0-9a-f]{40}) (.+)$/.exec(line) ?? [];
      return oid === undefined || name === undefined ? [] : [[name, oid]];
    });
    const hash = createHash('sha256').update(header).update(String(size));
    hash.update(await bytesAt(file, Math.max(size - TRAILER_BYTES, 0), TRAILER_BYTES));
    return { refs: new Map(refs), key: hash.digest('hex').slice(0, 40) };
  } finally {
    await file.close();
  }
}

/** The bytes before the pack; undefined where there is no end to them. */
async function headerOf(file: FileHandle, size: number): Promise<Buffer | undefined> {
  for (let length = 64 * 1024; ; length *= 8) {
    const start = await bytesAt(file, 0, Math.min(length, size));
    const end = start.indexOf('\n\n');
    if (end >= 0) return start.subarray(0, end + 1);
    if (length >= Math.min(size, MAX_HEADER_BYTES)) return undefined;
  }
}

/** What the user names may be a symbolic link. */
const openBundle = async (path: string): Promise<FileHandle> => openPlain(await realpath(path), path);

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * What HEAD of the copy holds. A bundle gives the commit of HEAD and not its branch, which is found as git-clone(1) does: `main` or
 * `master` where one of them is there, else the first branch.
 */
function headOf(refs: ReadonlyMap<string, Oid>): string {
  const head = refs.get('HEAD');
  const names = [...refs.keys()].filter((name) => name.startsWith('refs/heads/'));
  const usual = ['refs/heads/main', 'refs/heads/master'];
  const branch = [...usual, ...names].find(
    (name) => refs.has(name) && (head ?? refs.get(name)) === refs.get(name),
  );
  return branch !== undefined && (head !== undefined || usual.includes(branch))
    ? `ref: ${branch}`
    : (head ?? 'ref: refs/heads/main');
}

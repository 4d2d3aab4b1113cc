import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type GitConfig, gitConfigValue, isGitConfigTrue } from '../../documents/git-config.js';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import { blobHash } from '../../util/blob.js';
import { filesBelow, isFolder, isThere } from '../../util/files.js';
import { readPlain, tooLarge } from '../../util/safe-files.js';
import { firstBytes } from '../../util/stream.js';
import type {
  Objects,
  RefTips,
  RegistryRepository,
  SourceRepository,
  TagReading,
  TagRef,
  Tags,
  TreeEntry,
} from '../port.js';
import { fetchReach, type NextCommit, NO_FILES, needsGit, reachesOf } from '../port.js';
import { decodeFound, MAX_TAG_BYTES, ownTarget, readingOf } from '../tag-object.js';
import { treeEntries } from '../tree-object.js';
import { commitsBetween, mergeBase, readShallow } from './history.js';
import { localLargeFiles } from './large-files.js';
import { askEach, type ObjectStore, openObjectStore, peel, type StoredObject } from './objects.js';
import { findPlace, type Place } from './place.js';
import { headBranch, openRefs, type Refs, type StoredRef } from './refs.js';
import { resolveCommit } from './revisions.js';

/**
 * Opens the repository that a folder is in, to read it without the git program: a work tree, a folder inside one, a linked
 * work tree, a bare repository.
 * @throws RegError NO_REPOSITORY, GIT_MISSING when it is stored in a way that only the git program reads
 */
export async function openLocalRepository(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryRepository> {
  const place = await findPlace(folder, env);
  const { gitDir, commonDir, config } = place;
  const all = openObjectStore(join(commonDir, 'objects'));
  const objects = isPartialClone(config) ? withoutMissing(all) : all;
  const refs = openRefs(gitDir, commonDir);
  const read = readFolder(gitDir, commonDir, objects);
  return {
    ...read,
    address: undefined,
    // a tag or an object that is missing is an answer here
    tags: tagsIn(refs, all),
    objects: { ...read.objects, types: (oids) => typesOf(all, oids) },
    remotes: async () => {
      const names = [...config.keys()].flatMap((key) => /^remote\.(.*)\.url$/.exec(key)?.[1] ?? []);
      return {
        names,
        chosen: gitConfigValue(config, 'reg.remote'),
        pushDefault: gitConfigValue(config, 'remote.pushdefault'),
        ofBranch: gitConfigValue(config, `branch.${await headBranch(gitDir)}.remote`),
        mirrors: new Set(names.filter((name) => isGitConfigTrue(config, `remote.${name}.mirror`))),
        fetches: reachesOf(names, (name) =>
          fetchReach(
            gitConfigValue(config, `remote.${name}.tagopt`),
            config.get(`remote.${name}.fetch`) ?? [],
          ),
        ),
      };
    },
    hasRemote: async (name) => gitConfigValue(config, `remote.${name}.url`) !== undefined,
    largeFiles: localLargeFiles(place, env),
    tips: () => listTips(refs, objects),
    defaultBranch: () => headBranch(gitDir),
    workTree: async () => place.workTree,
    uncommitted: async (paths) => {
      const changed = await listUncommitted(read.objects, place.workTree, paths);
      const absent = changed.length === 0 ? NO_ENTRIES : await absentHere(read.objects, place);
      return changed.filter((path) => !absent.has(path));
    },
    notCheckedOut: async (end) =>
      new Map([...(await absentHere(read.objects, place))].filter(([path]) => path.endsWith(end))),
    nextCommit: async () => {
      const files = await filesHere(read.objects, place.workTree);
      const absent = place.workTree === undefined ? NO_ENTRIES : await absentHere(read.objects, place);
      if (absent.size === 0) return files;
      return {
        paths: [...files.paths, ...absent.keys()].sort(),
        read: async (path, limit) => {
          const oid = absent.get(path);
          if (oid === undefined) return files.read(path, limit);
          const size = (await read.objects.sizes([oid])).get(oid) ?? 0;
          if (size > limit) throw tooLarge(path, size, limit);
          return read.objects.blob(oid);
        },
      };
    },
  };
}

/**
 * Opens a folder as the source of models.
 * @param env names settings and logins; a repository that it names is another one
 * @throws RegError NO_REPOSITORY, GIT_MISSING
 */
export async function openLocalSource(folder: string, env: NodeJS.ProcessEnv): Promise<SourceRepository> {
  const notFound = new RegError(
    'NO_REPOSITORY',
    `there is no git repository at ${folder}`,
    'check --source, or source.repo of the link',
  );
  if (!(await isFolder(folder))) throw notFound;
  const elsewhere = Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^GIT_(?!CONFIG_|SSL_)/.test(name)),
  );
  return openLocalRepository(folder, elsewhere).catch((error: unknown) => {
    throw error instanceof RegError && error.code === 'NO_REPOSITORY' ? notFound : error;
  });
}

/** What can be read from the files of any repository. */
export type FolderReader = Pick<RegistryRepository, 'tags' | 'objects' | 'history'>;

/**
 * Reads a repository whose folders are known.
 * @param gitDir its own folder, with HEAD
 * @param commonDir the folder that it shares with its worktrees
 */
export function readFolder(gitDir: string, commonDir: string, objects: ObjectStore): FolderReader {
  const refs = openRefs(gitDir, commonDir);
  const shallow = () => readShallow(commonDir);
  return {
    tags: tagsIn(refs, objects),
    objects: objectsIn(objects, (rev) => resolveCommit(refs, objects, shallow, rev)),
    history: {
      between: async (from, to, most) =>
        (await shallow()).size > 0
          ? undefined
          : (await commitsBetween(objects.read, from, to))?.slice(0, most),
      mergeBase: (one, other) => mergeBase(objects.read, one, other),
      isShallow: async () => (await shallow()).size > 0,
    },
  };
}

/**
 * Compares files of a work tree with HEAD by their bytes. Without the git program nothing is known of the index, nor of what is
 * ignored or converted (gitattributes(5)): then a file counts as changed where its bytes differ.
 */
async function listUncommitted(
  objects: Objects,
  root: string | undefined,
  paths: readonly string[],
): Promise<string[]> {
  const head = root === undefined ? undefined : await objects.commit('HEAD');
  if (root === undefined || head === undefined) return [];
  const changed = new Set<string>();
  for (const path of paths) {
    const entry = await objects.entry(head, path);
    const committed = entry?.type === 'tree' ? await objects.entries(head, path) : entry ? [entry] : [];
    for (const one of committed) if (!(await isBlobAt(join(root, one.path), one.oid))) changed.add(one.path);
    const here = (await isFolder(join(root, path))) ? await filesBelow(join(root, path)) : [];
    const known = new Set(committed.map((one) => one.path));
    for (const file of here) if (!known.has(`${path}/${file}`)) changed.add(`${path}/${file}`);
    if (entry === undefined && here.length === 0 && (await isThere(join(root, path)))) changed.add(path);
  }
  return [...changed].sort();
}

const NO_ENTRIES: ReadonlyMap<string, Oid> = new Map();

/**
 * The files of HEAD that a sparse checkout, or a clone without a checkout, left out. Without the git program nothing is known of the index:
 * all of HEAD that is not here counts as left out there.
 */
async function absentHere(
  objects: Objects,
  { gitDir, workTree }: Pick<Place, 'gitDir' | 'workTree'>,
): Promise<ReadonlyMap<string, Oid>> {
  const isWhole =
    (await isThere(join(gitDir, 'index'))) && !(await isThere(join(gitDir, 'info/sparse-checkout')));
  const head = isWhole ? undefined : await objects.commit('HEAD');
  if (head === undefined) return NO_ENTRIES;
  const files = (await objects.entries(head, '')).filter(({ type }) => type === 'blob');
  const isHere = await Promise.all(
    files.map(async ({ path }) => workTree !== undefined && (await isThere(join(workTree, path)))),
  );
  return new Map(files.flatMap(({ path, oid }, index) => (isHere[index] ? [] : [[path, oid]])));
}

/**
 * The files of a work tree, for the next commit. Without the git program nothing is known of the index, nor of what is ignored or
 * converted: those below `node_modules` count where HEAD has them.
 */
async function filesHere(objects: Objects, root: string | undefined): Promise<NextCommit> {
  if (root === undefined) return NO_FILES;
  const head = await objects.commit('HEAD');
  const committed = head === undefined ? [] : await objects.entries(head, '');
  const packages = committed.map(({ path }) => path).filter((path) => /(^|\/)node_modules\//.test(path));
  const isHere = await Promise.all(packages.map((path) => isThere(join(root, path))));
  const found = await filesBelow(root, new Set(['.git', 'node_modules']));
  return {
    paths: [...found, ...packages.filter((_, index) => isHere[index])].sort(),
    read: (path, limit) => readPlain(join(root, path), limit, path),
  };
}

/** Whether a file has the bytes of a blob. */
async function isBlobAt(path: string, oid: Oid): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) return false;
  const hash = blobHash(found.size, oid);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex') === oid;
}

const PREFIX = 'refs/tags/';

/** How the full names of the tags of an artifact begin, or of all tags. */
const prefixesOf = (scope: ArtifactName | 'all'): string[] =>
  scope === 'all' ? [PREFIX] : ['@', '#'].map((mark) => PREFIX + artifactNameForTag(scope) + mark);

const tagsIn = (refs: Refs, objects: ObjectStore): Tags => ({
  list: async (scope) => {
    const stored = await refs.list(...prefixesOf(scope));
    // undefined is an answer too
    const peeled = await askEach(stored, async (ref) => [await peeledOf(ref, objects)] as const);
    const listed = stored.map((ref) => {
      const [found] = peeled.get(ref) ?? [];
      return { name: ref.name.slice(PREFIX.length), oid: ref.oid, peeled: found };
    });
    return { refs: listed, known: new Map() };
  },
  read: async (refs) => {
    const readings = await askEach(refs, (ref) => readTag(objects, ref));
    return refs.flatMap((ref) => readings.get(ref) ?? []);
  },
});

async function peeledOf({ name, oid, peeled }: StoredRef, objects: ObjectStore): Promise<TagRef['peeled']> {
  // an object may be missing although packed refs say what it leads to
  if (peeled) return (await objects.has(oid)) ? peeled : 'unknown';
  // of a tag that git could not follow it says nothing either, so a lightweight one with an event's name is looked at
  if (peeled === null && !/[@#]/.test(name)) return undefined;
  const head = await objects.head(oid);
  if (head === undefined) return 'unknown';
  return head.type === 'tag' ? ((await peel(objects, { type: 'tag', oid }))?.oid ?? 'unknown') : undefined;
}

async function readTag(objects: ObjectStore, { name, oid }: TagRef): Promise<TagReading> {
  // of a lightweight tag the type alone: it may point at a huge file
  const head = await objects.head(oid);
  const isRead = head?.type === 'tag' && head.size <= MAX_TAG_BYTES;
  const object = isRead ? await objects.read(oid) : head && { ...head, bytes: NO_BYTES };
  const decoded = decodeFound({ ref: { name, oid }, object });
  if (!('object' in decoded)) return decoded;
  const { type, object: inner } = decoded.object;
  if (type === 'tag' && ((await objects.head(inner))?.type ?? 'tag') !== 'tag')
    return readingOf(decoded, 'another type');
  const end = await peel(objects, ownTarget(decoded.object));
  // git follows a tag of a tag to the end, and of a plain one it takes the word
  const isHere = type !== 'tag' || (end !== undefined && (await objects.has(end.oid)));
  return readingOf(decoded, isHere ? end : undefined);
}

const NO_BYTES = Buffer.alloc(0);

/** The commits that all refs lead to; a broken ref leads to the id that its listing gives, as for git. */
async function listTips(refs: Refs, objects: ObjectStore): Promise<RefTips> {
  const endOf = async ({ oid, peeled }: StoredRef): Promise<Oid> => {
    if (peeled) return peeled;
    const head = await objects.head(oid);
    return (head && (await peel(objects, { type: head.type, oid })))?.oid ?? oid;
  };
  const tips = await askEach(await refs.list('refs/'), endOf);
  const head = await refs.read('HEAD');
  const all: [string, Oid][] = [...tips].map(([{ name }, oid]) => [name, oid]);
  return new Map(head === undefined ? all : [['HEAD', head], ...all]);
}

function objectsIn(objects: ObjectStore, commit: Objects['commit']): Objects {
  const read = async (oid: Oid): Promise<StoredObject> => required(await objects.read(oid), oid);
  const entriesOf = async (tree: Oid): Promise<TreeEntry[]> => {
    const { type, bytes } = await read(tree);
    if (type !== 'tree') throw unusable(tree, `is a ${type}, not a folder`);
    return treeEntries(bytes);
  };
  const entry = async (commit: Oid, path: string): Promise<TreeEntry | undefined> => {
    const header = (await read(commit)).bytes.toString('latin1', 0, 46);
    const [, root] = /^tree ([0-9a-f]{40})\n/.exec(header) ?? [];
    if (root === undefined) throw unusable(commit, 'is not a commit');
    let found: TreeEntry | undefined = { path: '', type: 'tree', oid: root };
    // symbolic links are not followed, and submodules not entered
    for (const part of path === '' ? [] : path.split('/')) {
      if (found?.type !== 'tree') return undefined;
      found = (await entriesOf(found.oid)).find((one) => one.path === part);
    }
    return found && { ...found, path };
  };
  const entriesBelow = async (tree: Oid, path: string): Promise<TreeEntry[]> => {
    const found: TreeEntry[] = [];
    for (const one of await entriesOf(tree)) {
      const full = path === '' ? one.path : `${path}/${one.path}`;
      if (one.type === 'tree') found.push(...(await entriesBelow(one.oid, full)));
      else found.push({ ...one, path: full });
    }
    return found;
  };
  const streamOf = async (oid: Oid): Promise<Readable> => {
    const { type } = required(await objects.head(oid), oid);
    if (type !== 'blob') throw unusable(oid, `is a ${type}, not a file`);
    return Readable.from(whole(required(await objects.stream(oid), oid), oid), { objectMode: false });
  };
  return {
    commit,
    entry,
    entries: async (commit, path) => {
      const folder = await entry(commit, path);
      return folder?.type === 'tree' ? entriesBelow(folder.oid, path) : [];
    },
    blob: async (oid, most) => {
      if (most !== undefined) return firstBytes(await streamOf(oid), most);
      const { type, bytes } = await read(oid);
      if (type !== 'blob') throw unusable(oid, `is a ${type}, not a file`);
      return bytes;
    },
    stream: streamOf,
    sizes: (oids) => askEach(oids, async (oid) => (await objects.head(oid))?.size),
    types: (oids) => typesOf(objects, oids),
  };
}

async function typesOf(objects: ObjectStore, oids: readonly Oid[]): Promise<Map<Oid, string>> {
  const heads = await askEach(oids, objects.head);
  return new Map(oids.map((oid) => [oid, heads.get(oid)?.type ?? 'missing']));
}

const MISSING = 'is missing or corrupt';

const unusable = (oid: Oid, why: string): RegError => new RegError('SOURCE_PATH', `object ${oid} ${why}`);

function required<T>(found: T | undefined, oid: Oid): T {
  if (found === undefined) throw unusable(oid, MISSING);
  return found;
}

async function* whole(stream: Readable, oid: Oid): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (error) {
    throw error instanceof RegError ? error : unusable(oid, MISSING);
  }
}

/** A clone whose remote promised to send the rest on demand (gitformat-pack(5), partial clones). */
const isPartialClone = (config: GitConfig): boolean =>
  config.has('extensions.partialclone') ||
  [...config.keys()].some((key) => /^remote\..*\.promisor$/.test(key) && isGitConfigTrue(config, key));

/** The objects of a partial clone: those that are missing have to be fetched. */
const withoutMissing = (objects: ObjectStore): ObjectStore => {
  const orRefuse =
    <T>(ask: (oid: Oid) => Promise<T | undefined>) =>
    async (oid: Oid): Promise<T> => {
      const answer = await ask(oid);
      if (answer === undefined) throw needsGit(`to fetch object ${oid}, which this partial clone left out,`);
      return answer;
    };
  const { head, read, stream } = objects;
  return { ...objects, head: orRefuse(head), read: orRefuse(read), stream: orRefuse(stream) };
};

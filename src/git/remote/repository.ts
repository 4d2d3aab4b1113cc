import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import { tagRef, tagRefsOf } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { isOid } from '../../util/oid.js';
import { parseJson } from '../../util/text.js';
import {
  type Branches,
  isBrokenRef,
  type ManyObjects,
  NO_FILES,
  type Objects,
  type RegistryRepository,
  requireBranches,
  type TagList,
  type TagReading,
  type TagRef,
} from '../port.js';
import { type RemoteCache, unwritable } from './cache.js';
import type { CacheFolder, Transport, Wants } from './transport.js';

/** A fetch, and the folder that it uses; see `RemoteCache.borrow`. */
interface Fetch extends Wants {
  keptAs?: string;
  apart?: boolean;
}

/** Reads a repository of the cache. */
export type FolderReader = Pick<RegistryRepository, 'tags' | 'objects' | 'history' | 'branches'>;

/** The parts of the port that a remote repository has however it is reached. */
export type RemoteRepository = Omit<RegistryRepository, 'largeFiles'>;

const EVERYTHING = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const;
/** Commits without their files, and their whole history. */
const COMMITS = { filter: 'tree:0', shallow: false, apart: true } as const;
const WANTED = 'refs/reg/wanted';

/** An abbreviated id, or the output of git-describe(1); no server can look one up. */
const ABBREVIATED = /^([0-9a-f]{4,64}|.*-g[0-9a-f]{4,64})$/i;
/** No name of a ref holds one of these (git-check-ref-format(1)). */
const NOT_A_NAME = /[\s\0*?[\\~^:]|\.\.|@\{|^-|^$/;

/**
 * Opens a remote repository to read it. Names are always those that it has now. Objects are fetched when they are needed, and
 * kept. Nothing is sent before the first question: every call may throw what a transport does.
 * @param open reads a folder of the cache
 * @param offline answers with what was kept, and asks nothing
 */
export function remoteRepository(
  reached: Transport,
  cache: RemoteCache,
  open: (folder: CacheFolder) => FolderReader,
  offline = false,
): RemoteRepository {
  const transport = offline ? offlineTransport(cache) : reached;
  const local = open(cache.shared);

  /** Fetches, and reads what came; gives the error where the server did not send what is wanted. */
  const tryFetch = async <T>(
    { keptAs, apart = false, ...wants }: Fetch,
    read: (fetched: FolderReader) => Promise<T>,
  ): Promise<{ found: T } | { error: RegError }> => {
    const folder = await cache.borrow(keptAs, apart);
    try {
      const error = await transport.fetch(wants, folder);
      if (error === undefined) {
        await cache.share(folder);
        const found = await read(open(folder));
        await folder.giveBack();
        return { found };
      }
      if (folder.isFresh) return { error };
    } catch (error) {
      throw unwritable(error);
    } finally {
      await folder.drop();
    }
    // it may have failed at what was kept
    return tryFetch({ ...wants, ...(keptAs === undefined ? {} : { keptAs }), apart }, read);
  };
  const fetch = async <T>(wants: Fetch, read: (fetched: FolderReader) => Promise<T>): Promise<T> => {
    const result = await tryFetch(wants, read);
    if ('error' in result) throw result.error;
    return result.found;
  };

  const listTags = async (scope: ArtifactName | 'all'): Promise<TagList> => {
    const listed = await askTags(scope);
    if (!offline) await cache.keep(listingOf(scope), JSON.stringify(listed.refs));
    return listed;
  };
  const askTags = async (scope: ArtifactName | 'all'): Promise<TagList> => {
    if (scope !== 'all' && !transport.isVersion2) {
      // a pattern of ls-remote is not narrowed down by the server, and one of a fetch is
      const refspecs = tagRefsOf(scope).map((start) => `+${start}*:${start}*`);
      const wants: Fetch = { refspecs, filter: 'tree:0', shallow: true, keptAs: scope };
      const result = await tryFetch(wants, ({ tags }) => tags.list(scope));
      if ('found' in result) return result.found;
      // one object that the server cannot send keeps all from coming, so they are brought one by one
    }
    const starts = tagRefsOf(scope);
    const isOwn = ({ name }: TagRef): boolean => starts.some((start) => tagRef(name).startsWith(start));
    const listed = await transport.listTags(scope);
    const refs = transport.isVersion2 || scope === 'all' ? listed : listed.filter(isOwn);
    const known = lightweightIn(refs);
    await judgeLightweight(refs, known);
    for (const ref of refs) if (isMissing(known.get(ref.name))) ref.peeled = 'unknown';
    if (scope === 'all') return { refs, known };
    // all at once: to ask for each round of them would take longer than to bring them
    const unread = refs.filter(({ name }) => !known.has(name));
    for (const [index, reading] of (await readTags(unread)).entries())
      known.set(unread[index]?.name ?? '', reading);
    return { refs, known };
  };
  /** Brings objects of tags. Those that the server lists and cannot send stay missing, and keep no other from coming. */
  const bringTags = async (oids: readonly Oid[], isReached = false): Promise<void> => {
    if (oids.length === 0 || (await canBring(oids))) return;
    // this fails where the server cannot be reached any more
    if (!isReached) await transport.tips();
    const half = Math.ceil(oids.length / 2);
    if (half === oids.length) return;
    await bringTags(oids.slice(0, half), true);
    await bringTags(oids.slice(half), true);
  };
  const canBring = (oids: readonly Oid[]): Promise<boolean> =>
    tryFetch({ refspecs: oids, filter: 'tree:0', shallow: true }, nothing).then(
      (result) => 'found' in result,
      (error: unknown) => {
        if (error instanceof RegError && error.code === 'REMOTE_FAILED') return false;
        throw error;
      },
    );
  /** What a server shows as lightweight tags may be tags whose objects it has lost; those of events are fetched to see. */
  const judgeLightweight = async (refs: readonly TagRef[], known: Map<string, TagReading>): Promise<void> => {
    const ends = new Set(refs.map(({ peeled }) => peeled));
    const unsure = refs.filter(({ name, oid }) => known.has(name) && /[@#]/.test(name) && !ends.has(oid));
    if (unsure.length === 0) return;
    for (const [index, reading] of (await readTags(unsure)).entries())
      known.set(unsure[index]?.name ?? '', reading);
  };
  const readTags = async (refs: readonly TagRef[]): Promise<TagReading[]> => {
    const here = await local.tags.read(refs);
    const missing = refs.filter((_, index) => isMissing(here[index]));
    if (missing.length === 0) return here;
    await bringTags([...new Set(missing.flatMap((ref) => (isBrokenRef(ref) ? [] : [ref.oid])))]);
    const fetched = (await local.tags.read(missing)).values();
    return here.map((one) => (isMissing(one) ? (fetched.next().value ?? one) : one));
  };

  const running = new Map<string, Promise<void>>();
  /** Brings files, or a commit with all its folders. Calls for the same objects at the same time share one fetch. */
  const bring = (oids: readonly Oid[]): Promise<void> => {
    const key = oids.join();
    const bringing = running.get(key) ?? bringNow(oids).finally(() => running.delete(key));
    running.set(key, bringing);
    return bringing;
  };
  const bringNow = async (oids: readonly Oid[]): Promise<void> => {
    const result = await tryFetch({ refspecs: oids, filter: 'blob:none', shallow: true }, nothing);
    if (!('error' in result)) return;
    if (transport.isVersion2)
      throw new RegError(
        'SOURCE_PATH',
        `${cache.address} has no object ${oids.join(' or ')}`,
        'the source may have been rewritten; link it again with a rev that it has',
      );
    await fetch(
      { refspecs: EVERYTHING, filter: undefined, shallow: false, apart: true, keptAs: 'all' },
      nothing,
    );
  };
  /** Reads the folders of a commit, which are fetched all at once where one is missing. */
  const withFolders = async <T>(commit: Oid, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof RegError && /^(SOURCE_PATH|GIT_FAILED)$/.test(error.code))) throw error;
    }
    await bring([commit]);
    return read();
  };
  const sizesOf = async (oids: readonly Oid[]): Promise<Map<Oid, number>> => {
    const here = await local.objects.sizes(oids);
    const missing = [...new Set(oids)].filter((oid) => !here.has(oid));
    if (missing.length === 0) return here;
    await bring(missing);
    return local.objects.sizes(oids);
  };

  /** Brings these commits with all that led to them, and reads their history. */
  const withHistory = async <T>(
    commits: readonly Oid[],
    read: (fetched: FolderReader) => Promise<T>,
  ): Promise<T> => {
    const refspecs = [...new Set(commits)].map((oid) => `+${oid}:refs/reg/history/${oid}`);
    const result = await tryFetch({ ...COMMITS, refspecs, keptAs: 'history' }, read);
    if ('found' in result) return result.found;
    if (transport.isVersion2) return read(local);
    return fetch({ ...COMMITS, refspecs: EVERYTHING, keptAs: 'every commit' }, read);
  };

  const resolveCommit: Objects['commit'] = async (rev, reads) => {
    const here = isOid(rev) ? await local.objects.commit(rev) : undefined;
    if (here !== undefined) return here;
    if (offline) return (await cache.kept(`commit ${rev}`)) ?? Promise.reject(notKept(cache, rev));
    const found = await askCommit(rev, reads);
    if (found !== undefined) await cache.keep(`commit ${rev}`, found);
    return found;
  };
  const askCommit = async (rev: string, reads: 'all' | 'top' = 'all'): Promise<Oid | undefined> => {
    const [, base = '', rest = ''] = /^(.*?)([~^].*)?$/s.exec(rev) ?? [];
    if (NOT_A_NAME.test(base)) return undefined;
    const refspecs = [`+${base}:${WANTED}`];
    const named: Fetch =
      rest === ''
        ? // with the names of its files, because callers that resolve a commit read it next
          { refspecs, filter: reads === 'top' ? 'tree:1' : 'blob:none', shallow: true }
        : { ...COMMITS, refspecs, keptAs: `${base} and before` };
    const ask = (wants: Fetch) => tryFetch(wants, (fetched) => fetched.objects.commit(WANTED + rest));
    let found = await ask(named);
    // a server may allow no such filter (git-config(1), uploadpackfilter.tree.maxDepth)
    if ('error' in found && named.filter === 'tree:1') found = await ask({ ...named, filter: 'blob:none' });
    if ('found' in found && found.found !== undefined) return found.found;
    if (ABBREVIATED.test(base)) {
      const every: Fetch = { ...COMMITS, refspecs: EVERYTHING, keptAs: 'every commit' };
      const result = await tryFetch(every, (fetched) => fetched.objects.commit(rev));
      if ('found' in result && result.found !== undefined) return result.found;
    }
    // a server that cannot be reached may look like one that does not have it; this fails only with the former
    await fetch({ refspecs: [`+${WANTED}/*:${WANTED}/*`], filter: undefined, shallow: false }, nothing);
    return undefined;
  };

  const { many: manyHere = NOTHING_AT_ONCE } = local.objects;
  const objects: Objects = {
    commit: resolveCommit,
    entry: (commit, path) => withFolders(commit, () => local.objects.entry(commit, path)),
    entries: (commit, path) => withFolders(commit, () => local.objects.entries(commit, path)),
    blob: async (oid, most) => {
      await sizesOf([oid]);
      return local.objects.blob(oid, most);
    },
    stream: async (oid) => {
      await sizesOf([oid]);
      return local.objects.stream(oid);
    },
    sizes: sizesOf,
    // the objects that a remote's tags lead to are there: it accepts no push without them
    types: async () => new Map(),
    many: local.objects.many && {
      trees: async (oids) => {
        const here = await manyHere.trees(oids);
        const missing = oids.filter((oid) => !here.has(oid));
        if (missing.length === 0) return here;
        for (let at = 0; at < missing.length; at += AT_ONCE) await bring(missing.slice(at, at + AT_ONCE));
        return manyHere.trees(oids);
      },
      blobs: async (oids) => {
        await sizesOf(oids);
        return manyHere.blobs(oids);
      },
    },
  };
  const branches: Branches = {
    strays: (tip, commits) =>
      withHistory([tip, ...commits], (fetched) => requireBranches(fetched).strays(tip, commits)),
    commitDate: (commit) => withHistory([commit], (fetched) => requireBranches(fetched).commitDate(commit)),
  };
  return {
    address: cache.address,
    tags: { list: listTags, read: readTags },
    objects,
    history: {
      between: (from, to, most) =>
        withHistory([from, to], (fetched) => fetched.history.between(from, to, most)),
      // changes are listed in a work tree, and a URL has no work tree
      mergeBase: async () => undefined,
      isShallow: async () => false,
    },
    branches: local.branches && branches,
    remotes: async () => ({ names: [] }),
    hasRemote: async () => true,
    notCheckedOut: async () => new Map(),
    tips: transport.tips,
    defaultBranch: transport.defaultBranch,
    workTree: async () => undefined,
    uncommitted: async () => [],
    nextCommit: async () => NO_FILES,
  };
}

/** Objects that one fetch names: a command line has a limit. */
const AT_ONCE = 500;

const NOTHING_AT_ONCE: ManyObjects = { trees: async () => new Map(), blobs: async () => new Map() };

const listingOf = (scope: ArtifactName | 'all'): string => `tags ${scope}`;

/** The error for what was never asked while the repository could be reached. */
const notKept = ({ address }: RemoteCache, what: string): RegError =>
  new RegError(
    'REMOTE_FAILED',
    `${what} of ${address} is not in the cache`,
    'ask without --offline, where the repository can be reached',
  );

/** Gives the listings that were kept, and reaches nothing. */
function offlineTransport(cache: RemoteCache): Transport {
  const refuse = async (): Promise<never> => {
    throw notKept(cache, 'what is asked');
  };
  return {
    // it lists one artifact alone, as such a server does
    isVersion2: true,
    listTags: async (scope) => {
      const own = await cache.kept(listingOf(scope));
      const all = own ?? (await cache.kept(listingOf('all')));
      const refs = all === undefined ? undefined : (parseJson(all) as TagRef[] | undefined);
      if (refs === undefined) throw notKept(cache, 'the list of tags');
      const starts = scope === 'all' ? [''] : tagRefsOf(scope);
      return refs.filter(({ name }) => starts.some((start) => tagRef(name).startsWith(start)));
    },
    tips: refuse,
    defaultBranch: refuse,
    fetch: refuse,
  };
}

const nothing = async (): Promise<void> => undefined;

const isMissing = (reading: TagReading | undefined): boolean =>
  reading !== undefined && 'defect' in reading && reading.defect === 'missing';

/** The lightweight tags of a listing. They may point at a huge file, so that their objects are not fetched. */
const lightweightIn = (refs: readonly TagRef[]): Map<string, TagReading> =>
  new Map(
    refs
      .filter(({ peeled }) => peeled === undefined)
      .map(({ name, oid }) => [
        name,
        { ref: { name, oid }, defect: 'lightweight', detail: 'it is a lightweight tag' },
      ]),
  );

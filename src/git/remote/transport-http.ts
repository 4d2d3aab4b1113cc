import { mkdir, rm, writeFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { compareText } from '../../domain/order.js';
import { RegError } from '../../errors.js';
import { openHttp, type Surroundings } from '../../net/http.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { cannotWrite } from '../bare-folder.js';
import { indexPack } from '../files/index-pack.js';
import { withoutPrograms } from '../files/large-files.js';
import { type ObjectStore, openObjectStore } from '../files/objects.js';
import { textOf } from '../files/place.js';
import { openRefs } from '../files/refs.js';
import { readFolder, refusing } from '../files/repository.js';
import { isFullOid, parseRevision, refNamesOf } from '../files/revisions.js';
import type { RegistryRepository, SourceRepository } from '../port.js';
import { readerByTags } from '../reader-by-tags.js';
import { type CacheFolder, openRemoteCache } from './cache.js';
import { type ProtocolV2, protocolV2, type RemoteRef, type Server } from './protocol-v2.js';
import { type RemoteReader, readRemote, type Transport } from './repository.js';

/**
 * Opens the repository at a web address, to read it without the git program: tags are read from the remote each time,
 * objects are fetched when they are needed and kept in the cache. Nothing is sent before the first question: every call may
 * throw RegError REMOTE_FAILED, INTERRUPTED, FILE_SYSTEM, and GIT_MISSING for a task that only the git program can do.
 */
export function openWebRepository(address: string, cache: string, around: Surroundings): RegistryRepository {
  const { tags, ...reader } = openReader(address, cache, around);
  return {
    url: shownAddress(address),
    workTree: async () => undefined,
    tags,
    ...readerByTags(tags, isEventName),
    ...sourceOf(address, reader),
    ...refusing,
    isShallow: async () => false,
    // what a remote's tags lead to is there: no push without it is accepted
    objectTypes: async () => new Map(),
    // changes are listed in a work tree, and there is none at a URL
    mergeBase: async () => undefined,
    hasRemote: async () => true,
  };
}

/** Opens the repository at a web address as the source of models. */
export const openWebSource = (address: string, cache: string, around: Surroundings): SourceRepository =>
  sourceOf(address, openReader(address, cache, around));

/** Whether a tag may be an event. A server may be unable to send others, which nobody asks about. */
const isEventName = (name: string): boolean => /[@#]/.test(name);

function sourceOf(address: string, reader: Omit<RemoteReader, 'tags'>): SourceRepository {
  const none = async (): Promise<undefined> => undefined;
  return {
    ...reader,
    largeFiles: withoutPrograms({
      folders: async () => [],
      // what a clone would call it
      remote: async () => ({ name: 'origin', url: address }),
      setting: none,
      extraHeader: none,
    }),
  };
}

function openReader(address: string, folder: string, around: Surroundings): RemoteReader {
  const cache = openRemoteCache(shownAddress(address), folder);
  const shared = openObjectStore(cache.shared.objects);
  const objectsOf = ({ objects }: CacheFolder): ObjectStore =>
    objects === cache.shared.objects ? shared : openObjectStore(objects);
  const { strays, commitDate } = refusing;
  const reader = readRemote(httpTransport(address, around, objectsOf), cache, (one) => ({
    ...readFolder(one.path, one.path, objectsOf(one)),
    strays,
    commitDate,
  }));
  return {
    ...reader,
    // refuses what only git understands before anything is sent
    resolveCommit: async (rev) => (parseRevision(rev) === undefined ? undefined : reader.resolveCommit(rev)),
  };
}

const TAGS = 'refs/tags/';

/** Reaches a repository over HTTP, in version 2 of git's protocol, without the git program. */
function httpTransport(
  address: string,
  around: Surroundings,
  objectsOf: (folder: CacheFolder) => ObjectStore,
): Transport {
  const server = openServer(address, around);
  const protocol = protocolV2(server);
  return {
    isVersion2: true,
    listTags: async (scope) => {
      const refs = await protocol.listRefs(tagPrefixes(scope));
      return refs
        .map(({ name, oid, peeled }) => ({ name: name.slice(TAGS.length), oid, peeled }))
        .sort((a, b) => compareText(a.name, b.name));
    },
    listTips: async () =>
      new Map((await protocol.listRefs([])).map(({ name, oid, peeled }) => [name, peeled ?? oid])),
    fetch: async ({ refspecs, filter, shallow }, folder) => {
      const specs = refspecs.map(parseRefspec);
      const refs = await refsNamed(specs, protocol);
      if (refs === undefined) return server.failed('it has no such ref');
      const objects = objectsOf(folder);
      // an object that is asked for alone is known to be missing
      const wants = new Set(specs.flatMap(({ source, ref }) => (ref === undefined ? [source] : [])));
      for (const ref of refs) if (!(await isHere(ref, objects))) wants.add(ref.oid);
      const haves = shallow ? [] : await oidsIn(folder);
      const request = { wants: [...wants], haves, filter, isShallow: shallow };
      try {
        if (wants.size > 0 && !(await fetchObjects(request, folder, protocol, server.failed)))
          return server.failed('the server does not send an object that it lists');
        await writeRefs(folder, refs, specs);
      } catch (error) {
        if (error instanceof RegError) throw error;
        const { message, syscall } = error as NodeJS.ErrnoException;
        // an error that is not one of the disk is one of the data
        throw syscall === undefined
          ? server.failed(`the server sent a broken pack (${message})`)
          : cannotWrite(error as Error);
      }
      return undefined;
    },
  };
}

const tagPrefixes = (scope: ArtifactName | 'all'): string[] =>
  scope === 'all' ? [TAGS] : ['@', '#'].map((mark) => TAGS + artifactNameForTag(scope) + mark);

/** A refspec, taken apart (git-fetch(1)). */
interface Refspec {
  source: string;
  /** Undefined for an object id alone. */
  ref: string | undefined;
}

function parseRefspec(text: string): Refspec {
  const [, source = '', ref] = /^\+?([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  return { source: source === '@' ? 'HEAD' : isFullOid(source) ? source.toLowerCase() : source, ref };
}

/** The refs that refspecs ask for, by the names that they get here; undefined where a name is not there. */
async function refsNamed(specs: readonly Refspec[], protocol: ProtocolV2): Promise<RemoteRef[] | undefined> {
  const prefixes = specs
    .filter(({ source }) => !isFullOid(source))
    .flatMap(({ source }) => (source.endsWith('*') ? [source.slice(0, -1)] : refNamesOf(source)));
  const listed = prefixes.length === 0 ? [] : await protocol.listRefs(prefixes);
  const byName = new Map(listed.map((ref) => [ref.name, ref]));
  const found: RemoteRef[] = [];
  for (const { source, ref } of specs) {
    if (ref === undefined) continue;
    if (isFullOid(source)) found.push({ name: ref, oid: source, peeled: undefined });
    else if (source.endsWith('*')) {
      const start = source.slice(0, -1);
      const matching = listed.filter(({ name }) => name.startsWith(start));
      found.push(
        ...matching.map((one) => ({ ...one, name: ref.slice(0, -1) + one.name.slice(start.length) })),
      );
    } else {
      const name = refNamesOf(source).find((one) => byName.has(one));
      const named = name === undefined ? undefined : byName.get(name);
      if (named === undefined) return undefined;
      found.push({ ...named, name: ref });
    }
  }
  return found;
}

const isHere = async ({ oid, peeled }: RemoteRef, { has }: ObjectStore): Promise<boolean> =>
  (await has(oid)) && (peeled === undefined || has(peeled));

/** As many as git itself sends at first, and more than enough for what is kept (git source, fetch-negotiator). */
const MAX_HAVES = 256;

async function oidsIn({ path, isFresh }: CacheFolder): Promise<Oid[]> {
  if (isFresh) return [];
  const refs = await openRefs(path, path).list('refs/');
  return [...new Set(refs.map(({ oid }) => oid))].slice(0, MAX_HAVES);
}

/** Brings objects into a folder; false where the server does not send them. */
async function fetchObjects(
  request: Parameters<ProtocolV2['fetchPack']>[0],
  folder: CacheFolder,
  protocol: ProtocolV2,
  failed: Server['failed'],
): Promise<boolean> {
  const response = await protocol.fetchPack(request);
  if (response === undefined) return false;
  const oids = await indexPack(response.pack, folder.path, join(folder.objects, 'pack'));
  if (request.wants.some((oid) => !oids.has(oid)))
    throw failed('the server sent other objects than it was asked for');
  const file = join(folder.path, 'shallow');
  const before = ((await textOf(file)) ?? '').split('\n').filter(Boolean);
  const shallow = [...new Set([...before, ...response.shallow])];
  if (shallow.length > before.length) await writeFile(file, shallow.map((oid) => `${oid}\n`).join(''));
  return true;
}

/** Gives a folder the refs of a fetch; those that a pattern matched before and matches no more are gone. */
async function writeRefs(
  { path, isFresh }: CacheFolder,
  refs: readonly RemoteRef[],
  specs: readonly Refspec[],
): Promise<void> {
  const pruned = specs.flatMap(({ ref }) => (ref?.endsWith('*') ? [ref.slice(0, -1)] : []));
  const before = isFresh ? [] : await openRefs(path, path).list('refs/');
  const kept = before.filter(({ name }) => !pruned.some((prefix) => name.startsWith(prefix)));
  const all = new Map([...kept, ...refs].map(({ name, oid }) => [name, oid]));
  // without a header nothing is promised about order, or what tags lead to (git-pack-refs(1))
  await writeFile(join(path, 'packed-refs'), [...all].map(([name, oid]) => `${oid} ${name}\n`).join(''));
  if (isFresh) return;
  // loose refs, which git may have written, would come before packed ones
  await rm(join(path, 'refs'), { recursive: true, force: true });
  await mkdir(join(path, 'refs'));
}

/** Reaches the server of a repository. A login in the address is sent to its own host alone. */
function openServer(address: string, around: Surroundings): Server {
  const shown = shownAddress(address);
  const redact = redactorOf(address);
  const http = openHttp(around, {
    isPrivateAllowed: 'with-redirects',
    mayLeaveHost: true,
    code: 'REMOTE_FAILED',
  });
  const failed = (why: string): RegError =>
    new RegError(
      'REMOTE_FAILED',
      `cannot reach ${shown}: ${redact(why).replaceAll(/\s+/g, ' ')}`,
      'check the address, the network and your access; a login is given as in https://user:token@host/path',
    );
  let base = new URL(address).href.replace(/\/+$/, '');
  return {
    shown,
    failed,
    request: async (path, headers, body) => {
      // git follows redirects of the first request alone too (git-config(1), http.followRedirects)
      const sent = body === undefined ? ({ method: 'GET' } as const) : ({ method: 'POST', body } as const);
      const redirect = body === undefined ? 'follow' : 'manual';
      const response = await http.request({ ...sent, url: base + path, headers, shown, redirect });
      const { status, url } = response;
      if (status !== 200) {
        response.body.destroy();
        throw failed(`the server answers ${status} ${STATUS_CODES[status] ?? ''}`.trim());
      }
      if (body === undefined && url.endsWith(path)) base = movedTo(url.slice(0, -path.length), base);
      return response.body;
    },
  };
}

/** Where a repository is after a redirect, with the login of its own host. */
function movedTo(address: string, before: string): string {
  const [to, from] = [new URL(address), new URL(before)];
  if (to.host === from.host) {
    to.username = from.username;
    to.password = from.password;
  }
  return to.href.replace(/\/+$/, '');
}

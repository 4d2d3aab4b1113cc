import { STATUS_CODES } from 'node:http';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { compareText } from '../../domain/order.js';
import { refNamesOf, TAG_REFS, tagRef } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { loginOf, withLogin } from '../../net/credentials.js';
import { hintToLogin, hintToWait } from '../../net/hints.js';
import { type HttpResponse, openHttp, type Surroundings } from '../../net/http.js';
import { openSession, type Session, type WebConfig } from '../../net/session.js';
import { redactorOf, withoutLogin } from '../../util/address.js';
import { isOid } from '../../util/oid.js';
import { PlainFiles, type ProtocolV2, protocolV2, type RemoteRef, type Server } from './protocol-v2.js';
import type { CacheFolder, Receiver, Transport } from './transport.js';
import { fetchDumb, listDumbRefs } from './protocol-dumb.js';

/** The address of a server, login included, and the one that the user named, fit to be shown. */
interface Place {
  address: string;
  shown: string;
}

/** What the transport takes from around it. */
type Around = Surroundings & { web: WebConfig };

/**
 * Reaches a repository over HTTP, in version 2 of git's protocol, without the git program.
 * @param receiver receives what comes into a folder of the cache
 */
export function httpTransport(
  place: Place,
  around: Around,
  receiver: (folder: CacheFolder) => Receiver,
): Transport {
  const server = openServer(place, around);
  const smart = protocolV2(server);
  let isPlain = false;
  const protocol: Pick<ProtocolV2, 'listRefs'> = {
    listRefs: async (prefixes) => {
      if (!isPlain) {
        const listed = await smart.listRefs(prefixes).catch((error: unknown) => {
          if (!(error instanceof PlainFiles)) throw error;
          isPlain = true;
        });
        if (listed) return listed;
      }
      const all = await listDumbRefs(server);
      return all.filter(({ name }) => prefixes.length === 0 || prefixes.some((one) => name.startsWith(one)));
    },
  };
  return {
    isVersion2: true,
    listTags: async (scope) => {
      const refs = await protocol.listRefs(tagPrefixes(scope));
      return refs
        .map(({ name, oid, peeled }) => ({ name: name.slice(TAG_REFS.length), oid, peeled }))
        .sort((a, b) => compareText(a.name, b.name));
    },
    tips: async () =>
      new Map((await protocol.listRefs([])).map(({ name, oid, peeled }) => [name, peeled ?? oid])),
    defaultBranch: async () => {
      const head = (await protocol.listRefs(['HEAD'])).find(({ name }) => name === 'HEAD');
      return head?.target?.startsWith(BRANCHES) ? head.target.slice(BRANCHES.length) : undefined;
    },
    fetch: async (asked, folder) => {
      const { refspecs, filter, shallow } = asked;
      const specs = refspecs.map(parseRefspec);
      const refs = await refsNamed(specs, protocol);
      if (refs === undefined) return server.failed('it has no such ref');
      const into = receiver(folder);
      // an object that is asked for alone is known to be missing
      const wants = new Set(specs.flatMap(({ source, ref }) => (ref === undefined ? [source] : [])));
      for (const ref of refs) if (!(await isHere(ref, into))) wants.add(ref.oid);
      const before = folder.isFresh ? new Map<string, Oid>() : await into.refs();
      const haves = shallow ? [] : [...new Set(before.values())].slice(0, MAX_HAVES);
      const request = { wants: [...wants], haves, filter, isShallow: shallow };
      const response =
        wants.size === 0 || isPlain
          ? 'plain'
          : await smart.fetchPack(request).catch((error: unknown) => {
              if (error instanceof PlainFiles) return 'plain' as const;
              throw error;
            });
      if (response === 'plain') {
        const failure = wants.size === 0 ? undefined : await fetchDumb(server, into, wants, asked);
        if (failure) return failure;
      } else {
        if (response === undefined) return server.failed('the server does not send an object that it lists');
        const oids = await into.addPack(response.pack).catch((error: NodeJS.ErrnoException) => {
          if (error instanceof RegError || error.syscall !== undefined) throw error;
          throw server.failed(`the server sent a broken pack (${error.message})`);
        });
        if ([...wants].some((oid) => !oids.has(oid)))
          throw server.failed('the server sent other objects than it was asked for');
        await into.addShallow(response.shallow);
      }
      // a ref that a pattern matched before and matches no more is gone
      for (const { ref } of specs)
        if (ref?.endsWith('*'))
          for (const name of before.keys()) if (name.startsWith(ref.slice(0, -1))) before.delete(name);
      for (const { name, oid } of refs) before.set(name, oid);
      await into.setRefs(before);
      return undefined;
    },
  };
}

const BRANCHES = 'refs/heads/';

const tagPrefixes = (scope: ArtifactName | 'all'): string[] =>
  scope === 'all' ? [TAG_REFS] : ['@', '#'].map((mark) => tagRef(artifactNameForTag(scope) + mark));

/** Commits that are sent to a server; git itself sends as many at first (git source, fetch-negotiator). */
const MAX_HAVES = 256;

const isHere = async ({ oid, peeled }: RemoteRef, { has }: Receiver): Promise<boolean> =>
  (await has(oid)) && (peeled === undefined || has(peeled));

/** A refspec, taken apart (git-fetch(1)). */
interface Refspec {
  source: string;
  /** Undefined for an object id alone. */
  ref: string | undefined;
}

function parseRefspec(text: string): Refspec {
  const [, source = '', ref] = /^\+?([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const id = source.toLowerCase();
  return { source: source === '@' ? 'HEAD' : isOid(id) ? id : source, ref };
}

/** The refs that refspecs ask for, by the names that they get here; undefined where a name is not there. */
async function refsNamed(
  specs: readonly Refspec[],
  protocol: Pick<ProtocolV2, 'listRefs'>,
): Promise<RemoteRef[] | undefined> {
  const prefixes = specs
    .filter(({ source }) => !isOid(source))
    .flatMap(({ source }) => (source.endsWith('*') ? [source.slice(0, -1)] : refNamesOf(source)));
  const listed = prefixes.length === 0 ? [] : await protocol.listRefs(prefixes);
  const byName = new Map(listed.map((ref) => [ref.name, ref]));
  const found: RemoteRef[] = [];
  for (const { source, ref } of specs) {
    if (ref === undefined) continue;
    if (isOid(source)) found.push({ name: ref, oid: source, peeled: undefined });
    else if (source.endsWith('*')) {
      const start = source.slice(0, -1);
      for (const one of listed)
        if (one.name.startsWith(start))
          found.push({ ...one, name: ref.slice(0, -1) + one.name.slice(start.length) });
    } else {
      const named = refNamesOf(source).flatMap((name) => byName.get(name) ?? [])[0];
      if (named === undefined) return undefined;
      found.push({ ...named, name: ref });
    }
  }
  return found;
}

/** Reaches the server of a repository. A login is sent to its own host alone. */
function openServer({ address, shown }: Place, around: Around): Server {
  const { web, env } = around;
  const http = openHttp(around, {
    isPrivateAllowed: 'with-redirects',
    mayLeaveHost: true,
    code: 'REMOTE_FAILED',
    settings: web.settings,
  });
  // another host that the server has moved to gets no login and no headers
  const sessionAt = (url: string): Session =>
    openSession(http.request, web, env, { url, reach: 'all', mayAsk: true });
  let session = sessionAt(address);
  const failed = (why: string, hint = 'check the address, the network and your access'): RegError =>
    new RegError(
      'REMOTE_FAILED',
      `cannot reach ${shown}: ${session.redact(redactorOf(address)(why)).replaceAll(/\s+/g, ' ')}`,
      hint,
    );
  let base = withLogin(address, {}).replace(/\/+$/, '');
  const refused = (response: HttpResponse): RegError => {
    response.body.destroy();
    const why = `the server answers ${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
    return failed(why, hintFor(response, address));
  };
  return {
    shown,
    failed,
    file: async (path) => {
      const response = await session.send({ method: 'GET', url: base + path, shown });
      if (response.status === 200) return response.body;
      const error = refused(response);
      if (response.status === 404 || response.status === 410) return undefined;
      throw error;
    },
    request: async (path, headers, body) => {
      // git follows redirects of the first request alone too (git-config(1), http.followRedirects)
      const sent = body === undefined ? ({ method: 'GET' } as const) : ({ method: 'POST', body } as const);
      const redirect = body === undefined ? 'follow' : 'manual';
      const response = await session.send({ ...sent, url: base + path, headers, shown, redirect });
      if (response.status !== 200) throw refused(response);
      const { url } = response;
      if (body !== undefined || !url.endsWith(path)) return response.body;
      base = url.slice(0, -path.length).replace(/\/+$/, '');
      const [to, from] = [new URL(base), new URL(address)];
      // the same host on a safer way
      if (to.host === from.host && to.origin !== from.origin)
        session = sessionAt(withLogin(base, loginOf(from) ?? {}));
      return response.body;
    },
  };
}

/** The way out for a status. */
function hintFor({ status, headers }: HttpResponse, address: string): string | undefined {
  if (status === 401 || status === 403 || status === 404)
    return `check the address and your access: ${hintToLogin(withoutLogin(address))}`;
  return status === 429 || status === 503 ? hintToWait(headers) : undefined;
}

import { STATUS_CODES } from 'node:http';
import { extraHeaderFor, type GitConfig, headerOf } from '../../documents/git-config.js';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { compareText } from '../../domain/order.js';
import { refNamesOf, TAG_REFS, tagRef } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { openHttp, type Surroundings } from '../../net/http.js';
import { redactorOf, shownAddress, withoutLogin } from '../../util/address.js';
import { isOid } from '../../util/oid.js';
import { type ProtocolV2, protocolV2, type RemoteRef, type Server } from './protocol-v2.js';
import type { CacheFolder, Receiver, Transport } from './transport.js';

/**
 * Reaches a repository over HTTP, in version 2 of git's protocol, without the git program.
 * @param around with the configuration whose headers are sent to the server (git-config(1), http.extraHeader)
 * @param receiver receives what comes into a folder of the cache
 */
export function httpTransport(
  address: string,
  around: Surroundings & { config?: GitConfig | undefined },
  receiver: (folder: CacheFolder) => Receiver,
): Transport {
  const server = openServer(address, around);
  const protocol = protocolV2(server);
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
    fetch: async ({ refspecs, filter, shallow }, folder) => {
      const specs = refspecs.map(parseRefspec);
      const refs = await refsNamed(specs, protocol);
      if (refs === undefined) return server.failed('it has no such ref');
      const into = receiver(folder);
      // an object that is asked for alone is known to be missing
      const wants = new Set(specs.flatMap(({ source, ref }) => (ref === undefined ? [source] : [])));
      for (const ref of refs) if (!(await isHere(ref, into))) wants.add(ref.oid);
      const before = folder.isFresh ? new Map<string, Oid>() : await into.refs();
      const haves = shallow ? [] : [...new Set(before.values())].slice(0, MAX_HAVES);
      if (wants.size > 0) {
        const response = await protocol.fetchPack({ wants: [...wants], haves, filter, isShallow: shallow });
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
async function refsNamed(specs: readonly Refspec[], protocol: ProtocolV2): Promise<RemoteRef[] | undefined> {
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

/** Reaches the server of a repository. A login in the address is sent to its own host alone. */
function openServer(address: string, around: Surroundings & { config?: GitConfig | undefined }): Server {
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
  const { origin } = new URL(address);
  const extra = headerOf(around.config && extraHeaderFor(around.config, withoutLogin(address)));
  let base = new URL(address).href.replace(/\/+$/, '');
  // another host that the server has moved to gets none of them
  const own = () => (new URL(base).origin === origin ? extra : {});
  return {
    shown,
    failed,
    request: async (path, headers, body) => {
      // git follows redirects of the first request alone too (git-config(1), http.followRedirects)
      const sent = body === undefined ? ({ method: 'GET' } as const) : ({ method: 'POST', body } as const);
      const redirect = body === undefined ? 'follow' : 'manual';
      const response = await http.request({
        ...sent,
        url: base + path,
        headers: { ...own(), ...headers },
        shown,
        redirect,
      });
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

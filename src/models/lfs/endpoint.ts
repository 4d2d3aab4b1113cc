import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { LargeFiles, Login, SourceRepository } from '../../git/port.js';
import { shownAddress } from '../../util/address.js';

/** A server of the Git LFS API. */
export interface LfsServer {
  /** What `/objects/batch` is appended to; without user-info. */
  url: string;
  /** Its address, fit to be shown. */
  shown: string;
  /** Who to be there, as the user's own configuration says; without a password that is still to be found. */
  login: Partial<Login>;
  /** Whether the user agreed to talk to its host: it is that of the remote, or one that the user's configuration names. */
  isAgreed: boolean;
}

/** Where large files come from: a server, or whatever else git-lfs knows to talk to, such as a remote by ssh. */
type Endpoint = LfsServer | { remote: string };

/**
 * Finds where the large files of a commit come from: `lfs.url`, `remote.<name>.lfsurl`, the address of the remote (git-lfs
 * docs/api/server-discovery.md). Both keys may be in the file `.lfsconfig` of the commit too, and git's own configuration
 * comes before that (git-lfs-config(5)).
 * @returns undefined in a repository that has no remote
 * @throws RegError SOURCE_UNSUPPORTED when `.lfsconfig` names something other than a web server
 */
export async function findEndpoint(repository: SourceRepository, commit: Oid): Promise<Endpoint | undefined> {
  const { largeFiles } = repository;
  const remote = await largeFiles.remote();
  const committed = await committedConfig(repository, commit);
  for (const key of ['lfs.url', ...(remote === undefined ? [] : [`remote.${remote.name}.lfsurl`])]) {
    const own = await largeFiles.setting(key);
    if (own !== undefined) return endpointAt(own, own, remote);
    const foreign = committed.get(key);
    if (foreign !== undefined) return foreignServer(foreign, remote);
  }
  return remote && endpointAt(remote.url, discovered(remote.url), remote);
}

type Remote = Awaited<ReturnType<LargeFiles['remote']>>;

/** The name of the file is fixed, and so is where it is (git-lfs-config(5), LFSCONFIG). */
const COMMITTED = '.lfsconfig';
/** Bytes; the file holds a handful of lines. */
const LARGEST_CONFIG = 64 * 1024;

async function committedConfig(repository: SourceRepository, commit: Oid): Promise<Map<string, string>> {
  const entry = await repository.entryAt(commit, COMMITTED);
  if (entry?.type !== 'blob') return new Map();
  const size = (await repository.blobSizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > LARGEST_CONFIG) throw new RegError('TOO_LARGE', `${COMMITTED} has ${size} bytes`);
  return parseGitConfig(Buffer.from(await repository.readBlob(entry.oid)).toString());
}

/** What is appended to the address of a remote (docs/api/server-discovery.md, "Guessing the Server"). */
function discovered(remote: string): string {
  const address = remote.replace(/\/+$/, '');
  return `${address}${address.endsWith('.git') ? '' : '.git'}/info/lfs`;
}

/** An address that the user's configuration or the remote gives. */
function endpointAt(named: string, address: string, remote: Remote): Endpoint {
  const url = webUrl(address);
  if (url === undefined) return { remote: shownAddress(named) };
  return serverAt(url, true, loginIn(url) ?? loginOfRemote(url, remote));
}

/** An address that came with the commit: nobody agreed to it. */
function foreignServer(address: string, remote: Remote): LfsServer {
  const url = webUrl(address);
  if (url === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${COMMITTED} names a Git LFS server that is no web server: ${shownAddress(address)}`,
      'if you trust it, name it in your own configuration: git config --global lfs.url <address>',
    );
  const isSameHost = remote !== undefined && hostnameOf(remote.url) === url.hostname;
  // what is secret does not go over a weaker line than the one to the remote
  const isAgreed = isSameHost && (url.protocol === 'https:' || /^http:/i.test(remote.url));
  return serverAt(url, isAgreed, isAgreed ? loginOfRemote(url, remote) : undefined);
}

function serverAt(url: URL, isAgreed: boolean, login: Partial<Login> = {}): LfsServer {
  const plain = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return { url: plain, shown: plain, login, isAgreed };
}

function webUrl(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The host of an address, also of one by ssh such as `git@host:path`; undefined for a path. */
export function hostnameOf(address: string): string | undefined {
  const [, scp] = /^(?:[^/@]*@)?([^/:@]+):(?!\/\/)/.exec(address) ?? [];
  const text = scp === undefined ? address : `https://${scp}/`;
  return URL.canParse(text) ? new URL(text).hostname.toLowerCase() || undefined : undefined;
}

const loginOfRemote = (url: URL, remote: Remote): Partial<Login> | undefined => {
  const own = remote && webUrl(remote.url);
  return own?.origin === url.origin ? loginIn(own) : undefined;
};

function loginIn({ username, password }: URL): Partial<Login> | undefined {
  if (username === '' && password === '') return undefined;
  const user = { username: decoded(username) };
  return password === '' ? user : { ...user, password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads the values of a file in git's configuration format (git-config(1), "Syntax"), the last of each key. Names of sections
 * and variables are in lower case, as in `remote.Origin.lfsurl`. Lines that git would not understand are skipped, and no other
 * file is included: this one comes from a repository and may say little.
 */
export function parseGitConfig(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let section: string | undefined;
  for (const line of logicalLines(text)) {
    const [header = '', name, quoted] = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line) ?? [];
    if (name !== undefined) section = sectionOf(name, quoted);
    const [, key, value] = /^\s*([a-z][a-z0-9-]*)\s*(?:=(.*))?$/is.exec(line.slice(header.length)) ?? [];
    if (section !== undefined && key !== undefined)
      values.set(`${section}.${key.toLowerCase()}`, value === undefined ? 'true' : valueIn(value));
  }
  return values;
}

/** Lines, with those that a backslash at their end goes on with. */
const logicalLines = (text: string): string[] => text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/);

const sectionOf = (name: string, quoted: string | undefined): string =>
  quoted === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${quoted.replaceAll(/\\(.)/g, '$1')}`;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** The value without comments, quotes and the blanks around it. */
function valueIn(text: string): string {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  for (const [part] of text.trimStart().matchAll(/\\.|[\s\S]/g)) {
    if (part === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (part === '#' || part === ';')) break;
    else value += part.length === 2 ? (ESCAPES[part.slice(1)] ?? part.slice(1)) : part;
    // blanks at the end count only between quotes
    if (isQuoted || !/^\s$/.test(part)) kept = value.length;
  }
  return value.slice(0, kept);
}

import { type GitConfig, gitConfigValue, parseGitConfig } from '../../documents/git-config.js';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { committedFile } from '../../git/committed.js';
import type { LargeFiles, SourceRepository } from '../../git/port.js';
import { type Login, loginOf } from '../../net/credentials.js';
import { insteadOf } from '../../net/git-settings.js';
import { shownAddress } from '../../util/address.js';

/** A server of the Git LFS API. */
export interface LfsServer {
  /** What `/objects/batch` is appended to; without user-info. */
  url: string;
  /** Its address, fit to be shown. */
  shown: string;
  /** The login of the user's own configuration, perhaps without a password. */
  login: Partial<Login>;
  /** Whether its host is that of the remote, or one that the user's own configuration names. */
  isTrusted: boolean;
}

/** The origin of large files: a server, or another remote that git-lfs supports, such as one over ssh. */
type Endpoint = LfsServer | { remote: string };

/**
 * Finds the endpoint for the large files of a commit: `lfs.url`, `remote.<name>.lfsurl`, the address of the remote (git-lfs
 * docs/api/server-discovery.md). Both keys may also be in the file `.lfsconfig` of the commit; git's own configuration comes
 * before it (git-lfs-config(5)).
 * @returns undefined in a repository without a remote
 * @throws RegError SOURCE_UNSUPPORTED where `.lfsconfig` names anything but a web server
 */
export async function findEndpoint(repository: SourceRepository, commit: Oid): Promise<Endpoint | undefined> {
  const { largeFiles } = repository;
  const remote = await largeFiles.remote();
  const settings = await largeFiles.web.settings();
  const committed = await committedConfig(repository, commit);
  for (const key of ['lfs.url', ...(remote === undefined ? [] : [`remote.${remote.name}.lfsurl`])]) {
    const own = await largeFiles.setting(key);
    const foreign = gitConfigValue(committed, key);
    const address = insteadOf(settings, own ?? foreign ?? '');
    // the user's own configuration may lead elsewhere from where the commit does
    if (own !== undefined || (foreign !== undefined && address !== foreign))
      return endpointAt(address, address, remote);
    if (foreign !== undefined) return foreignServer(foreign, remote);
  }
  return remote && endpointAt(remote.url, discovered(remote.url), remote);
}

type Remote = Awaited<ReturnType<LargeFiles['remote']>>;

/** The file at the top of the repository (git-lfs-config(5), LFSCONFIG). */
const COMMITTED = '.lfsconfig';
/** The file has a handful of lines. */
const MAX_CONFIG_BYTES = 64 * 1024;

async function committedConfig(repository: SourceRepository, commit: Oid): Promise<GitConfig> {
  const bytes = await committedFile(repository.objects, commit, COMMITTED, MAX_CONFIG_BYTES);
  return parseGitConfig(Buffer.from(bytes ?? []).toString());
}

/** The address of the server for that of a remote (docs/api/server-discovery.md, "Guessing the Server"). */
function discovered(remote: string): string {
  const address = remote.replace(/\/+$/, '');
  return `${address}${address.endsWith('.git') ? '' : '.git'}/info/lfs`;
}

/** The endpoint at an address from the user's configuration or the remote. */
function endpointAt(named: string, address: string, remote: Remote): Endpoint {
  const url = webUrl(address);
  if (url === undefined) return { remote: shownAddress(named) };
  return serverAt(url, true, loginOf(url) ?? loginOfRemote(url, remote));
}

/** The server at an address that came with the commit; the user did not choose it. */
function foreignServer(address: string, remote: Remote): LfsServer {
  const url = webUrl(address);
  if (url === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${COMMITTED} names a Git LFS server that is not a web server: ${shownAddress(address)}`,
      'if you trust it, name it in your own configuration: git config --global lfs.url <address>',
    );
  const isSameHost = remote !== undefined && hostnameOf(remote.url) === url.hostname;
  // a login is not sent over a weaker connection than that to the remote
  const isTrusted = isSameHost && (url.protocol === 'https:' || /^http:/i.test(remote.url));
  return serverAt(url, isTrusted, isTrusted ? loginOfRemote(url, remote) : undefined);
}

function serverAt(url: URL, isTrusted: boolean, login: Partial<Login> = {}): LfsServer {
  const plain = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  return { url: plain, shown: plain, login, isTrusted };
}

function webUrl(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The host of an address, also of `git@host:path`; undefined for a path. */
export function hostnameOf(address: string): string | undefined {
  const [, scp] = /^(?:[^/@]*@)?([^/:@]+):(?!\/\/)/.exec(address) ?? [];
  const text = scp === undefined ? address : `https://${scp}/`;
  return URL.canParse(text) ? new URL(text).hostname.toLowerCase() || undefined : undefined;
}

const loginOfRemote = (url: URL, remote: Remote): Partial<Login> | undefined => {
  const own = remote && webUrl(remote.url);
  return own?.origin === url.origin ? loginOf(own) : undefined;
};

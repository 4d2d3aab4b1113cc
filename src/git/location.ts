import { RegError } from '../errors.js';
import { CONTROL } from '../stores/store-url-text.js';
import { replaceUrls, urlParts } from './url-parts.js';

/** Where a source repository is: on a server, or on this machine. */
export type Location = { kind: 'url'; url: string } | { kind: 'path'; path: string };

const SCHEMES: ReadonlySet<string> = new Set(['https', 'http', 'ssh', 'git', 'file']);

/** `ssh:/path` and `git:path` could be the path of a host of that name (git-clone(1), GIT URLS), but for a login in it. */
const LACKS_A_SLASH = /^(?:https?|file):(?!\/\/)|^(?:ssh|git):\/(?!\/).*@/i;

/**
 * Reads a `source.repo` or `--repo`: a URL of an allowed scheme, `user@host:path`, or a plain path.
 * @throws RegError SOURCE_UNSUPPORTED for anything that would make git run a program
 */
export function parseLocation(text: string): Location {
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_UNSUPPORTED',
      `'${shownAddress(text)}' is not a repository to read from: ${why}`,
      HINT,
    );
  if (text === '' || CONTROL.test(text)) throw refuse('it is empty or holds control characters');
  if (text.startsWith('-')) throw refuse('it looks like an option');
  if (/^\s*[a-z0-9+.-]*::/i.test(text)) throw refuse('remote helpers run programs');
  if (LACKS_A_SLASH.test(text))
    throw refuse(`it lacks a slash: a URL begins with ${text.slice(0, text.indexOf(':'))}://`);
  const scheme = /^([a-z0-9][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'file') {
    const path = pathOfFileUrl(text);
    if (path === undefined) throw refuse('it is no file:// URL of this machine');
    return { kind: 'path', path };
  }
  if (scheme !== undefined) {
    if (!SCHEMES.has(scheme)) throw refuse(`${scheme}:// is not supported`);
    const fault = faultOfUrl(text);
    if (fault !== undefined) throw refuse(fault);
    return { kind: 'url', url: text };
  }
  // user@host:path is a URL when no slash comes before the colon (git-clone(1), GIT URLS)
  const isScpLike = /^[^/\\]+:(?!\\)/.test(text) && !/^[a-z]:[\\/]/i.test(text);
  if (!isScpLike) return { kind: 'path', path: text };
  const fault = faultOfScpLike(text);
  if (fault !== undefined) throw refuse(fault);
  return { kind: 'url', url: text };
}

/** Git decodes a URL before it takes it apart, and hands host and path to ssh (git-clone(1), GIT URLS). */
function faultOfUrl(url: string): string | undefined {
  const [, authority = ''] = /^[^:]+:\/\/([^/?#]*)/.exec(url) ?? [];
  const host = decoded(authority).replace(/^.*@/s, '');
  if (/^\[?-/.test(host)) return 'its host looks like an option';
  if (/%([01][0-9a-f]|7f)/i.test(url)) return 'it hides control characters';
  if (host === '' || /\s/.test(decoded(authority)) || !URL.canParse(url)) return 'it is no URL';
  return undefined;
}

function faultOfScpLike(text: string): string | undefined {
  const [, host = '', path = ''] = /^([^:]*):(.*)$/.exec(text) ?? [];
  if (/^\[?-/.test(host.replace(/^.*@/, ''))) return 'its host looks like an option';
  if (/\s/.test(host)) return 'its host holds a blank';
  return path.startsWith('-') ? 'its path looks like an option' : undefined;
}

function pathOfFileUrl(text: string): string | undefined {
  try {
    const { host, pathname } = new URL(text);
    const path = decodeURIComponent(pathname);
    return (host === '' || host === 'localhost') && !path.includes('\0') ? path : undefined;
  } catch {
    return undefined;
  }
}

const HINT = 'use https, ssh, git or file URLs, user@host:path, or a plain path';

/** A text whose URLs are fit to be shown: without user name, password and token, and without what a query says. */
export const withoutUserInfo = (text: string): string =>
  // a quotation mark may end a URL in a text, and what comes behind it is kept
  replaceUrls(text, (url) => withoutSecrets(url, (query) => /['"].*/s.exec(query)?.[0] ?? ''));

/** One URL without login, and of what its query says with no more than is `kept`: the rest may be a token. */
function withoutSecrets(url: string, kept = (_query: string): string => ''): string {
  const parts = urlParts(url);
  if (parts === undefined) return url;
  const { scheme, place, query } = parts;
  const rest = query === undefined ? '' : kept(query);
  return scheme + place + (query === undefined ? '' : query === rest ? `?${rest}` : `?…${rest}`);
}

/**
 * An address without secrets that leads to the same place, for those who know the login: in an ssh address the user is a part
 * of where it leads.
 */
export function withoutLogin(address: string): string {
  const { scheme, login, place } = urlParts(address) ?? { scheme: '', login: '', place: '' };
  if (/^https?:/i.test(scheme)) return withoutSecrets(address);
  return /^ssh:/i.test(scheme) && login !== '' ? `${scheme}${login.replace(/:.*/s, '')}@${place}` : address;
}

/** `git@host:path`, and a login that lacks its scheme, `user:password@host/path`. */
const SCP_USER = /^(?:[^/@\s]+@(?=[^/@\s]+:)|[^/:@\s]+:[^/@\s]+@)/;

/** The address of a repository, fit to be shown, without user-info; `git@host:path` has some too. */
export const shownAddress = (address: string): string => withoutSecrets(address).replace(SCP_USER, '');

/**
 * Gives what takes the secrets of a URL out of a text wherever they are: a server may repeat them, git may decode them.
 */
export function redactorOf(address: string): (text: string) => string {
  const secrets = secretsOf(address)
    .flatMap((one) => [one, decoded(one)])
    .filter((one) => one.length >= SHORTEST_SECRET)
    // one may be a part of another
    .sort((a, b) => b.length - a.length);
  return (text) => withoutUserInfo(secrets.reduce((rest, one) => rest.replaceAll(one, '***'), text));
}

/** Anything shorter may be part of an ordinary word. */
const SHORTEST_SECRET = 4;

function secretsOf(address: string): string[] {
  const { scheme = '', login = '', query = '' } = urlParts(address) ?? {};
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(login) ?? [];
  // a user name without a real password is how servers take a token; with one it is no secret
  const token = /^https?:/i.test(scheme) && /^(x|x-oauth-basic)?$/.test(password) ? user : '';
  const sent = login === '' ? '' : Buffer.from(`${decoded(user)}:${decoded(password)}`).toString('base64');
  // git takes a login with a slash for a host and a path, and says so in pieces
  const pieces = login.includes('/') ? piecesOf(login) : [];
  const given = query.split(/[&;]/).map((one) => one.slice(one.indexOf('=') + 1));
  return [password, token, sent, ...pieces, ...given.filter((one) => one.length >= SHORTEST_TOKEN)];
}

/** The words of a login, what begins with one of them, and what comes before the first slash. */
const piecesOf = (login: string): string[] => [
  login.replace(/\/.*/s, ''),
  ...login.split(/[:/@]/),
  ...[...login.matchAll(/[:/@]/g)].map(({ index }) => login.slice(index + 1)),
];

/** In a query anything shorter is rather the name of a branch. */
const SHORTEST_TOKEN = 8;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

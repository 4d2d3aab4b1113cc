import { isIP } from 'node:net';
import { percentDecoded } from './text.js';

// What an address says that only its owner may read, and how it is shown without that.

/** A text with the secrets of its URLs removed: user name, password, token and query. */
export const withoutUserInfo = (text: string): string =>
  // a quotation mark may end a URL in a text, and what follows it is kept
  replaceUrls(text, (url) => withoutSecrets(url, (query) => /['"].*/s.exec(query)?.[0] ?? ''));

/** A URL without its login, and without its query except for what `kept` gives: the rest may be a token. */
function withoutSecrets(url: string, kept = (_query: string): string => ''): string {
  const parts = urlParts(url);
  if (parts === undefined) return url;
  const { scheme, place, query } = parts;
  const rest = query === undefined ? '' : kept(query);
  return scheme + place + (query === undefined ? '' : query === rest ? `?${rest}` : `?…${rest}`);
}

/**
 * An address without secrets that still leads to the same place for a reader who knows the login. The user of an ssh address
 * stays: it is part of the place.
 */
export function withoutLogin(address: string): string {
  const { scheme, login, place } = urlParts(address) ?? { scheme: '', login: '', place: '' };
  if (/^https?:/i.test(scheme)) return withoutSecrets(address);
  return /^ssh:/i.test(scheme) && login !== '' ? `${scheme}${login.replace(/:.*/s, '')}@${place}` : address;
}

/** Whether a text names a host or a network: `models.corp.example`, `10.1.2.3`, `fd00::1`, `10.0.0.0/8`. */
export function isHostOrNetwork(text: string): boolean {
  const [, net = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(net);
  if (family === 0) return prefix === undefined && /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i.test(net);
  return prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128);
}

/** Whether an address holds a login that its readers would learn: any for the web, one with a password elsewhere. */
export const holdsLogin = (address: string): boolean =>
  /^(?:https?|git|file):\/\/[^/]*@/i.test(address) ||
  /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/]*@/i.test(address) ||
  /^[^/:@\s]+:[^/@\s]+@/.test(address);

/**
 * A URL fit to be shown: without user-info and fragment, and with `?…` for a query, which may hold a signature. A path stays
 * as it is; of a text that only looks like a URL nothing stays that could be a login.
 */
export function shownUrl(text: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  if (scheme === undefined || /^[a-z]:[\\/]/i.test(text)) return text;
  const base = text.replace(/[?#].*$/s, (found) => (found.startsWith('?') ? '?…' : ''));
  const isUrl = URL.canParse(base) && /^[^:]+:\/\/[^/\\]/.test(base);
  return base.replace(isUrl ? /^([^:]+:\/\/)[^/\\]*@/ : /^([^:]+:[:/\\]*).*@/s, '$1');
}

/** The user of `git@host:path`, and a login without a scheme: `user:password@host/path`. */
const SCP_USER = /^(?:[^/@\s]+@(?=[^/@\s]+:)|[^/:@\s]+:[^/@\s]+@)/;

/** The address of a repository without secrets, and without the user of `git@host:path`. */
export const shownAddress = (address: string): string => withoutSecrets(address).replace(SCP_USER, '');

/**
 * Makes a function that removes the secrets of an address from any text. A server may repeat them, and git may decode them.
 */
export const redactorOf = (address: string): ((text: string) => string) =>
  redactorFor(secretsOf(address).flatMap((one) => [one, decoded(one)]));

/** Makes a function that removes these secrets, and the user-info of URLs, from any text. */
export function redactorFor(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets
    .filter((one) => one.length >= SHORTEST_SECRET)
    // the longest first: one may be part of another
    .sort((a, b) => b.length - a.length);
  return (text) => withoutUserInfo(hidden.reduce((rest, one) => rest.replaceAll(one, '***'), text));
}

/** Shorter texts may be part of an ordinary word. */
const SHORTEST_SECRET = 4;

function secretsOf(address: string): string[] {
  const { scheme = '', login = '', query = '' } = urlParts(address) ?? {};
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(login) ?? [];
  // a user name without a password is how servers take a token; beside a password it is not a secret
  const token = /^https?:/i.test(scheme) && /^(x|x-oauth-basic)?$/.test(password) ? user : '';
  const sent = login === '' ? '' : Buffer.from(`${decoded(user)}:${decoded(password)}`).toString('base64');
  // git takes a login with a slash for a host and a path, and names them in its messages
  const pieces = login.includes('/') ? piecesOf(login) : [];
  const given = query.split(/[&;]/).map((one) => one.slice(one.indexOf('=') + 1));
  return [password, token, sent, ...pieces, ...given.filter((one) => one.length >= SHORTEST_TOKEN)];
}

/** The words of a login, the texts that begin with one of them, and the text before the first slash. */
const piecesOf = (login: string): string[] => [
  login.replace(/\/.*/s, ''),
  ...login.split(/[:/@]/),
  ...[...login.matchAll(/[:/@]/g)].map(({ index }) => login.slice(index + 1)),
];

/** Shorter values of a query are more likely the name of a branch. */
const SHORTEST_TOKEN = 8;

/** A URL in its parts, in their order. Joined they are the whole URL, except for the `@` after the login. */
interface UrlParts {
  /** Up to where the login or the host begins: `https://`. */
  scheme: string;
  /** User name and password as they are written, without the `@`; empty where there is none. */
  login: string;
  /** From the host on, without the query. */
  place: string;
  /** What comes behind the `?`; undefined where there is none. A path of this machine has none. */
  query: string | undefined;
}

/** How a URL begins. One or three slashes are a typing error, and a login may follow them all the same. */
const START = /(?:https?:\/*|(?:ssh|git|ftp):\/+|[a-z][a-z0-9+.-]{0,30}:\/\/)/i;
const SPLIT = new RegExp(`\\b(${START.source})`, 'i');
const WHOLE = new RegExp(`^(${START.source})(.*)$`, 'is');

/** The parts of a URL; undefined for anything else, such as a path or `user@host:path`. */
function urlParts(url: string): UrlParts | undefined {
  const [, scheme = '', rest = ''] = WHOLE.exec(url) ?? [];
  if (scheme === '') return undefined;
  const at = endOfLogin(rest);
  const [login, behind] = at === -1 ? ['', rest] : [rest.slice(0, at), rest.slice(at + 1)];
  const mark = /^file:/i.test(scheme) ? -1 : behind.indexOf('?');
  return mark === -1
    ? { scheme, login, place: behind, query: undefined }
    : { scheme, login, place: behind.slice(0, mark), query: behind.slice(mark + 1) };
}

/** Replaces every URL in a text. A URL ends at white space or where the next one begins. */
const replaceUrls = (text: string, replaced: (url: string) => string): string =>
  text.replaceAll(/\S+/g, (word) => {
    const [before = '', ...pieces] = word.split(SPLIT);
    const urls = pieces.flatMap((piece, index) =>
      index % 2 === 0 ? [piece + (pieces[index + 1] ?? '')] : [],
    );
    return before + urls.map(replaced).join('');
  });

/**
 * Where the `@` after a login is; -1 without a login. It is the last one before the first slash (RFC 3986, section 3.2).
 * Where a slash of the password was not encoded it is a later one, and what looks like the host is part of the password.
 */
function endOfLogin(rest: string): number {
  const [head = ''] = /^[^/]*/.exec(rest) ?? [];
  const at = head.lastIndexOf('@');
  const last = rest.lastIndexOf('@');
  return last > head.length && isPartOfLogin(head, rest.slice(last + 1)) ? last : at;
}

/** A host with a port that is a number, as it may stand before the first slash. */
const HOST = /^(\[[\da-f:.]*\]|[^:@]*)(?::(\d{0,5}))?$/i;

/**
 * Whether the text before the first slash of a URL is part of its login, when an `@` comes later. A path may hold an `@` too.
 * It is a login where the port is not a port. Where both are possible, it is a login if the name before the slash is not a
 * public host name, and a host with a path follows the `@`.
 */
function isPartOfLogin(head: string, behind: string): boolean {
  const host = head.slice(head.lastIndexOf('@') + 1);
  const [whole, name = '', port = ''] = HOST.exec(host) ?? [];
  if (whole === undefined || Number(port) > 65_535) return true;
  const hasSign = head.includes(':') || head.includes('@');
  return hasSign && /^[^/]+\//.test(behind) && !/[.[]|^localhost$/i.test(name);
}

/** A part of a URL with its `%` sequences decoded; as it is where they are not UTF-8. */
export const decoded = (text: string): string => percentDecoded(text) ?? text;

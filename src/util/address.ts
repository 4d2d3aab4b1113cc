/** A URL in its parts. Joined in this order they are the whole of it, but for the `@` behind the login. */
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

/** Where a URL begins; one or three slashes are a slip of the hand, and a login comes behind them all the same. */
const START = /(?:https?:\/*|(?:ssh|git|ftp):\/+|[a-z][a-z0-9+.-]{0,30}:\/\/)/i;
const SPLIT = new RegExp(`\\b(${START.source})`, 'i');
const WHOLE = new RegExp(`^(${START.source})(.*)$`, 'is');

/** The parts of a URL; undefined for what is none. A path in its place, or `user@host:path`, has none. */
export function urlParts(url: string): UrlParts | undefined {
  const [, scheme = '', rest = ''] = WHOLE.exec(url) ?? [];
  if (scheme === '') return undefined;
  const at = endOfLogin(rest);
  const [login, behind] = at === -1 ? ['', rest] : [rest.slice(0, at), rest.slice(at + 1)];
  const mark = /^file:/i.test(scheme) ? -1 : behind.indexOf('?');
  return mark === -1
    ? { scheme, login, place: behind, query: undefined }
    : { scheme, login, place: behind.slice(0, mark), query: behind.slice(mark + 1) };
}

/** Replaces every URL in a text; it ends at a blank or where another one begins. */
export const replaceUrls = (text: string, replaced: (url: string) => string): string =>
  text.replaceAll(/\S+/g, (word) => {
    const [before = '', ...pieces] = word.split(SPLIT);
    const urls = pieces.flatMap((piece, index) =>
      index % 2 === 0 ? [piece + (pieces[index + 1] ?? '')] : [],
    );
    return before + urls.map(replaced).join('');
  });

/**
 * Where the `@` behind a login is, -1 without a login. It is the last one before the first slash (RFC 3986, section 3.2);
 * but who forgets to encode a slash of the password means a later one, and then what seems to be the host is a part of it.
 */
function endOfLogin(rest: string): number {
  const [head = ''] = /^[^/]*/.exec(rest) ?? [];
  const at = head.lastIndexOf('@');
  const last = rest.lastIndexOf('@');
  return last > head.length && isPartOfLogin(head, rest.slice(last + 1)) ? last : at;
}

/** A host, as it may stand before the first slash, with a port that is a number. */
const HOST = /^(\[[\da-f:.]*\]|[^:@]*)(?::(\d{0,5}))?$/i;

/**
 * Whether what comes before the first slash of a URL is a part of its login, when an `@` comes later. A path may hold one
 * too: it is a login where the host has a port that is none, or where both could be, and the name before the slash is none
 * that the world knows, while what is behind the `@` is one with a path.
 */
function isPartOfLogin(head: string, behind: string): boolean {
  const host = head.slice(head.lastIndexOf('@') + 1);
  const [whole, name = '', port = ''] = HOST.exec(host) ?? [];
  if (whole === undefined || Number(port) > 65_535) return true;
  const hasSign = head.includes(':') || head.includes('@');
  return hasSign && /^[^/]+\//.test(behind) && !/[.[]|^localhost$/i.test(name);
}

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

/** A part of a URL without its percent-encoding; as it is where that is not valid. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A URL in its parts. Joined in this order they are the whole of it, but for the `@` behind the login. */
export interface UrlParts {
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

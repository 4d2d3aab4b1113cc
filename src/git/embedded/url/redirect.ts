import type { IncomingMessage } from 'node:http';

/** How many redirects of one request are followed. */
export const REDIRECTS = 5;

/**
 * The address of a repository, when an answer says that what was asked for below it is now elsewhere; undefined for any other
 * answer, and for one that leads to another page or from https to http. Git too follows the first answer alone
 * (git-config(1), http.followRedirects).
 */
export function movedTo(
  { statusCode = 0, headers: { location } }: IncomingMessage,
  place: string,
  path: string,
): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  const base = new URL(place + path);
  if (!URL.canParse(location, base.href)) return undefined;
  const url = new URL(location, base);
  url.username = '';
  url.password = '';
  // anything else would be another page, such as one to sign in (gitprotocol-http(5), smart clients)
  const isTheSame = /^https?:$/.test(url.protocol) && url.href.endsWith(path);
  const isWeaker = base.protocol === 'https:' && url.protocol === 'http:';
  return isTheSame && !isWeaker ? url.href.slice(0, -path.length) : undefined;
}

import { RegError } from '../errors.js';

/** Where a source repository is: on a server, or on this machine. */
export type Location = { kind: 'url'; url: string } | { kind: 'path'; path: string };

const SCHEMES: ReadonlySet<string> = new Set(['https', 'http', 'ssh', 'git', 'file']);

/**
 * Reads a `source.repo` or `--repo`: a URL of an allowed scheme, `user@host:path`, or a plain path.
 * @throws RegError SOURCE_UNSUPPORTED for anything that would make git run a program
 */
export function parseLocation(text: string): Location {
  const refuse = (why: string): RegError =>
    new RegError(
      'SOURCE_UNSUPPORTED',
      `'${withoutUserInfo(text)}' is not a repository to read from: ${why}`,
      HINT,
    );
  if (text === '' || text.includes('\0') || text.includes('\n'))
    throw refuse('it is empty or holds a line break');
  if (text.startsWith('-')) throw refuse('it looks like an option');
  if (/^[a-z0-9+.-]+::/i.test(text)) throw refuse('remote helpers run programs');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'file') {
    const path = pathOfFileUrl(text);
    if (path === undefined) throw refuse('it is no file:// URL of this machine');
    return { kind: 'path', path };
  }
  if (scheme !== undefined) {
    if (!SCHEMES.has(scheme)) throw refuse(`${scheme}:// is not supported`);
    if (/^[^:]+:\/\/([^/@]*@)?-/.test(text)) throw refuse('its host looks like an option');
    return { kind: 'url', url: text };
  }
  // user@host:path is a URL when no slash comes before the colon (git-clone(1), GIT URLS)
  const isScpLike = /^[^/\\]+:(?!\\)/.test(text) && !/^[a-z]:[\\/]/i.test(text);
  return isScpLike ? { kind: 'url', url: text } : { kind: 'path', path: text };
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

/** A URL fit to be shown or stored: without user name, password or token. */
export const withoutUserInfo = (text: string): string =>
  text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1');

/** A URL without the login of a web address; in an ssh address the user is a part of where it leads. */
export const withoutLogin = (url: string): string => (/^https?:/i.test(url) ? withoutUserInfo(url) : url);

const SCP_USER = /^[^/@\s]+@(?=[^/@\s]+:)/;

/** The address of a repository, fit to be shown, without user-info; `git@host:path` has some too. */
export const shownAddress = (address: string): string => withoutUserInfo(address).replace(SCP_USER, '');

/**
 * Gives what takes the secrets of a URL out of a text wherever they are: a server may repeat them, git may decode them.
 */
export function redactorOf(address: string): (text: string) => string {
  const [, user = '', password = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/@:]*):?([^/]*)@/i.exec(address) ?? [];
  // a user name without a real password is how servers take a token; with one it is no secret
  const token = /^https?:/i.test(address) && /^(x|x-oauth-basic)?$/.test(password) ? user : '';
  const login = `${decoded(user)}:${decoded(password)}`;
  const given = [password, token];
  const sent = login === ':' ? '' : Buffer.from(login).toString('base64');
  const secrets = [...given, ...given.map(decoded), sent];
  const hidden = secrets.filter((one) => one.length >= SHORTEST_SECRET);
  return (text) => withoutUserInfo(hidden.reduce((rest, one) => rest.replaceAll(one, '***'), text));
}

/** Anything shorter may be part of an ordinary word. */
const SHORTEST_SECRET = 4;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

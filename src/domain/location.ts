import { RegError } from '../errors.js';
import { decoded, shownAddress } from '../util/address.js';
import { CONTROL } from '../util/text.js';

/** Where a repository is: on a server, or on this machine. */
export type Location = { kind: 'url'; url: string } | { kind: 'path'; path: string };

const SCHEMES: ReadonlySet<string> = new Set(['https', 'http', 'ssh', 'git', 'file']);

/** `ssh:/path` and `git:path` may be the path on a host of that name (git-clone(1), GIT URLS), unless they hold a login. */
const LACKS_A_SLASH = /^(?:https?|file):(?!\/\/)|^(?:ssh|git):\/(?!\/).*@/i;

/** Whether a text is a URL of this machine. */
export const isFileUrl = (text: string): boolean => /^file:/i.test(text);

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

/** What is wrong with a URL. Git decodes it before it splits it, and passes host and path to ssh (git-clone(1), GIT URLS). */
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

import { CONTROL } from '../util/text.js';

/**
 * A URL fit to be shown: without user-info, and with `?…` for a query, which may hold a signature. A path stays as it is,
 * and of what only looks like a URL nothing is left that could be a login.
 */
export function shownUrl(text: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? [];
  if (scheme === undefined || /^[a-z]:[\\/]/i.test(text)) return text;
  const base = text.replace(/[?#].*$/s, (found) => (found.startsWith('?') ? '?…' : ''));
  const isUrl = URL.canParse(base) && /^[^:]+:\/\/[^/\\]/.test(base);
  return base.replace(isUrl ? /^([^:]+:\/\/)[^/\\]*@/ : /^([^:]+:[:/\\]*).*@/s, '$1');
}

/** The same for what was refused: one line, and not too long a one. */
export function shownRefused(text: string): string {
  const shown = shownUrl(text).replaceAll(new RegExp(CONTROL, 'g'), '�');
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
}

const LONGEST_SHOWN = 200;

/** Whether a path has a part that leads up or nowhere, as it is or as URLs write it: `.`, `..`, `%2e%2e`. */
export const hasDots = (path: string): boolean => /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path);

/**
 * Whether the path of a URL holds what servers and this program might read in two ways: dots, a slash, a backslash or a control
 * character in disguise, `%2f`, or a backslash, which is a slash to some (URL Standard, special schemes).
 */
export const isUnsafeUrlPath = (path: string): boolean =>
  hasDots(path) || /\\|%(2f|5c|[01][0-9a-f]|7f)/i.test(path);

/**
 * The key that stands for the last part of a web address: its name as people write it, `my model.bin`. Where the name does not
 * give the address back, the key is the text of the URL with a `?` in it: `model.bin?sig=x`, `a%E9.bin?`.
 * @param query with its `?`; empty for none
 */
export function keyOfUrl(part: string, query: string): string {
  const name = decoded(part);
  const isPlain = query === '' && name !== undefined && !name.includes('?') && urlOfKey(name) === part;
  return isPlain ? name : part + (query || '?');
}

/** The text of a URL that a key stands for; otherwise as `keyOfUrl`. */
export function urlOfKey(key: string): string {
  if (key.includes('?')) return key.replace(/\?$/, '');
  return key.split('/').map(encodePart).join('/');
}

/** The name of the file that a key stands for, without a query: what to call it on this machine. */
export function nameOfKey(key: string): string {
  const [, path = '', query] = /^([^?]*)(\?.*)?$/s.exec(key) ?? [];
  const text = query === undefined ? path : (decoded(path) ?? path);
  return text.slice(text.lastIndexOf('/') + 1);
}

/** Leaves what may stand in a path (RFC 3986, section 3.3), but for `+`, which is a space to some servers. */
const encodePart = (text: string): string =>
  // a lone surrogate has no UTF-8
  encodeURIComponent(Buffer.from(text).toString()).replaceAll(
    /%(?:3D|40|2C|3A|3B|24|26)/g,
    decodeURIComponent,
  );

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

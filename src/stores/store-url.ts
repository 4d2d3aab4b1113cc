import { isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, RegError } from '../errors.js';
import { CONTROL } from '../util/text.js';
import { hasDots, isUnsafeUrlPath, keyOfUrl, shownRefused } from './store-url-text.js';

export { nameOfKey, shownUrl } from './store-url-text.js';

/** Where an object is, or with an empty name a folder of them. */
export interface ObjectUrl {
  /** The store to open: a URL, or for this machine a path; `/` at its end. */
  folder: string;
  /** The key in it. */
  name: string;
}

/** What a place is reached by. */
export type StoreKind = 's3' | 'gcs' | 'azure' | 'http' | 'folder';

const KINDS: ReadonlyMap<string, StoreKind> = new Map([
  ['s3', 's3'],
  ['gs', 'gcs'],
  ['gcs', 'gcs'],
  ['az', 'azure'],
  ['azure', 'azure'],
  ['http', 'http'],
  ['https', 'http'],
  ['file', 'folder'],
]);

/**
 * Tells the store to open and the key in it from where a model is: a URL, or an absolute path of this machine. A `/` at the end
 * means a folder. The key of a web address may hold a query; `nameOfKey` gives the name of the file.
 * @throws RegError SOURCE_UNSUPPORTED, SOURCE_PATH as `parseStoreUrl`
 */
export function splitObjectUrl(url: string): ObjectUrl {
  const { folder, name } = parseStoreUrl(url);
  return { folder, name };
}

/** Makes the error for a text, with the reason. */
type Refuse = (why: string, code?: ErrorCode) => RegError;

/**
 * Reads where models are. What a URL could say beyond that is refused, so that a link leads where it seems to lead.
 * @throws RegError SOURCE_UNSUPPORTED for any other kind of place, SOURCE_PATH for a path that might lead out of it
 */
export function parseStoreUrl(text: string): ObjectUrl & { kind: StoreKind } {
  const refuse: Refuse = (why, code = 'SOURCE_UNSUPPORTED') =>
    new RegError(code, `'${shownRefused(text)}' is no place of a model: ${why}`, HINT);
  if (CONTROL.test(text)) throw refuse('it holds control characters');
  if (isAbsolute(text)) return { kind: 'folder', ...splitPath(text, refuse) };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse('it is neither a URL nor an absolute path');
  const kind = KINDS.get(scheme);
  if (kind === undefined) throw refuse(`${scheme}: is not supported`);
  if (text.includes('\\')) throw refuse('a backslash has no place in a URL', 'SOURCE_PATH');
  switch (kind) {
    case 'folder':
      return { kind, ...splitPath(pathOfUrl(text, refuse), refuse) };
    case 'http':
      return { kind, ...splitWebUrl(text, refuse) };
    default:
      return { kind, ...splitCloudUrl(text, kind, refuse) };
  }
}

const HINT = 'use an https, s3, gs, az or file URL, or an absolute path';
const DOTS = "no part of its path may be '.' or '..', and none may hide a slash";

function splitPath(path: string, refuse: Refuse): ObjectUrl {
  if (/^[\\/]{2}/.test(path)) throw refuse('it begins with two slashes', 'SOURCE_PATH');
  const slashed = sep === '/' ? path : path.replaceAll(sep, '/');
  if (hasDots(slashed.replaceAll('%', '-'))) throw refuse(DOTS, 'SOURCE_PATH');
  return cut(path, slashed.lastIndexOf('/') + 1);
}

const cut = (text: string, at: number): ObjectUrl => ({ folder: text.slice(0, at), name: text.slice(at) });

/** The path of a file URL of this machine (RFC 8089). */
function pathOfUrl(text: string, refuse: Refuse): string {
  const [, path] = /^file:\/\/(?:localhost)?(\/[^?#]*)$/i.exec(text) ?? [];
  if (path === undefined) throw refuse('write file:///folder/name');
  if (isUnsafeUrlPath(path)) throw refuse(DOTS, 'SOURCE_PATH');
  try {
    return fileURLToPath(`file://${path}`);
  } catch {
    throw refuse('it cannot be decoded', 'SOURCE_PATH');
  }
}

function splitWebUrl(text: string, refuse: Refuse): ObjectUrl {
  const [, start = '', path = '/', query = ''] =
    /^(https?:\/\/[^/?#]+)(\/[^?#]*)?(\?[^#]*)?$/i.exec(text) ?? [];
  if (start === '' || /\s/.test(text) || !URL.canParse(text))
    throw refuse('write https://host/folder/name, without a #fragment, and with %20 for a space');
  if (/[/@]-[^@]*$/.test(start)) throw refuse('its host looks like an option');
  if (isUnsafeUrlPath(path)) throw refuse(DOTS, 'SOURCE_PATH');
  const { folder, name } = cut(path, path.lastIndexOf('/') + 1);
  return { folder: start + folder, name: name + query === '' ? '' : keyOfUrl(name, query) };
}

/** A bucket, or a container of Azure, and what may stand before that: the host of an account. */
const BUCKET = '[a-z0-9$][a-z0-9._-]*';
const CLOUD = new RegExp(String.raw`^[a-z0-9]+:\/\/(${BUCKET})(\/.*)?$`, 'i');
const ACCOUNT = new RegExp(
  String.raw`^[a-z0-9]+:\/\/([a-z0-9-]+\.[a-z0-9.-]*(?::\d+)?\/${BUCKET})(\/.*)?$`,
  'i',
);

/** What follows the bucket is the key as it is, and nothing in it is decoded, as the tools of the providers take it. */
function splitCloudUrl(text: string, kind: StoreKind, refuse: Refuse): ObjectUrl {
  // a signature would be kept in files and shown
  if (text.includes('?')) throw refuse('such an address has no query');
  const [, , key = '/'] = (kind === 'azure' && ACCOUNT.exec(text)) || (CLOUD.exec(text) ?? []);
  if (!CLOUD.test(text) && !(kind === 'azure' && ACCOUNT.test(text)))
    throw refuse('it names no bucket; write scheme://bucket/folder/name');
  if (isUnsafeUrlPath(key)) throw refuse(DOTS, 'SOURCE_PATH');
  const whole = text.endsWith(key) ? text : `${text}/`;
  return cut(whole, whole.lastIndexOf('/') + 1);
}

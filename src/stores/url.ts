import { isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, RegError } from '../errors.js';
import { shownUrl } from '../util/address.js';
import { CONTROL, percentDecoded } from '../util/text.js';

/** The address of an object or, with an empty name, of a folder. */
interface ObjectUrl {
  /** The store to open: a URL, or a path of this machine; `/` at its end. */
  folder: string;
  /** The key in it. */
  name: string;
}

/** The kinds of stores. */
type StoreKind = 's3' | 'gcs' | 'azure' | 'http' | 'ssh' | 'folder';

const KINDS: ReadonlyMap<string, StoreKind> = new Map([
  ['s3', 's3'],
  ['gs', 'gcs'],
  ['gcs', 'gcs'],
  ['az', 'azure'],
  ['azure', 'azure'],
  ['http', 'http'],
  ['https', 'http'],
  ['ssh', 'ssh'],
  ['file', 'folder'],
]);

/**
 * Splits the address of a model, a URL or an absolute path of this machine, into the store and the key in it. A `/` at the end
 * means a folder. The key of a web address may hold a query; `nameOfKey` gives the name of the file.
 * @throws RegError SOURCE_UNSUPPORTED, SOURCE_PATH as `parseStoreUrl`
 */
export function splitObjectUrl(url: string): ObjectUrl {
  const { folder, name } = parseStoreUrl(url);
  return { folder, name };
}

/** Makes the error for an address, with the reason. */
type Refuse = (why: string, code?: ErrorCode) => RegError;

/**
 * Reads the address of a model. Everything else that a URL can say is refused, so that a link leads where it seems to lead.
 * @throws RegError SOURCE_UNSUPPORTED for any other kind of address, SOURCE_PATH for a path that might lead out of the store
 */
export function parseStoreUrl(text: string): ObjectUrl & { kind: StoreKind } {
  const refuse: Refuse = (why, code = 'SOURCE_UNSUPPORTED') =>
    new RegError(code, `'${shownRefused(text)}' is not the address of a model: ${why}`, HINT);
  if (CONTROL.test(text)) throw refuse('it holds control characters');
  if (isAbsolute(text)) return { kind: 'folder', ...splitPath(text, refuse) };
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse('it is neither a URL nor an absolute path');
  const kind = KINDS.get(scheme);
  if (kind === undefined) throw refuse(`${scheme}: is not supported`);
  if (text.includes('\\')) throw refuse('it holds a backslash', 'SOURCE_PATH');
  switch (kind) {
    case 'folder':
      return { kind, ...splitPath(pathOfUrl(text, refuse), refuse) };
    case 'http':
      return { kind, ...splitWebUrl(text, refuse) };
    case 'ssh':
      return { kind, ...splitSshUrl(text, refuse) };
    default:
      return { kind, ...splitCloudUrl(text, kind, refuse) };
  }
}

const HINT = 'use an https, s3, gs, az, ssh or file URL, or an absolute path';
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

/** A user, a host and a port, where none looks like an option (ssh(1)), and a path from the root of the server. */
const SSH =
  /^ssh:\/\/(?:([a-z0-9_][a-z0-9_.\\-]*\$?)@)?([a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\])(?::(\d{1,5})?)?(\/.*)?$/i;

/** Nothing in the path is decoded, as in DVC; a query and a password are refused. */
function splitSshUrl(text: string, refuse: Refuse): ObjectUrl {
  if (/^ssh:\/\/[^/@]*:[^/]*@/i.test(text))
    throw refuse('it holds a password, and ssh takes none from there');
  if (text.includes('?')) throw refuse('such an address has no query');
  const [, , , , path = '/'] = SSH.exec(text) ?? [];
  if (!SSH.test(text)) throw refuse('write ssh://user@host:port/folder/name');
  if (isUnsafeUrlPath(path.replaceAll('%', '-'))) throw refuse(DOTS, 'SOURCE_PATH');
  const whole = text.endsWith(path) ? text : `${text}/`;
  return cut(whole, whole.lastIndexOf('/') + 1);
}

/** A folder of a machine that is reached by ssh. */
export interface SshUrl {
  host: string;
  port: number | undefined;
  user: string | undefined;
  /** The absolute path of the folder. */
  top: string;
  /** The URL without the user, and without a slash at the end. */
  shown: string;
}

/**
 * Reads the URL of a folder that is reached by ssh.
 * @throws RegError SOURCE_UNSUPPORTED, without any part that could be a secret
 */
export function parseSshUrl(url: string): SshUrl {
  const [whole, user, host = '', digits, path = '/'] = SSH.exec(url) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (whole === undefined || port === 0 || (port ?? 1) > 65_535)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      'an ssh:// URL names no host',
      'write ssh://user@host:port/folder',
    );
  const top = path.replace(/\/+$/, '') || '/';
  const at = host + (port === undefined ? '' : `:${port}`);
  return { host: host.replace(/^\[|\]$/g, ''), port, user, top, shown: `ssh://${at}${top}` };
}

/** A bucket, or a container of Azure; `$web` and `$root` are two of these. */
const BUCKET = '[a-z0-9$][a-z0-9._-]{0,221}';
const CLOUD = new RegExp(String.raw`^[a-z0-9]+:\/\/(${BUCKET})(\/.*)?$`, 'i');
/** At Azure the host of an account may stand before the container. */
const ACCOUNT = new RegExp(
  String.raw`^[a-z0-9]+:\/\/([a-z0-9-]+\.[a-z0-9.-]*(?::\d+)?\/${BUCKET})(\/.*)?$`,
  'i',
);

/** The key follows the bucket. Nothing in it is decoded, as in the tools of the providers. */
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

/** The top of a store in a cloud. */
export interface BucketUrl {
  /** The bucket, or at Azure the container. */
  bucket: string;
  /** What every key of the store begins with: empty, or with `/` at its end. */
  prefix: string;
  /** The host that the URL names instead of the provider's usual one; undefined without one. */
  host: string | undefined;
  /** The URL as it was given, without a slash at the end. */
  shown: string;
}

/**
 * Reads the URL of a folder in a bucket. In the key `?`, `#` and `%` stand for themselves.
 * @param hosts whether the bucket may follow a host
 * @throws RegError SOURCE_UNSUPPORTED, without any part that could be a secret
 */
export function parseBucketUrl(url: string, hosts = false): BucketUrl {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9]*):\/\/(.*)$/is.exec(url) ?? [];
  const parts = rest.split('/');
  const host = hosts && parts[0]?.includes('.') ? parts.shift() : undefined;
  const [bucket = '', ...folders] = parts;
  const form = `${scheme}://${hosts ? '[host/]' : ''}bucket/folder`;
  if (!WHOLE_BUCKET.test(bucket) || (host !== undefined && !/^[a-z0-9.-]+(:\d+)?$/i.test(host)))
    throw new RegError('SOURCE_UNSUPPORTED', `a ${scheme}:// URL does not name a bucket`, `write ${form}`);
  const folder = folders.join('/').replace(/\/+$/, '');
  const shown = `${scheme}://${[host, bucket, folder].filter(Boolean).join('/')}`;
  return { bucket, host, prefix: folder === '' ? '' : `${folder}/`, shown };
}

const WHOLE_BUCKET = new RegExp(`^${BUCKET}$`, 'i');

/** A refused address, fit to be shown: on one line, and cut where it is very long. */
export function shownRefused(text: string): string {
  const shown = shownUrl(text).replaceAll(new RegExp(CONTROL, 'g'), '�');
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
}

const LONGEST_SHOWN = 200;

/** Whether a path has a part `.` or `..`, also encoded as `%2e%2e`. */
const hasDots = (path: string): boolean => /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path);

/**
 * Whether servers and this program might read the path of a URL in two ways: it has `.` or `..`, an encoded slash, backslash or
 * control character, or a backslash, which some read as a slash (URL Standard, special schemes).
 */
export const isUnsafeUrlPath = (path: string): boolean =>
  hasDots(path) || /\\|%(2f|5c|[01][0-9a-f]|7f)/i.test(path);

/**
 * The key for the last part of a web address: its decoded name, `my model.bin`. Where encoding the name does not give the
 * address back, the key is the text of the URL with a `?` in it: `model.bin?sig=x`, `a%E9.bin?`.
 * @param query with its `?`; empty for none
 */
function keyOfUrl(part: string, query: string): string {
  const name = percentDecoded(part);
  const isPlain = query === '' && name !== undefined && !name.includes('?') && urlOfKey(name) === part;
  return isPlain ? name : part + (query || '?');
}

/** The text of the URL for a key: the opposite of `keyOfUrl`. */
export function urlOfKey(key: string): string {
  if (key.includes('?')) return key.replace(/\?$/, '');
  return key.split('/').map(encodePart).join('/');
}

/** The name of the file under a key, without a query. */
export function nameOfKey(key: string): string {
  const [, path = '', query] = /^([^?]*)(\?.*)?$/s.exec(key) ?? [];
  const text = query === undefined ? path : (percentDecoded(path) ?? path);
  return text.slice(text.lastIndexOf('/') + 1);
}

/** Encodes a name for a path (RFC 3986, section 3.3), and `+` too, which some servers read as a space. */
const encodePart = (text: string): string =>
  // a lone surrogate cannot be encoded
  encodeURIComponent(Buffer.from(text).toString()).replaceAll(
    /%(?:3D|40|2C|3A|3B|24|26)/g,
    decodeURIComponent,
  );

/** Whether a text is a URL of any kind, and not a path. */
export const isStoreUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The address of an object, from that of its store and its key: the opposite of `splitObjectUrl`. */
export function joinObjectUrl(store: string, key: string): string {
  // the tools of the cloud providers decode no keys; only the web and files do
  const isEncoded = /^(https?|file):/i.test(store);
  const path = isEncoded ? key.split('/').map(encodeURIComponent).join('/') : key;
  return `${store.replace(/\/+$/, '')}/${path}`;
}

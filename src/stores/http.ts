import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import {
  type ByteRange,
  type HttpOptions,
  type HttpResponse,
  lengthError,
  lengthOf,
  openHttp,
  RangeIgnored,
  type Surroundings,
  statusError,
} from '../net/http.js';
import { NO_CONFIG, openSession, type Send, type WebConfig } from '../net/session.js';
import { shownUrl } from '../util/address.js';
import { exactly, WrongLength } from '../util/stream.js';
import type { ObjectStore } from './port.js';
import { isUnsafeUrlPath, parseStoreUrl, shownRefused, urlOfKey } from './url.js';

/**
 * Opens a folder of a web server, to read objects of it whose keys are known. A key is a name or, with a `?`, the text of a URL
 * below the folder as it is, which may be signed.
 * @throws RegError SOURCE_UNSUPPORTED for a URL with a query
 */
export async function openWeb(
  url: string,
  around: Surroundings,
  { web = NO_CONFIG, ...options }: Pick<HttpOptions, 'lookup'> & { web?: WebConfig } = {},
): Promise<ObjectStore> {
  parseStoreUrl(url);
  if (url.includes('?'))
    throw new RegError('SOURCE_UNSUPPORTED', `the address of a folder has no query: ${shownUrl(url)}`);
  const top = url.replace(/\/*$/, '/');
  const { request } = openHttp(around, { ...options, settings: web.settings });
  // a link names the host: it gets only what is meant for it, and the user is not asked
  const { send } = openSession(request, web, around.env, { url: top, reach: 'meant', mayAsk: false });
  const cannot = (what: string): RegError =>
    new RegError('SOURCE_UNSUPPORTED', `a web server cannot ${what}: ${shownUrl(top)}`, HINT);
  return {
    shown: shownUrl(top),
    stat: async (key) => {
      const content = await lookFor(send, addressOf(top, key));
      return content && { key, ...content };
    },
    list: async () => {
      throw cannot('list its files');
    },
    read: async (key, range) => readFrom(send, addressOf(top, key), range),
    write: async (_key, bytes) => {
      bytes.destroy();
      throw cannot('be written to');
    },
  };
}

const HINT = 'use a folder, or an s3, gs, az or ssh URL';

function addressOf(top: string, key: string): string {
  const text = urlOfKey(key);
  const [, path = ''] = /^([^?]*)/.exec(text) ?? [];
  const isBelow = !isUnsafeUrlPath(path) && !/^\/|[\s#]/.test(text) && text !== '';
  if (isBelow) return top + text;
  throw new RegError(
    'SOURCE_PATH',
    `'${shownRefused(top + text)}' is not below its folder`,
    'check the path',
  );
}

/** The status of servers that do not support HEAD, and of signed addresses, which are valid for GET only. */
const NO_HEAD: ReadonlySet<number> = new Set([403, 405, 501]);

/** What a server knows of an object; undefined without one. */
async function lookFor(send: Send, url: string): Promise<Content | undefined> {
  const head = await send({ method: 'HEAD', url });
  head.body.destroy();
  if (isGone(head.status)) return undefined;
  if (head.status !== 200 && !NO_HEAD.has(head.status)) throw statusError(shownUrl(url), head);
  const content = contentOf(head);
  // some servers leave out the size in a response to HEAD, or say 0
  const isKnown = head.status === 200 && content.size;
  return isKnown ? known(url, head, content) : lookForFirstByte(send, url);
}

async function lookForFirstByte(send: Send, url: string): Promise<Content | undefined> {
  const answer = await send({ method: 'GET', url, range: { start: 0, end: 1 } });
  answer.body.destroy();
  if (isGone(answer.status)) return undefined;
  const content = contentOf(answer);
  // an empty object has no first byte (RFC 9110, section 15.5.17)
  const isThere =
    answer.status === 206 || answer.status === 200 || (answer.status === 416 && content.size === 0);
  if (!isThere) throw statusError(shownUrl(url), answer);
  return known(url, answer, content);
}

function known(url: string, answer: Parameters<typeof contentOf>[0], content: Content): Content {
  refuseCompressed(shownUrl(url), answer, new URL(url).pathname);
  return content;
}

const isGone = (status: number): boolean => status === 404 || status === 410;

async function readFrom(send: Send, url: string, range: ByteRange | undefined): Promise<Readable> {
  if (range && range.end <= range.start) return Readable.from([], { objectMode: false });
  const shown = shownUrl(url);
  const answer = await send({ method: 'GET', url, range });
  try {
    if (answer.status !== 200 && answer.status !== 206) throw statusError(shown, answer);
    refuseCompressed(shown, answer, new URL(url).pathname);
    if (range === undefined && answer.status === 206) throw statusError(shown, answer);
    if (range === undefined) return answer.body;
    // everything is the part where it ends there
    if (answer.status === 206) refuseOtherPart(shown, answer, range);
    else if (range.start > 0 || lengthOf(answer.headers) !== range.end) throw new RangeIgnored(shown);
    const size = range.end - range.start;
    const failure = (error: unknown) => (error instanceof WrongLength ? lengthError(shown, error) : error);
    return exactly(answer.body, { size, failure });
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
}

/** What a response says of an object's bytes. */
interface Content {
  /** Of the whole object; undefined where the server does not say. */
  size: number | undefined;
  /** Whether parts of it can be requested. */
  ranges: boolean;
}

type Answer = Pick<HttpResponse, 'status' | 'headers'>;

/** What a response with all or a part of an object says of the whole (RFC 9110, sections 8.6 and 14.4). */
function contentOf({ status, headers }: Answer): Content {
  if (status === 206 || status === 416) {
    const total = /^bytes (?:\d+-\d+|\*)\/(\d+)$/i.exec(headers['content-range'] ?? '')?.[1];
    return { size: total === undefined ? undefined : Number(total), ranges: true };
  }
  return { size: lengthOf(headers), ranges: /\bbytes\b/i.test(headers['accept-ranges'] ?? '') };
}

/**
 * Refuses a response with another part of the object than was requested.
 * @throws RegError STORE_FAILED
 */
function refuseOtherPart(shown: string, { headers }: Answer, { start, end }: ByteRange): void {
  const sent = headers['content-range'] ?? '';
  if (new RegExp(`^bytes ${start}-${end - 1}/(\\d+|\\*)$`, 'i').test(sent)) return;
  throw new RegError(
    'STORE_FAILED',
    `${shown} was asked for the bytes ${start}-${end - 1}, and its server answered with '${sent}'`,
    'it changed meanwhile, or its server is at fault',
  );
}

/** Compressed files: some servers name their own compression in this header. */
const COMPRESSED = /\.(t?gz|svgz|Z|bz2|xz|zst|br)$/i;

/**
 * Refuses bytes that were compressed on the way, although the request did not ask for it (RFC 9110, section 12.5.3).
 * @param path of the URL
 * @throws RegError STORE_FAILED
 */
function refuseCompressed(shown: string, { headers }: Answer, path: string): void {
  const content = headers['content-encoding'] ?? 'identity';
  // the client decodes no transfer coding except chunked (RFC 9112, section 7)
  const transfer = (headers['transfer-encoding'] ?? '').replace(/\bchunked\b|[,\s]/gi, '');
  if (transfer === '' && (/^(identity)?$/i.test(content) || COMPRESSED.test(path))) return;
  const encoding = transfer || content;
  throw new RegError(
    'STORE_FAILED',
    `${shown} comes compressed with ${encoding}, although the request does not accept that`,
    'have its server send the file as it is',
  );
}

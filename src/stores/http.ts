import { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import { type HttpClient, openHttp, refusedBy } from '../net/http.js';
import type { Lookup } from '../net/private-address.js';
import { type Content, contentOf, refuseOtherPart, refusePacked } from './http-content.js';
import { measured } from './measured.js';
import type { ByteRange, ObjectStore, StoreSurroundings } from './port.js';
import { parseStoreUrl, shownUrl } from './store-url.js';
import { isUnsafeUrlPath, shownRefused, urlOfKey } from './store-url-text.js';

/**
 * Opens a folder of a web server, to read objects of it whose keys are known. A key is a name, or with a `?` the text of a URL
 * below the folder as it is, which may be signed.
 * @param lookup what knows the addresses of hosts; by default that of node:dns
 * @throws RegError SOURCE_UNSUPPORTED for a URL with a query
 */
export async function openWeb(url: string, around: StoreSurroundings, lookup?: Lookup): Promise<ObjectStore> {
  parseStoreUrl(url);
  if (url.includes('?'))
    throw new RegError('SOURCE_UNSUPPORTED', `the address of a folder has no query: ${shownUrl(url)}`);
  const top = url.replace(/\/*$/, '/');
  const http = openHttp(around, { lookup });
  const cannot = (what: string): RegError =>
    new RegError('SOURCE_UNSUPPORTED', `a web server cannot ${what}: ${shownUrl(top)}`, HINT);
  return {
    shown: shownUrl(top),
    stat: async (key) => {
      const content = await lookFor(http, addressOf(top, key));
      return content && { key, ...content };
    },
    list: async () => {
      throw cannot('list its files');
    },
    read: async (key, range) => readFrom(http, addressOf(top, key), range),
    write: async (_key, bytes) => {
      bytes.destroy();
      throw cannot('be written to');
    },
  };
}

const HINT = 'use a folder, or an s3, gs or az URL';

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

/** Statuses of servers that answer HEAD with nothing, and of signed addresses, which are good for GET alone. */
const NO_HEAD: ReadonlySet<number> = new Set([403, 405, 501]);

/** What a server knows of an object; undefined when it has none. */
async function lookFor(http: HttpClient, url: string): Promise<Content | undefined> {
  const head = await http.request({ method: 'HEAD', url });
  head.body.destroy();
  if (isGone(head.status)) return undefined;
  if (head.status !== 200 && !NO_HEAD.has(head.status)) throw refusedBy(shownUrl(url), head);
  const content = contentOf(head);
  // some servers leave out the size, or say 0, when they are asked for nothing else
  const isTold = head.status === 200 && content.size;
  return isTold ? known(url, head, content) : lookForFirstByte(http, url);
}

async function lookForFirstByte(http: HttpClient, url: string): Promise<Content | undefined> {
  const answer = await http.request({ method: 'GET', url, range: { start: 0, end: 1 } });
  answer.body.destroy();
  if (isGone(answer.status)) return undefined;
  const content = contentOf(answer);
  // of what is empty there is no first byte (RFC 9110, section 15.5.17)
  const isThere =
    answer.status === 206 || answer.status === 200 || (answer.status === 416 && content.size === 0);
  if (!isThere) throw refusedBy(shownUrl(url), answer);
  return known(url, answer, content);
}

function known(url: string, answer: Parameters<typeof contentOf>[0], content: Content): Content {
  refusePacked(shownUrl(url), answer, new URL(url).pathname);
  return content;
}

const isGone = (status: number): boolean => status === 404 || status === 410;

async function readFrom(http: HttpClient, url: string, range: ByteRange | undefined): Promise<Readable> {
  if (range && range.end <= range.start) return Readable.from([], { objectMode: false });
  const shown = shownUrl(url);
  const answer = await http.request({ method: 'GET', url, range });
  try {
    if (answer.status !== 200 && answer.status !== 206) throw refusedBy(shown, answer);
    refusePacked(shown, answer, new URL(url).pathname);
    if (range === undefined && answer.status === 206) throw refusedBy(shown, answer);
    if (range === undefined) return answer.body;
    refuseOtherPart(shown, answer, range);
    return measured(answer.body, {
      size: range.end - range.start,
      shown,
      failure: (error) => error as RegError,
    });
  } catch (error) {
    answer.body.destroy();
    throw error;
  }
}

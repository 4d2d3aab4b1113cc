import { RegError } from '../errors.js';
import type { HttpAnswer } from '../net/http.js';
import type { ByteRange } from './port.js';

/** What an answer says of an object's bytes. */
export interface Content {
  /** Of the whole object; undefined where the server does not tell. */
  size: number | undefined;
  /** Whether parts of it can be asked for. */
  ranges: boolean;
}

type Answer = Pick<HttpAnswer, 'status' | 'headers'>;

/** What the answer of a server tells of a whole object, be it of all of it or of a part (RFC 9110, sections 8.6 and 14.4). */
export function contentOf({ status, headers }: Answer): Content {
  if (status === 206 || status === 416) {
    const total = /^bytes (?:\d+-\d+|\*)\/(\d+)$/i.exec(headers['content-range'] ?? '')?.[1];
    return { size: total === undefined ? undefined : Number(total), ranges: true };
  }
  return { size: lengthOf(headers), ranges: /\bbytes\b/i.test(headers['accept-ranges'] ?? '') };
}

/** The bytes that a server is about to send; undefined where it does not tell, as for chunks (RFC 9112, section 6.3). */
export function lengthOf(headers: HttpAnswer['headers']): number | undefined {
  const { 'content-length': length, 'transfer-encoding': chunked } = headers;
  return chunked === undefined && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/**
 * Refuses an answer that is not that part of the object which was asked for.
 * @throws RegError STORE_FAILED
 */
export function refuseOtherPart(shown: string, { headers }: Answer, { start, end }: ByteRange): void {
  const sent = headers['content-range'] ?? 'nothing of it';
  if (new RegExp(`^bytes ${start}-${end - 1}/(\\d+|\\*)$`, 'i').test(sent)) return;
  throw new RegError(
    'STORE_FAILED',
    `${shown} was asked for the bytes ${start}-${end - 1}, and its server tells of '${sent}'`,
    'it changed meanwhile, or its server is at fault',
  );
}

/** Files that are packed themselves: some servers tell so in this header, and their bytes are those of the file. */
const PACKED = /\.(t?gz|svgz|Z|bz2|xz|zst|br)$/i;

/**
 * Refuses bytes that are not the object's own, because they were packed although nobody asked (RFC 9110, section 12.5.3).
 * @param path of the URL
 * @throws RegError STORE_FAILED
 */
export function refusePacked(shown: string, { headers }: Answer, path: string): void {
  const packed = headers['content-encoding'] ?? 'identity';
  // a transfer coding beside chunked is nothing that the client takes off (RFC 9112, section 7)
  const transfer = (headers['transfer-encoding'] ?? '').replace(/\bchunked\b|[,\s]/gi, '');
  if (transfer === '' && (/^(identity)?$/i.test(packed) || PACKED.test(path))) return;
  const encoding = transfer || packed;
  throw new RegError(
    'STORE_FAILED',
    `${shown} comes packed with ${encoding}, which was not asked for`,
    'have its server send the file as it is',
  );
}

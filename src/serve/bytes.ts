import type { FileDigest } from '../models/digest.js';
import type { ByteRange } from '../net/http.js';
import type { Bytes } from './stored.js';

/** What a request asks of a file, beside its path (RFC 9110, 13 and 14). */
export interface FileRequest {
  method: string;
  header(name: string): string | undefined;
}

/** How a face answers with a file. */
export interface FileAnswer {
  /** The entity tag without quotes; by default the SHA-256. */
  etag?: string | undefined;
  contentType?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Whether a part of an empty file is the whole file, status 200 with `Content-Range`, and not an error. */
  isEmptyWhole?: boolean | undefined;
}

/** An answer with a file: what its status and headers are, and which part of the bytes it has. */
export interface PlannedAnswer {
  status: 200 | 206 | 304 | 412 | 416;
  headers: Record<string, string>;
  /** Undefined for an answer without bytes. */
  range: ByteRange | undefined;
}

/**
 * Decides what to answer to a request for a file. One range is answered; what asks for several, or is no range of bytes, gets the whole
 * file (RFC 9110, 14.2).
 */
export function planAnswer(
  request: FileRequest,
  { size, sha256 }: FileDigest,
  answer: FileAnswer,
): PlannedAnswer {
  const tag = `"${answer.etag ?? sha256}"`;
  const headers: Record<string, string> = {
    ...answer.headers,
    ETag: tag,
    'Accept-Ranges': 'bytes',
  };
  const isHead = request.method === 'HEAD';
  const ifMatch = request.header('if-match');
  if (ifMatch !== undefined && !namesTag(ifMatch, tag, 'strong'))
    return { status: 412, headers: { ...headers, 'Content-Length': '0' }, range: undefined };
  const ifNoneMatch = request.header('if-none-match');
  if (ifNoneMatch !== undefined && namesTag(ifNoneMatch, tag, 'weak'))
    return { status: 304, headers, range: undefined };
  const asked = isHead || !isSameTag(request.header('if-range'), tag) ? undefined : request.header('range');
  const part = asked === undefined ? undefined : rangeIn(asked, size);
  const whole = {
    ...headers,
    'Content-Type': answer.contentType ?? 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    // a model may be a page: it is not to be one of this server
    'Content-Security-Policy': "default-src 'none'; sandbox",
  };
  if (part === 'unsatisfiable') {
    const none = { 'Content-Range': `bytes */${size}`, 'Content-Length': '0' };
    if (size === 0 && answer.isEmptyWhole)
      return { status: 200, headers: { ...whole, ...none }, range: undefined };
    return { status: 416, headers: { ...headers, ...none }, range: undefined };
  }
  const { start, end } = part ?? { start: 0, end: size };
  const sized = { ...whole, 'Content-Length': String(end - start) };
  const range = isHead || size === 0 ? undefined : { start, end };
  if (part === undefined) return { status: 200, headers: sized, range };
  return { status: 206, headers: { ...sized, 'Content-Range': `bytes ${start}-${end - 1}/${size}` }, range };
}

/** Whether a list of entity tags names one, or any (RFC 9110, 13.1). */
export function namesTag(list: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some((one) => {
    const asked = one.trim();
    // some clients leave the quotes out
    const plain = comparison === 'weak' ? asked.replace(/^W\//, '') : asked;
    return plain === tag || `"${plain}"` === tag;
  });
}

/** Whether `If-Range` is absent, or has this very tag; a date never fits, for what it is of moves with stages. */
const isSameTag = (ifRange: string | undefined, tag: string): boolean =>
  ifRange === undefined || namesTag(ifRange, tag, 'strong');

/** The one range of bytes that a header asks for; undefined where it is to be ignored. */
function rangeIn(header: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'unsatisfiable' : { start: size - count, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** The body of an answer. It is read as fast as the client takes it, and breaks off where the bytes fail. */
export function bodyOf(bytes: Bytes, onBytes: (count: number) => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { value, done } = await bytes.next();
          if (done) return controller.close();
          onBytes(value.length);
          controller.enqueue(value);
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: async () => void (await bytes.return()),
    },
    { highWaterMark: 1 },
  );
}

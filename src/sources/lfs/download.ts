import { Readable } from 'node:stream';
import { RegError } from '../../errors.js';
import type { ByteRange, HttpResponse } from '../../net/http.js';
import { type Download, hintOf } from './batch.js';
import { exactly } from './exactly.js';
import type { Pointer } from './pointer.js';
import type { Session } from './session.js';

/** What a place says once the time for which it was named is over, or when it never was (RFC 9110, section 15.5). */
const OVER: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/**
 * Gets the bytes of an object, or a part of them, over HTTP (git-lfs docs/api/basic-transfers.md).
 * @param locate asks the server where the object is; `again` when what it said before is of no use any more
 * @throws RegError REMOTE_FAILED, what `locate` throws; the stream fails with REMOTE_FAILED when it is not as long as it must be
 */
export async function openDownload(
  { ask, send }: Session,
  { oid, size }: Pointer,
  locate: (again: boolean) => Promise<Download>,
  range: ByteRange = { start: 0, end: size },
): Promise<Readable> {
  if (range.end <= range.start) return Readable.from([], { objectMode: false });
  const isPart = range.start > 0 || range.end < size;
  const get = async (again: boolean): Promise<{ answer: HttpResponse; host: string }> => {
    const { href, headers, isAuthenticated } = await locate(again);
    const answer = await (isAuthenticated ? send : ask)({
      method: 'GET',
      url: href,
      headers,
      range: isPart ? range : undefined,
    });
    return { answer, host: new URL(href).host };
  };
  let { answer, host } = await get(false);
  if (OVER.has(answer.status)) {
    answer.body.destroy();
    ({ answer, host } = await get(true));
  }
  const found = partIn(answer, size);
  if (typeof found === 'number' && found <= range.start)
    return exactly(answer.body, oid, { ...range, skipped: range.start - found, isLast: range.end === size });
  answer.body.destroy();
  const why = typeof found === 'number' ? 'it sent another part than was asked for' : found;
  throw new RegError(
    'REMOTE_FAILED',
    `${host} does not give the object ${oid}: ${why}`,
    hintOf(answer.status),
  );
}

/** The offset at which the bytes of an answer begin, or why they are not wanted. */
function partIn({ status, headers }: HttpResponse, size: number): number | string {
  // a server may give everything whatever was asked for (RFC 9110, section 14.2)
  if (status === 200) {
    const { 'content-length': length = String(size) } = headers;
    return Number(length) === size ? 0 : differing(length, size);
  }
  if (status !== 206) return `it answered ${status}`;
  const [, start, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (start === undefined || all === undefined) return 'it does not say which part it sent';
  return all === '*' || Number(all) === size ? Number(start) : differing(all, size);
}

const differing = (found: string, size: number): string => `it has ${found} bytes there, not ${size}`;

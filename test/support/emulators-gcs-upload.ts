import type { IncomingMessage, ServerResponse } from 'node:http';
import { BUCKET, refuse, resource, tell } from './emulators-gcs-answers.js';

/** An upload in chunks that has begun. */
export interface Session {
  name: string;
  received: Buffer;
}

/** Takes an object, in one request or in chunks. */
export async function insert(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  objects: Map<string, Buffer>,
  sessions: Map<string, Session>,
): Promise<void> {
  const sent: Buffer[] = [];
  for await (const chunk of request) sent.push(chunk);
  const body = Buffer.concat(sent);
  const id = query.get('upload_id');
  const begun = sessions.get(id ?? '');
  if (begun !== undefined) return append(request, response, body, begun, objects);
  const name = query.get('name') ?? '';
  if (query.get('uploadType') === 'multipart') {
    const bytes = mediaOf(body, request.headers['content-type'] ?? '');
    objects.set(name, bytes);
    return tell(response, resource(name, bytes));
  }
  const session = String(sessions.size + 1);
  sessions.set(session, { name, received: Buffer.alloc(0) });
  const self = `http://${request.headers.host}/upload/storage/v1/b/${BUCKET}/o`;
  response.setHeader('location', `${self}?uploadType=resumable&upload_id=${session}`);
  return tell(response, {});
}

/** The second part of a `multipart/related` body, which is the media (RFC 2387). */
function mediaOf(body: Buffer, contentType: string): Buffer {
  const [, boundary = ''] = /boundary="?([^";]+)/.exec(contentType) ?? [];
  const second = body.indexOf(`--${boundary}`, boundary.length);
  const begin = body.indexOf('\r\n\r\n', second) + 4;
  return body.subarray(begin, body.lastIndexOf(`\r\n--${boundary}--`));
}

/** A chunk of an upload: `bytes 0-99/*`, `bytes 100-149/150`, or a question for what was received. */
function append(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  session: Session,
  objects: Map<string, Buffer>,
): void {
  const [, first, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '') ?? [];
  const fits = first === undefined || Number(first) === session.received.length;
  if (fits && first !== undefined) session.received = Buffer.concat([session.received, body]);
  const { name, received } = session;
  if (!fits) refuse(response, 400, 'Invalid request: the offset does not fit.', 'invalid');
  else if (total === String(received.length)) {
    objects.set(name, received);
    tell(response, resource(name, received));
  } else {
    if (received.length > 0) response.setHeader('range', `bytes=0-${received.length - 1}`);
    // 308 Resume Incomplete
    response.writeHead(308).end();
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Emulator, serveAnswers } from './emulators.js';

/** An emulator of Google Cloud Storage whose objects can be looked at. */
export interface GcsEmulator extends Emulator {
  objects: Map<string, Buffer>;
  /** Buckets that are there and let nobody in without credentials. */
  closed: string;
}

/** An upload in chunks that has begun. */
interface Session {
  name: string;
  received: Buffer;
}

/** Objects that a page of a listing has; the real service gives 1000. */
const PAGE = 100;
const BUCKET = 'models';
const CLOSED = 'closed';

/**
 * Starts a stand-in for Google Cloud Storage, written for these tests: the calls of its JSON API that reading, listing and
 * writing objects take, as the reference describes them ("Objects: get, list, insert", "Resumable uploads", "Errors"). It
 * knows no credentials: the bucket `models` is open to all and the bucket `closed` to nobody. No other one is there.
 */
export async function serveGcs(): Promise<GcsEmulator> {
  const objects = new Map<string, Buffer>();
  const sessions = new Map<string, Session>();
  const server = await serveAnswers((request, response) => {
    answer(request, response, objects, sessions).catch(() => response.destroy());
  });
  return {
    url: server.url,
    bucket: BUCKET,
    closed: CLOSED,
    env: { STORAGE_EMULATOR_HOST: server.url },
    objects,
    close: server.close,
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, Buffer>,
  sessions: Map<string, Session>,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://emulator');
  // the path that the client takes depends on how it was told of an emulator
  const [, upload, bucket, key] =
    /^(\/upload)?(?:\/storage\/v1)?\/b\/([^/]+)\/o(?:\/([^/]*))?$/.exec(pathname) ?? [];
  if (bucket === CLOSED) return refuse(response, 401, NOT_LET_IN, 'required');
  if (bucket !== BUCKET) return refuse(response, 404, 'The specified bucket does not exist.', 'notFound');
  if (upload) return insert(request, response, query, objects, sessions);
  if (key === undefined) return list(response, query, objects);
  const name = decodeURIComponent(key);
  const bytes = objects.get(name);
  if (bytes === undefined) return refuse(response, 404, `No such object: ${BUCKET}/${name}`, 'notFound');
  if (query.get('alt') === 'media') send(request, response, bytes);
  else tell(response, resource(name, bytes));
}

const NOT_LET_IN = `Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).`;

const resource = (name: string, bytes: Buffer) => ({
  kind: 'storage#object',
  bucket: BUCKET,
  name,
  // 64-bit numbers are strings in JSON
  size: String(bytes.length),
});

const tell = (response: ServerResponse, value: object, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(value));
};

const refuse = (response: ServerResponse, code: number, message: string, reason: string): void =>
  tell(response, { error: { code, message, errors: [{ message, domain: 'global', reason }] } }, code);

function send(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(bytes);
    return;
  }
  const part = bytes.subarray(Number(first), last ? Number(last) + 1 : undefined);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  response.writeHead(206, { 'content-length': part.length, 'content-range': range });
  response.end(part);
}

function list(response: ServerResponse, query: URLSearchParams, objects: Map<string, Buffer>): void {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('pageToken') ?? '';
  const names = [...objects.keys()].sort().filter((name) => name.startsWith(prefix) && name > after);
  const page = names.slice(0, Math.min(PAGE, Number(query.get('maxResults') ?? PAGE)));
  const more = names.length > page.length ? { nextPageToken: page.at(-1) } : {};
  const items = page.map((name) => resource(name, objects.get(name) ?? Buffer.alloc(0)));
  tell(response, { kind: 'storage#objects', ...more, ...(items.length > 0 ? { items } : {}) });
}

async function insert(
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
  if (id !== null) return append(request, response, body, id, objects, sessions);
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
  id: string,
  objects: Map<string, Buffer>,
  sessions: Map<string, Session>,
): void {
  const session = sessions.get(id);
  if (session === undefined) return refuse(response, 404, 'Not Found', 'notFound');
  const [, first, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '') ?? [];
  if (first !== undefined) {
    if (Number(first) !== session.received.length)
      return refuse(response, 400, 'Invalid request: the offset does not fit.', 'invalid');
    session.received = Buffer.concat([session.received, body]);
  }
  const { name, received } = session;
  if (total === String(received.length)) {
    objects.set(name, received);
    return tell(response, resource(name, received));
  }
  if (received.length > 0) response.setHeader('range', `bytes=0-${received.length - 1}`);
  // 308 Resume Incomplete
  response.writeHead(308).end();
}

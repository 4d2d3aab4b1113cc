import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Emulator, serveAnswers } from './emulators.js';
import { BUCKET, refuse, resource, tell } from './emulators-gcs-answers.js';
import { insert, type Session } from './emulators-gcs-upload.js';

/** An emulator of Google Cloud Storage whose objects can be looked at. */
export interface GcsEmulator extends Emulator {
  objects: Map<string, Buffer>;
  /** Buckets that are there and let nobody in without credentials. */
  closed: string;
}

/** Objects that a page of a listing has; the real service gives 1000. */
const PAGE = 100;
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

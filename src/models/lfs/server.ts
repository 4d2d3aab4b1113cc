import { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { RegError } from '../../errors.js';
import type { LargeFiles } from '../../git/port.js';
import { hintToLogin, hintToWait } from '../../net/hints.js';
import { type ByteRange, type HttpResponse, RangeIgnored, type Surroundings } from '../../net/http.js';
import { openSession, type Send, type Session, type WebConfig } from '../../net/session.js';
import { holdsLogin, shownAddress } from '../../util/address.js';
import { once } from '../../util/async.js';
import { readAtMost } from '../../util/stream.js';
import { parseJson } from '../../util/text.js';
import type { SourceFile } from '../source.js';
import { hostnameOf, type LfsServer } from './endpoint.js';
import { fileFacts, objectOf, type PointedFile, type Pointer } from './pointer.js';

/** The number of objects in one request; servers refuse more (docs/api/batch.md, 413). */
const MAX_OBJECTS = 100;

/** Files from a server of the Git LFS API. The first request is made when the first file is opened. */
export async function serverFiles(
  largeFiles: LargeFiles,
  server: LfsServer,
  files: readonly PointedFile[],
  around: Surroundings,
): Promise<SourceFile[]> {
  const session = await sessionWith(largeFiles, server, around);
  return groupsOf(files).flatMap((group) => groupFiles(session, group));
}

/** Asks a server of the Git LFS API for objects without fetching them; gives the error of one that it does not have, else of one that it does not give. */
export async function refusedBy(
  largeFiles: LargeFiles,
  server: LfsServer,
  files: readonly PointedFile[],
  around: Surroundings,
): Promise<RegError | undefined> {
  const session = await sessionWith(largeFiles, server, around);
  let other: RegError | undefined;
  for (const group of groupsOf(files)) {
    const found = await requestBatch(session, pointersOf(group));
    for (const file of group) {
      const one = found.get(file.pointer.oid);
      if (one !== undefined && 'href' in one) continue;
      const error = objectError(file, session, one);
      // that an object is not there is certain, and the other reasons may pass
      if (error.code === 'SOURCE_PATH') return error;
      other ??= error;
    }
  }
  return other;
}

/**
 * The address that a server of the Git LFS API gives for an object, and whether headers must go with it. The headers are not shown.
 * @throws RegError SOURCE_PATH, REMOTE_FAILED, also where the address holds a login
 */
export async function downloadAddress(
  largeFiles: LargeFiles,
  server: LfsServer,
  file: PointedFile,
  around: Surroundings,
): Promise<{ href: string; needsHeaders: boolean }> {
  const session = await sessionWith(largeFiles, server, around);
  const found = (await requestBatch(session, [file.pointer])).get(file.pointer.oid);
  if (found === undefined || !('href' in found)) throw objectError(file, session, found);
  const { href, headers } = found;
  if (holdsLogin(href)) throw invalid(server.shown, 'the address that it gives holds a login');
  return { href, needsHeaders: Object.keys(headers).length > 0 };
}

/** The files of each request. */
const groupsOf = (files: readonly PointedFile[]): (readonly PointedFile[])[] =>
  Array.from({ length: Math.ceil(files.length / MAX_OBJECTS) }, (_, n) =>
    files.slice(n * MAX_OBJECTS, (n + 1) * MAX_OBJECTS),
  );

/** Each object once. */
const pointersOf = (files: readonly PointedFile[]): Pointer[] => [
  ...new Map(files.map(({ pointer }) => [pointer.oid, pointer])).values(),
];

/** Files whose objects are in one batch request. */
function groupFiles(session: LfsSession, files: readonly PointedFile[]): SourceFile[] {
  const requestAll = once(() => requestBatch(session, pointersOf(files)));
  return files.map((file) => {
    const { pointer } = file;
    const locate = async (again: boolean): Promise<Download> => {
      const found = await (again ? requestBatch(session, [pointer]) : requestAll());
      const one = found.get(pointer.oid);
      if (one && 'href' in one) return one;
      throw objectError(file, session, one);
    };
    return {
      ...fileFacts(file),
      ranges: true,
      open: (range) => openDownload(session, pointer, locate, range),
    };
  });
}

/** The error for an object that the server does not give (docs/api/batch.md, "Successful Responses"). */
function objectError(
  { path, pointer }: PointedFile,
  { server: { shown } }: LfsSession,
  refusal: Refusal | undefined,
): RegError {
  const object = `the object ${pointer.oid} of ${path}`;
  const reason = refusal?.message ? ` (${refusal.message})` : '';
  if (refusal?.status === 404)
    return new RegError(
      'SOURCE_PATH',
      `the Git LFS server ${shown} does not have ${object}${reason}`,
      'the author of the commit must still push it: git lfs push --all <remote>',
    );
  if (refusal?.status === 410)
    return new RegError('SOURCE_PATH', `${object} was removed from the Git LFS server ${shown}${reason}`);
  const why = refusal ? `${refusal.status}${reason}` : 'nothing about it';
  return new RegError('REMOTE_FAILED', `the Git LFS server ${shown} does not give ${object}: it says ${why}`);
}

/** The download action of one object. */
interface Download {
  href: string;
  headers: Readonly<Record<string, string>>;
  /** Whether the URL and the headers are enough: many buckets refuse another login beside them. */
  isAuthenticated: boolean;
}

/** Why a server does not give an object: 404 not there, 410 removed, 422 invalid, or another status of HTTP. */
interface Refusal {
  status: number;
  message: string;
}

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

const BatchResponse = z.object({
  transfer: z.optional(z.string()),
  hash_algo: z.optional(z.string()),
  objects: z.array(
    z.object({
      oid: z.string(),
      authenticated: z.optional(z.boolean()),
      actions: z.optional(
        z.object({
          download: z.optional(
            z.object({ href: z.string(), header: z.optional(z.record(z.string(), z.string())) }),
          ),
        }),
      ),
      error: z.optional(z.object({ code: z.number(), message: z.optional(z.string()) })),
    }),
  ),
});

/**
 * Requests the places of objects from a server (git-lfs docs/api/batch.md). No `ref` is sent: a commit has none, and servers
 * use it for uploads.
 * @returns what the server says of each object
 * @throws RegError REMOTE_FAILED
 */
async function requestBatch(
  session: LfsSession,
  pointers: readonly Pointer[],
): Promise<Map<string, Download | Refusal>> {
  const { shown, url } = session.server;
  const response = await session.send({
    method: 'POST',
    url: `${url}/objects/batch`,
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
    body: JSON.stringify({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: pointers.map(({ oid, size }) => ({ oid, size })),
    }),
  });
  const text = await readAtMost(response.body, MAX_ANSWER_BYTES, () =>
    invalid(shown, `its answer has more than ${MAX_ANSWER_BYTES} bytes`),
  );
  const content = parseJson(text.toString());
  if (response.status !== 200) throw batchError(session, response, content);
  // some servers write null for what they leave out
  const { success, data } = BatchResponse.safeParse(withoutNulls(content));
  if (!success) throw invalid(shown, 'its answer is not that of the batch API');
  const { transfer = 'basic', hash_algo: hash = 'sha256', objects } = data;
  if (transfer !== 'basic') throw invalid(shown, `it wants to transfer by '${transfer}'`);
  if (hash !== 'sha256') throw invalid(shown, `it names objects by '${hash}'`);
  return new Map(
    objects.map(({ oid, actions, authenticated = false, error }) => {
      const refusal = error && { status: error.code, message: session.redact(brief(error.message ?? '')) };
      return [oid, refusal ?? { ...downloadIn(actions?.download, shown), isAuthenticated: authenticated }];
    }),
  );
}

const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(parts.map(([name, part]) => [name, withoutNulls(part)]));
};

function downloadIn(
  action: { href: string; header?: Record<string, string> | undefined } | undefined,
  shown: string,
): Omit<Download, 'isAuthenticated'> {
  if (action === undefined) throw invalid(shown, 'it names no place to download from');
  const { href, header = {} } = action;
  if (!URL.canParse(href) || !/^https?:\/\//i.test(href))
    throw invalid(shown, `it names a place to download from that is no web address: ${shownAddress(href)}`);
  const headers = Object.entries(header).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value,
  ]);
  // the tokens and field values of RFC 9110, section 5
  for (const [name, value] of headers)
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw invalid(shown, `it wants an invalid header to be sent: '${name}'`);
  return { href, headers: Object.fromEntries(headers.filter(([name]) => !CLIENT_HEADERS.has(name))) };
}

/** The headers that only the client may set. */
const CLIENT_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'range',
  'transfer-encoding',
]);

const invalid = (shown: string, why: string): RegError =>
  new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} cannot be understood: ${why}`,
    'check the address; git-lfs shows its own with: git lfs env',
  );

function batchError(
  { server: { shown, url }, redact }: LfsSession,
  response: HttpResponse,
  content: unknown,
): RegError {
  const { status } = response;
  const message = z.object({ message: z.string() }).safeParse(content).data?.message ?? '';
  const reason = message === '' ? '' : `: ${redact(brief(message))}`;
  return new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} answered ${status}${reason}`,
    hintFor(response, url),
  );
}

/** The way out for a status of docs/api/batch.md, "Response Errors". */
function hintFor({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>, url: string): string {
  if (status === 401 || status === 403) return hintToLogin(url);
  if (status === 404) return 'check the address and your access; git-lfs shows its own with: git lfs env';
  return hintToWait(headers);
}

/** An answer about a hundred objects with long signatures has some hundred thousand. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

const brief = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);

/** Talks to one Git LFS server, and to the places where it keeps objects. */
interface LfsSession extends Session {
  server: LfsServer;
}

async function sessionWith(
  { remote: remoteOf, web }: LargeFiles,
  server: LfsServer,
  around: Surroundings,
): Promise<LfsSession> {
  const remote = await remoteOf();
  const trusted = [remote && hostnameOf(remote.url), server.isTrusted ? hostnameOf(server.url) : undefined];
  const send = sender(new Set(trusted), web, around);
  const session = openSession(send, web, around.env, {
    url: server.url,
    login: server.login,
    reach: server.isTrusted ? 'all' : 'meant',
    // an address that came with a commit must not make a user type a password
    mayAsk: server.isTrusted,
  });
  return { ...session, server };
}

/**
 * Sends the requests for large files. Servers may redirect to other hosts, which get no login: many keep the bytes in a bucket.
 * Only trusted hosts may be in a private network.
 * @param trusted names of hosts, as URLs have them
 */
function sender(trusted: ReadonlySet<string | undefined>, web: WebConfig, around: Surroundings): Send {
  const client = (isPrivateAllowed: boolean) =>
    once(async () => {
      const { openHttp } = await import('../../net/http.js');
      const { settings } = web;
      return openHttp(around, { isPrivateAllowed, mayLeaveHost: true, code: 'REMOTE_FAILED', settings });
    });
  const [inside, outside] = [client(true), client(false)];
  return async (request) => {
    const { request: send } = await (trusted.has(new URL(request.url).hostname) ? inside : outside)();
    return send(request);
  };
}

/** The status of a place that has expired, or was never valid (RFC 9110, section 15.5). */
const EXPIRED: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/**
 * Gets the bytes of an object, or a part of them, over HTTP (git-lfs docs/api/basic-transfers.md).
 * @param locate gives the place of the object; `again` when the one before has expired
 * @throws RegError REMOTE_FAILED, what `locate` throws; the stream fails with REMOTE_FAILED where its length is wrong
 */
async function openDownload(
  { send, sendWithoutLogin }: LfsSession,
  pointer: Pointer,
  locate: (again: boolean) => Promise<Download>,
  range: ByteRange = { start: 0, end: pointer.size },
): Promise<Readable> {
  const { oid, size } = pointer;
  if (range.end <= range.start) return Readable.from([], { objectMode: false });
  const isPart = range.start > 0 || range.end < size;
  const get = async (again: boolean): Promise<{ response: HttpResponse; href: string }> => {
    const { href, headers, isAuthenticated } = await locate(again);
    const response = await (isAuthenticated ? sendWithoutLogin : send)({
      method: 'GET',
      url: href,
      headers,
      range: isPart ? range : undefined,
    });
    return { response, href };
  };
  let { response, href } = await get(false);
  if (EXPIRED.has(response.status)) {
    response.body.destroy();
    ({ response, href } = await get(true));
  }
  const start = startOf(response, size);
  if (isPart && response.status === 200 && start === 0) {
    response.body.destroy();
    throw new RangeIgnored(new URL(href).host, 'REMOTE_FAILED');
  }
  if (typeof start === 'number' && start <= range.start)
    return objectOf(response.body, pointer, { ...range, skip: range.start - start });
  response.body.destroy();
  const why = typeof start === 'number' ? 'it sent another part than was asked for' : start;
  throw new RegError(
    'REMOTE_FAILED',
    `${new URL(href).host} does not give the object ${oid}: ${why}`,
    hintFor(response, href),
  );
}

/** The offset of a response in the object, or why the response cannot be used. */
function startOf({ status, headers }: HttpResponse, size: number): number | string {
  // a server may send everything for any range (RFC 9110, section 14.2)
  if (status === 200) {
    const { 'content-length': length = String(size) } = headers;
    return Number(length) === size ? 0 : otherSize(length, size);
  }
  if (status !== 206) return `it answered ${status}`;
  const [, start, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (start === undefined || all === undefined) return 'it does not say which part it sent';
  return all === '*' || Number(all) === size ? Number(start) : otherSize(all, size);
}

const otherSize = (found: string, size: number): string => `it has ${found} bytes there, not ${size}`;

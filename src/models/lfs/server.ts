import { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { RegError } from '../../errors.js';
import type { LargeFiles, Login } from '../../git/port.js';
import type { ByteRange, HttpRequest, HttpResponse, Surroundings } from '../../net/http.js';
import { redactorOf, shownAddress } from '../../util/address.js';
import { once } from '../../util/async.js';
import type { SourceFile } from '../source.js';
import { hostnameOf, type LfsServer } from './endpoint.js';
import { describe, type PointedFile } from './follow.js';
import type { Pointer } from './pointer.js';

/** Files that a server of the Git LFS API gives; it is asked when the first of them is opened. */
export async function serverFiles(
  largeFiles: LargeFiles,
  server: LfsServer,
  files: readonly PointedFile[],
  around: Surroundings,
): Promise<SourceFile[]> {
  const remote = await largeFiles.remote();
  const hosts = [remote && hostnameOf(remote.url), server.isAgreed ? hostnameOf(server.url) : undefined];
  const send = sender(new Set(hosts.filter((one) => one !== undefined)), around);
  const session = openSession(server, largeFiles, send);
  return inGroups(files).flatMap((group) => groupFiles(session, group));
}

/** One request asks for each object once, however many files it is. */
function groupFiles(session: Session, files: readonly PointedFile[]): SourceFile[] {
  const pointers = [...new Map(files.map(({ pointer }) => [pointer.oid, pointer])).values()];
  const askForAll = once(() => askBatch(session, pointers));
  return files.map((file) => {
    const { pointer } = file;
    const locate = async (again: boolean): Promise<Download> => {
      const answers = await (again ? askBatch(session, [pointer]) : askForAll());
      const answer = answers.get(pointer.oid);
      if (answer && 'href' in answer) return answer;
      throw refused(file, session, answer);
    };
    return {
      ...describe(file),
      ranges: true,
      open: (range) => openDownload(session, pointer, locate, range),
    };
  });
}

/** What a server says about one object (docs/api/batch.md, "Successful Responses"). */
function refused(
  { path, pointer }: PointedFile,
  { server: { shown } }: Session,
  refusal: Refusal | undefined,
): RegError {
  const object = `the object ${pointer.oid} of ${path}`;
  const said = refusal?.message ? ` (${refusal.message})` : '';
  if (refusal?.status === 404)
    return new RegError(
      'SOURCE_PATH',
      `the Git LFS server ${shown} does not have ${object}${said}`,
      'whoever committed it must still push it: git lfs push --all <remote>',
    );
  if (refusal?.status === 410)
    return new RegError('SOURCE_PATH', `${object} was removed from the Git LFS server ${shown}${said}`);
  const why = refusal ? `${refusal.status}${said}` : 'nothing about it';
  return new RegError('REMOTE_FAILED', `the Git LFS server ${shown} does not give ${object}: it says ${why}`);
}

function inGroups(files: readonly PointedFile[]): PointedFile[][] {
  const count = Math.ceil(files.length / MOST_OBJECTS);
  return Array.from({ length: count }, (_, n) => files.slice(n * MOST_OBJECTS, (n + 1) * MOST_OBJECTS));
}

/** Where to get the bytes of one object, and what to say there. */
interface Download {
  href: string;
  headers: Readonly<Record<string, string>>;
  /** Whether address and headers are all that it takes: a login on top would be refused by many buckets. */
  isAuthenticated: boolean;
}

/** Why a server does not give an object: 404 not there, 410 removed, 422 invalid, or another status of HTTP. */
interface Refusal {
  status: number;
  message: string;
}

/** How many objects one request may ask for; servers refuse more (docs/api/batch.md, 413). */
const MOST_OBJECTS = 100;

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

const Answer = z.object({
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
 * Asks a server where objects are (git-lfs docs/api/batch.md). No `ref` is sent: a commit has none, and servers take it into
 * account for uploads.
 * @returns for each object what the server says of it
 * @throws RegError REMOTE_FAILED
 */
async function askBatch(
  session: Session,
  pointers: readonly Pointer[],
): Promise<Map<string, Download | Refusal>> {
  const { shown, url } = session.server;
  const answer = await session.ask({
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
  const text = await textOf(answer, shown);
  if (answer.status !== 200) throw batchRefused(session, answer.status, text);
  const { success, data } = Answer.safeParse(jsonIn(text));
  if (!success) throw strange(shown, 'its answer is not that of the batch API');
  const { transfer = 'basic', hash_algo: hash = 'sha256', objects } = data;
  if (transfer !== 'basic') throw strange(shown, `it wants to transfer by '${transfer}'`);
  if (hash !== 'sha256') throw strange(shown, `it names objects by '${hash}'`);
  return new Map(
    objects.map(({ oid, actions, authenticated = false, error }) => {
      const refusal = error && { status: error.code, message: session.redact(brief(error.message ?? '')) };
      return [oid, refusal ?? { ...downloadIn(actions?.download, shown), isAuthenticated: authenticated }];
    }),
  );
}

function downloadIn(
  action: { href: string; header?: Record<string, string> | undefined } | undefined,
  shown: string,
): Omit<Download, 'isAuthenticated'> {
  if (action === undefined) throw strange(shown, 'it names no place to download from');
  const { href, header = {} } = action;
  if (!URL.canParse(href) || !/^https?:\/\//i.test(href))
    throw strange(shown, `it names a place to download from that is no web address: ${shownAddress(href)}`);
  const headers = Object.entries(header).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value,
  ]);
  // the tokens and field values of RFC 9110, section 5
  for (const [name, value] of headers)
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw strange(shown, `it wants a header to be sent that is none: '${name}'`);
  return { href, headers: Object.fromEntries(headers.filter(([name]) => !OWN_HEADERS.has(name))) };
}

/** What belongs to the connection is ours to say. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'range',
  'transfer-encoding',
]);

const strange = (shown: string, why: string): RegError =>
  new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} cannot be understood: ${why}`,
    'check the address; what git-lfs talks to is told by: git lfs env',
  );

function batchRefused({ server: { shown }, redact }: Session, status: number, text: string): RegError {
  const said = z.object({ message: z.string() }).safeParse(jsonIn(text)).data?.message ?? '';
  const why = said === '' ? '' : `: ${redact(brief(said))}`;
  return new RegError(
    'REMOTE_FAILED',
    `the Git LFS server ${shown} answered ${status}${why}`,
    hintOf(status),
  );
}

/** The way out of a status of docs/api/batch.md, "Response Errors". */
function hintOf(status: number): string {
  if (status === 401 || status === 403)
    return 'have a credential helper of git know a login that may read there: git help gitcredentials';
  if (status === 404) return 'check the address and your access; git lfs env tells what git-lfs talks to';
  return 'try again later; the server may have said why';
}

/** Bytes; an answer about a hundred objects with long signatures has some hundred thousand. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

async function textOf({ body }: HttpResponse, shown: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_ANSWER) throw strange(shown, `its answer has more than ${LARGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const brief = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);

/** Sends one request. */
type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** Talks to one Git LFS server, and to the places that it sends us to. */
interface Session {
  server: LfsServer;
  /**
   * Asks; the server itself gets a login when it wants one, any other host what the request holds and nothing else.
   * @throws RegError REMOTE_FAILED, INTERRUPTED
   */
  ask: Send;
  /** Asks with what the request holds and nothing else. */
  send: Send;
  /** Takes what is secret out of what a server said. */
  redact(text: string): string;
}

/**
 * Opens a session with a server; nothing is asked yet. A login is what the address of the server holds, and otherwise what
 * the user's credential helpers know, once the server has answered 401 (git-lfs docs/api/authentication.md).
 */
function openSession(server: LfsServer, largeFiles: LargeFiles, send: Send): Session {
  const { origin } = new URL(server.url);
  const address = addressWithUser(server);
  const own = wholeLogin(server.login);
  const extra = once(async () => headerIn(server.isAgreed ? await largeFiles.extraHeader(server.url) : ''));
  // an address that came with a commit must not make anybody type a password
  const find = once(() => largeFiles.findLogin(address, server.isAgreed));
  let login = own;
  let isTold = false;
  const sendAs = async (request: HttpRequest, who: Login | undefined): Promise<HttpResponse> =>
    send({
      ...request,
      headers: { ...(await extra()), ...(who && { authorization: basic(who) }), ...request.headers },
    });
  return {
    server,
    send,
    redact: (text) => redactorOf(login === undefined ? '' : addressWithLogin(server.url, login))(text),
    ask: async (request) => {
      if (new URL(request.url).origin !== origin || request.headers?.authorization !== undefined)
        return send(request);
      const answer = await sendAs(request, login);
      const found = answer.status === 401 && own === undefined ? await find() : undefined;
      if (found === undefined) return answer;
      answer.body.destroy();
      login = found;
      const second = await sendAs(request, found);
      if (!isTold) {
        isTold = true;
        await largeFiles.tellLogin(address, found, second.status !== 401);
      }
      return second;
    },
  };
}

const wholeLogin = ({ username = '', password }: Partial<Login>): Login | undefined =>
  password === undefined ? undefined : { username, password };

/** The value of the header for a login (RFC 7617). */
const basic = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function addressWithUser({ url, login }: LfsServer): string {
  const address = new URL(url);
  address.username = login.username ?? '';
  return address.href;
}

function addressWithLogin(url: string, { username, password }: Login): string {
  const address = new URL(url);
  address.username = encodeURIComponent(username);
  address.password = encodeURIComponent(password);
  return address.href;
}

/** A header as git's configuration has it, `name: value`. */
function headerIn(line = ''): Record<string, string> {
  const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? {} : { [name.toLowerCase()]: value };
}

/**
 * Gives what sends requests for large files. Servers may lead to another host, where a login is not sent: many keep the bytes
 * in a bucket. The private network is for hosts alone that the user agreed to talk to.
 * @param agreed names of hosts, as URLs have them
 */
function sender(agreed: ReadonlySet<string>, { env, signal }: Surroundings): Send {
  const around = { env: { ...env, REG_HTTP_REDIRECTS: 'allow' }, signal };
  const client = (isPrivateAllowed: boolean) =>
    once(async () => {
      const { openHttp } = await import('../../net/http.js');
      return openHttp(around, { isPrivateAllowed });
    });
  const [inside, outside] = [client(true), client(false)];
  return async (request) => {
    const { request: send } = await (agreed.has(new URL(request.url).hostname) ? inside : outside)();
    const answer = await send(request).catch((error) => {
      throw asRemote(error);
    });
    return answer;
  };
}

/** An error of a store as what it is here: one of the remote of a repository. */
const asRemote = (error: unknown): unknown =>
  error instanceof RegError && error.code === 'STORE_FAILED'
    ? new RegError('REMOTE_FAILED', error.message, error.hint)
    : error;

/** What a place says once the time for which it was named is over, or when it never was (RFC 9110, section 15.5). */
const OVER: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

/**
 * Gets the bytes of an object, or a part of them, over HTTP (git-lfs docs/api/basic-transfers.md).
 * @param locate asks the server where the object is; `again` when what it said before is of no use any more
 * @throws RegError REMOTE_FAILED, what `locate` throws; the stream fails with REMOTE_FAILED when it is not as long as it must be
 */
async function openDownload(
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

/** What of a stream is wanted of an object. */
interface Part extends ByteRange {
  /** Bytes that come before it. */
  skipped: number;
  /** Whether it ends where the object does, so that nothing may follow. */
  isLast: boolean;
}

/**
 * Exactly the bytes of a part. Where nothing may follow, the last chunk is given only once nothing did, so that nobody takes
 * an object that is too long for a whole one. The stream fails with RegError REMOTE_FAILED.
 */
export const exactly = (body: Readable, oid: string, part: Part): Readable =>
  Readable.from(chunksOf(body, oid, part), { objectMode: false });

async function* chunksOf(
  body: Readable,
  oid: string,
  { start, end, skipped, isLast }: Part,
): AsyncGenerator<Uint8Array> {
  let at = start - skipped;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
      at += chunk.length;
      if (at > end && isLast) throw wrongLength(oid, `has more than ${end} bytes`);
      if (held) yield held;
      held = wanted.length > 0 ? wanted : undefined;
      if (at >= end && !isLast) break;
    }
  } catch (error) {
    if (held) yield held;
    throw asRemote(error);
  } finally {
    body.destroy();
  }
  if (held) yield held;
  if (at < end) throw wrongLength(oid, `ended after ${at} of ${end} bytes`);
}

const wrongLength = (oid: string, how: string): RegError =>
  new RegError('REMOTE_FAILED', `the Git LFS object ${oid} ${how}`, 'what the server stores is damaged');

import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { buildConnector, Dispatcher } from 'undici';
import { interrupted, RegError } from '../errors.js';
import { shownUrl, withoutUserInfo } from '../util/address.js';
import { memoize } from '../util/async.js';
import { exactly, WrongLength } from '../util/stream.js';
import { noResponse, timeoutOf, withTimeout } from '../util/timeout.js';
import { basicAuth, loginOf } from './credentials.js';
import { type HttpSettings, httpSettingsFor, type Settings } from './git-settings.js';
import { hintToLogin, hintToWait, retryAfter } from './hints.js';
import { type AllowedHosts, type Lookup, publicLookup, refusePrivateHost } from './private-address.js';

/** What a client takes from the process around it. */
export interface Surroundings {
  /**
   * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; `REG_TIMEOUT`; `REG_HTTP_PRIVATE=allow` for addresses of private networks and
   * `REG_HTTP_REDIRECTS=allow` for redirects to other hosts.
   */
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
  /** Hosts that may be in a private network, also where a redirect leads to them. */
  hosts?: AllowedHosts | undefined;
}

/** How a client differs from one for the links of a registry, which must not lead into a private network. */
export interface HttpOptions {
  /**
   * Whether hosts may be in a private network: `true` for the requested host alone, such as one that the user named;
   * `with-redirects` also for hosts that it redirects to.
   */
  isPrivateAllowed?: boolean | 'with-redirects' | undefined;
  /** Whether redirects may lead to other hosts, which get no credentials. */
  mayLeaveHost?: boolean | undefined;
  /** The code of an error of the server or the connection; by default `STORE_FAILED`. */
  code?: 'STORE_FAILED' | 'REMOTE_FAILED' | undefined;
  /** Looks up the addresses of hosts; by default that of node:dns. */
  lookup?: Lookup | undefined;
  /** The settings of the user's git, by which it connects: proxies and certificates (git-config(1), http.*). */
  settings?: (() => Promise<Settings>) | undefined;
}

/** A part of an object, in bytes from its beginning; `end` is the first byte after it. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A request to a web server; it may be sent more than once. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST';
  /** `http://` or `https://`; its user-info becomes Basic authentication (RFC 7617), unless `headers` has an authorization. */
  url: string;
  /** By names in lower case. Other hosts get none of them but `accept` and `content-type`. */
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Uint8Array | undefined;
  /** Asks for a part; status 206 and `content-range` say whether the response is one (RFC 9110, section 14). */
  range?: ByteRange | undefined;
  /** `manual` gives a redirect as it is; by default it is followed (Fetch Standard, "redirect mode"). */
  redirect?: 'follow' | 'manual' | undefined;
  /** The name of the server in errors, without secrets; by default the URL. */
  shown?: string | undefined;
}

/** A response of a web server. */
export interface HttpResponse {
  /** Any status except that of a redirect that was followed; `statusError` makes an error of it. */
  status: number;
  /** By names in lower case; repeated ones are joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Where it came from, after redirects, without user-info. */
  url: string;
  /**
   * To be read to its end, or destroyed. It fails with the code of the client when it breaks off or differs from its
   * `content-length`, and with INTERRUPTED after the signal.
   */
  body: Readable;
}

/** Talks to web servers. */
export interface HttpClient {
  /**
   * Sends a request, again after a transient failure, and follows redirects.
   * @throws RegError of the code of the client where the server cannot be reached or redirects to a forbidden place;
   * SOURCE_UNSUPPORTED for anything but an http or https URL; INTERRUPTED
   */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** Redirects of one request that are followed. */
const MAX_REDIRECTS = 5;

/**
 * Makes a client of web servers: one for proxies, redirects, retries and the timeout. Nothing is requested yet, and undici is
 * loaded with the first request.
 * @throws RegError USAGE for a REG_TIMEOUT that is not a number of seconds
 */
export function openHttp(around: Surroundings, options: HttpOptions = {}): HttpClient {
  const { env, signal } = around;
  const seconds = timeoutOf(env);
  const dispatcherFor = openDispatchers(around, seconds, options);
  const mayLeaveHost = options.mayLeaveHost || env.REG_HTTP_REDIRECTS === 'allow';
  // every running request listens, and more than ten listeners would look like a leak
  if (signal) setMaxListeners(0, signal);
  const failure =
    (shown: string) =>
    (error: unknown): RegError => {
      const failed = connectionError(shown, error, around);
      return failed.code === 'STORE_FAILED' && options.code
        ? new RegError(options.code, failed.message, failed.hint)
        : failed;
    };
  return {
    request: async (request) => {
      let step = firstStep(request);
      for (let left = MAX_REDIRECTS; ; left -= 1) {
        const fail = failure(request.shown ?? shownUrl(step.url.href));
        try {
          const response = await withRetries(() => sendOnce(step, dispatcherFor, around, fail), around);
          const next =
            request.redirect === 'manual' ? undefined : redirected(step, response, left, mayLeaveHost);
          if (next === undefined) return response;
          response.body.destroy();
          step = next;
        } catch (error) {
          throw fail(error);
        }
      }
    },
  };
}

/** One request under way, after any number of redirects. */
interface Step {
  method: HttpRequest['method'];
  /** Without user-info. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | undefined;
  /** Whether no redirect has led to another host. */
  isOriginalHost: boolean;
}

/**
 * Makes the first step of a request.
 * @throws RegError SOURCE_UNSUPPORTED for anything but an http or https URL
 */
export function firstStep({ method, url: text, headers = {}, body, range }: HttpRequest): Step {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new RegError('SOURCE_UNSUPPORTED', `'${shownUrl(text)}' is not the address of a web server`);
  const login = loginOf(url);
  return {
    method,
    url: bare(url),
    headers: {
      // bytes are compared with a hash, so that no content coding may change them
      'accept-encoding': 'identity',
      // some servers refuse clients without a name (RFC 9110, section 10.1.5)
      'user-agent': 'git-reg',
      ...(login && { authorization: basicAuth(login) }),
      ...headers,
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
    },
    body,
    isOriginalHost: true,
  };
}

function bare(url: URL): URL {
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

/** Sends one request once. An error before the response is thrown as undici has it, so that others can judge it. */
async function sendOnce(
  { method, url, headers, body, isOriginalHost }: Step,
  dispatcherFor: DispatcherFor,
  { env, signal }: Surroundings,
  failure: (error: unknown) => RegError,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const dispatcher = await dispatcherFor(url, isOriginalHost);
  const seconds = timeoutOf(env);
  const options = {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers },
    body: typeof body === 'string' ? Buffer.from(body) : (body ?? null),
    signal: signal ?? null,
    headersTimeout: seconds * 1000,
    bodyTimeout: seconds * 1000,
    // undici 6 and 7 fail an assertion where a connection ends while its reader is slow; a part of an object fits in here
    highWaterMark: 16 * 1024 * 1024,
  };
  // undici ignores the signal until it is connected; connecting and waiting for headers have a timeout each
  const response = await withTimeout(() => dispatcher.request(options), signal, 2 * seconds);
  const found = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const size = method === 'HEAD' ? 0 : lengthOf(found);
  return {
    status: response.statusCode,
    headers: found,
    url: url.href,
    body: exactly(response.body, { size, failure }),
  };
}

/** The number of bytes that a response will have; undefined where it does not say, as with chunks (RFC 9112, section 6.3). */
export function lengthOf(headers: HttpResponse['headers']): number | undefined {
  const { 'content-length': length, 'transfer-encoding': chunked } = headers;
  return chunked === undefined && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
}

/**
 * Gives what sends requests to a host.
 * @param isOriginalHost whether the request named this host, and no redirect led to it
 * @throws RegError STORE_FAILED for a host in a private network, where that is not allowed
 */
type DispatcherFor = (url: URL, isOriginalHost: boolean) => Promise<Dispatcher>;

/** Makes the connections of a client, which it keeps, and refuses those to private networks. */
function openDispatchers(
  { env, hosts }: Surroundings,
  seconds: number,
  { isPrivateAllowed = false, lookup, settings = async () => [] }: HttpOptions,
): DispatcherFor {
  const timeout = seconds * 1000;
  const kept = memoize(async ([isGuarded, proxy, files, verify]: Connection): Promise<Dispatcher> => {
    const tls = { timeout, ...(await tlsOptions(files)), ...(verify ? {} : { rejectUnauthorized: false }) };
    if (proxy !== null) return proxyAgent(proxy, { timeout }, tls);
    const { Agent } = await loadUndici();
    return new Agent({ connect: { ...tls, ...(isGuarded ? { lookup: publicLookup(lookup, hosts) } : {}) } });
  });
  return async (url, isOriginalHost) => {
    const isAllowed =
      env.REG_HTTP_PRIVATE === 'allow' ||
      isPrivateAllowed === 'with-redirects' ||
      (isPrivateAllowed && isOriginalHost);
    if (!isAllowed) refusePrivateHost(url.hostname, hosts);
    const { verify, proxy, caFile, certFile, keyFile } = httpSettingsFor(await settings(), url, env);
    const through = proxyFor(url, env, proxy) ?? null;
    return kept([through === null && !isAllowed, through, { caFile, certFile, keyFile }, verify]);
  };
}

/** What makes a connection another one. */
type Connection = readonly [isGuarded: boolean, proxy: string | null, files: TlsFiles, verify: boolean];
type TlsFiles = Pick<HttpSettings, 'caFile' | 'certFile' | 'keyFile'>;

/** @throws RegError STORE_FAILED for a file that cannot be read */
async function tlsOptions({ caFile, certFile, keyFile }: TlsFiles) {
  const read = async (file: string | undefined, name: string): Promise<Buffer | undefined> =>
    file === undefined
      ? undefined
      : readFile(file).catch((error: NodeJS.ErrnoException) => {
          const message = `cannot read ${file}, which http.${name} of git names: ${error.code ?? error.message}`;
          throw new RegError(
            'STORE_FAILED',
            message,
            `see where it is set: git config --show-origin --get-all http.${name}`,
          );
        });
  const ca = await read(caFile, 'sslCAInfo');
  const cert = await read(certFile, 'sslCert');
  // without a file of its own the key is in that of the certificate
  const key = (await read(keyFile, 'sslKey')) ?? cert;
  return { ...(ca && { ca }), ...(cert && { cert, key }) };
}

/** A bundled package in CommonJS has its exports in one object. */
const loadUndici = async () => (await import('undici')).default;

/** Connects through a proxy, which looks up hosts itself and decides what it lets through. */
async function proxyAgent(
  uri: string,
  proxyTls: buildConnector.BuildOptions,
  requestTls: buildConnector.BuildOptions,
): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await loadUndici();
  return new ProxyAgent({
    uri,
    // without a tunnel for http: proxies refuse one to other ports than that of https
    proxyTunnel: false,
    proxyTls,
    requestTls,
    factory: (origin, options: { connect: Connector }) =>
      new Pool(origin, { ...options, connect: endingConnector(options.connect) }),
  });
}

type Connector = buildConnector.connector;

/** A proxy may cut the connection before there is a tunnel; undici would take the code of that error for a reason to connect again. */
const endingConnector =
  (connect: Connector): Connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) callback(new Error(`the proxy did not connect: ${error.message}`), null);
      else if (socket) callback(null, socket);
    });

/**
 * The proxy that the usual variables name for a URL, in lower or upper case; undefined without one.
 * @param configured comes before them; empty for none (git-config(1), http.proxy)
 * @throws RegError STORE_FAILED for a kind of proxy that is not supported
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv, configured?: string): string | undefined {
  const ofAll = env.all_proxy || env.ALL_PROXY;
  const ofHttp = env.http_proxy || env.HTTP_PROXY;
  const ofHttps = env.https_proxy || env.HTTPS_PROXY || ofHttp;
  const proxy = configured ?? ((url.protocol === 'https:' ? ofHttps : ofHttp) || ofAll);
  if (!proxy || isDirect(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (/^https?:/i.test(address) && URL.canParse(address)) return address;
  throw new RegError(
    'STORE_FAILED',
    `the proxy ${shownUrl(address)} is not supported`,
    'set HTTPS_PROXY and HTTP_PROXY to http:// or https:// addresses, or NO_PROXY to hosts that need none',
  );
}

/** Whether NO_PROXY lists a host or a domain of it, perhaps with a port, or `*` for all. */
function isDirect({ hostname, port, protocol }: URL, listed: string): boolean {
  const own = port || (protocol === 'https:' ? '443' : '80');
  return listed
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, host = '', only = own] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      const domain = host.replace(/^\*?\./, '');
      return entry === '*' || (only === own && (hostname === domain || hostname.endsWith(`.${domain}`)));
    });
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The next step of a request that was redirected; undefined without a redirect (RFC 9110, section 15.4).
 * @param left how many redirects may still be followed
 * @throws RegError STORE_FAILED for a redirect from https to http, to another host unless that is allowed, or the last of too many
 */
export function redirected(
  step: Step,
  { status, headers: { location } }: Pick<HttpResponse, 'status' | 'headers'>,
  left: number,
  mayLeaveHost: boolean,
): Step | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const refuse = (why: string, hint: string): RegError =>
    new RegError('STORE_FAILED', `${shownUrl(step.url.href)} redirects ${why}`, hint);
  if (!URL.canParse(location, step.url.href)) throw refuse('to an invalid address', 'its server is at fault');
  const url = new URL(location, step.url);
  const to = shownUrl(url.href);
  if (left === 0) throw refuse(`too often, at last to ${to}`, 'its server is at fault');
  if (!/^https?:$/.test(url.protocol) || (step.url.protocol === 'https:' && url.protocol === 'http:'))
    throw refuse(`to ${to}, which is not safe`, 'name an address that stays with https');
  const isStaying = isSameHost(step.url, url);
  if (!isStaying && !mayLeaveHost)
    throw refuse(
      `to another host, ${to}`,
      'name that address itself, or where you trust the server, set REG_HTTP_REDIRECTS=allow',
    );
  return follow(step, bare(url), isStaying, status);
}

/** The same name and port; https on its usual port is the same host as http on its own. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  return from.port === to.port && (from.protocol === to.protocol || from.port === '');
}

function follow(step: Step, url: URL, isStaying: boolean, status: number): Step {
  // a body is sent again only where the server says so (Fetch Standard, HTTP-redirect fetch)
  const isReading = status === 303 || (status < 303 && step.method === 'POST');
  const method = isReading && step.method !== 'HEAD' ? 'GET' : step.method;
  const isPosting = method === 'POST';
  const headers = Object.entries(step.headers).filter(
    ([name]) => (isStaying || PUBLIC_HEADERS.has(name)) && (isPosting || name !== 'content-type'),
  );
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: isPosting ? step.body : undefined,
    isOriginalHost: step.isOriginalHost && isStaying,
  };
}

/** The headers that another host may see; any other one may hold a secret. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-type',
  'git-protocol',
  'range',
  'user-agent',
]);

const MAX_ATTEMPTS = 4;
/** Before the second attempt; doubled before each later one. */
const FIRST_BACKOFF_MS = 250;

// too many requests, a server that fails, and gateways that reach none
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
// connections that were cut, and a DNS server that is busy
const TRANSIENT_CODE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);

/**
 * Sends, and again after a transient failure: a response of a busy or failing server, a connection that was cut. A server may
 * say how long to wait; where that is longer than `REG_TIMEOUT`, its response is given at once.
 */
export async function withRetries<T extends Omit<HttpResponse, 'url'>>(
  send: () => Promise<T>,
  { env, signal }: Surroundings,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === MAX_ATTEMPTS;
    const response = await send().catch((error: NodeJS.ErrnoException) => {
      if (isLast || !TRANSIENT_CODE.has(error.code)) throw error;
    });
    if (response && (isLast || !TRANSIENT_STATUS.has(response.status))) return response;
    const pause = (response && retryAfter(response.headers)) ?? backoff(attempt);
    if (response && pause > timeoutOf(env) * 1000) return response;
    response?.body.destroy();
    await sleep(pause, undefined, { signal });
  }
}

/** Milliseconds, more with each attempt, and never the same for two clients that failed at the same moment. */
const backoff = (attempt: number): number => FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (1 + Math.random() / 2);

/** The error for a server that did not respond, or broke off. A RegError stays as it is. */
function connectionError(shown: string, error: unknown, { env, signal }: Surroundings): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  if (error instanceof WrongLength) return lengthError(shown, error);
  return new RegError(
    'STORE_FAILED',
    `cannot reach ${shown}: ${withoutUserInfo(reasonOf(error, timeoutOf(env)))}`,
    CERTIFICATE.test((error as NodeJS.ErrnoException).code ?? '')
      ? 'let git trust the authority of its certificate: git config --global http.sslCAInfo <file>'
      : 'check the address, the network and the proxy; REG_TIMEOUT=<seconds> waits longer',
  );
}

/** Codes of certificates that are not trusted (Node.js, TLS/SSL errors). */
const CERTIFICATE = /CERT|^UNABLE_TO_/;

/** The error for a response that ended too early, or went on for too long. */
export const lengthError = (shown: string, { message }: WrongLength): RegError =>
  new RegError('STORE_FAILED', `${shown} ${message}`, 'try again; if it stays so, the server is at fault');

/** A reason in words. When several addresses fail, the error of node:net has no message of its own. */
function reasonOf(error: unknown, seconds: number): string {
  const { message, code, errors } = error as Partial<NodeJS.ErrnoException & AggregateError>;
  if (/^UND_ERR_\w+_TIMEOUT$/.test(code ?? '')) return noResponse(seconds).message;
  return message || errors?.map((one) => one.message).join(', ') || code || String(error);
}

/**
 * A server answers with the whole object where a part was requested, as it may (RFC 9110, section 14.2), although it or a proxy
 * says that it has parts. The object comes in one request then.
 */
export class RangeIgnored extends RegError {
  constructor(shown: string, code: 'STORE_FAILED' | 'REMOTE_FAILED' = 'STORE_FAILED') {
    super(code, `${shown} was asked for a part, and its server sends everything`, 'its server is at fault');
  }
}

/** The error for a response whose status is not an expected one. */
export function statusError(
  shown: string,
  { status, headers }: Omit<HttpResponse, 'url' | 'body'>,
): RegError {
  const answer = `it answered ${status}${STATUS_CODES[status] ? ` (${STATUS_CODES[status]})` : ''}`;
  switch (status) {
    case 404:
    case 410:
      return new RegError(
        'SOURCE_PATH',
        `there is no ${shown}: ${answer}`,
        `check the address; where it is private, ${hintToLogin(shown)}`,
      );
    case 401:
    case 403:
      return new RegError('STORE_FAILED', `${shown} does not let us in: ${answer}`, hintToLogin(shown));
    case 407:
      return new RegError(
        'STORE_FAILED',
        `the proxy on the way to ${shown} does not let us in: ${answer}`,
        'give a login in the address of the proxy, http://user:password@…',
      );
    case 429:
    case 503:
      return new RegError('STORE_FAILED', `${shown} is busy: ${answer}`, hintToWait(headers));
    default:
      return new RegError('STORE_FAILED', `${shown} cannot be read: ${answer}`);
  }
}

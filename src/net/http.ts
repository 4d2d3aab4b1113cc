import { setMaxListeners } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { buildConnector, Dispatcher } from 'undici';
import { interrupted, RegError } from '../errors.js';
import { lengthOf } from '../stores/http-content.js';
import { measured } from '../stores/measured.js';
import type { ByteRange, StoreSurroundings } from '../stores/port.js';
import { shownUrl } from '../stores/store-url.js';
import { withoutUserInfo } from '../util/address.js';
import { once } from '../util/async.js';
import { patienceOf, untilHung } from '../util/timeout.js';
import { type Lookup, publicLookup, refusePrivateHost } from './private-address.js';

/** Talks to web servers. */
export interface HttpClient {
  /**
   * Asks, asks again where a failure may pass, and follows redirects; `refusedBy` makes an error of an answer.
   * @throws RegError STORE_FAILED when nobody answers or it leads where it must not, SOURCE_UNSUPPORTED for a URL that is no
   * web address, INTERRUPTED
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
}

/** How a client differs from that of a link. */
export interface HttpOptions {
  /** Whether the hosts that are asked may be in a private network, as those that git talks to anyway. */
  isPrivateAllowed?: boolean | undefined;
  /** What knows the addresses of hosts; by default that of node:dns. */
  lookup?: Lookup | undefined;
}

/** Redirects of one request that are followed. */
const MOST_REDIRECTS = 5;

/**
 * Makes a client of web servers that no link can lead into a private network. Nothing is asked yet.
 * @param around its environment may have `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`; `REG_HTTP_PRIVATE=allow` for addresses of
 * private networks, `REG_HTTP_REDIRECTS=allow` for redirects to other hosts, `REG_TIMEOUT` for the seconds without a sign
 * of a server after which it is taken for hung, by default 60
 */
export function openHttp(around: StoreSurroundings, options: HttpOptions = {}): HttpClient {
  const dispatchers = openDispatchers(around.env, options);
  // every request under way listens, and more than ten would look like a leak
  if (around.signal) setMaxListeners(0, around.signal);
  return {
    request: async (asked) => {
      let step = firstStep(asked);
      for (let left = MOST_REDIRECTS; ; left -= 1) {
        const { url } = step;
        const answer = await withRetries(() => sendOnce(step, dispatchers, around), around).catch((error) => {
          throw unreached(shownUrl(url.href), error, around.signal);
        });
        const next = redirected(step, answer, left, around.env);
        if (next === undefined) return answer;
        answer.body.destroy();
        step = next;
      }
    },
  };
}

/** What is asked of a web server; it may be sent more than once. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST';
  /** `http://` or `https://`; its user-info becomes basic auth (RFC 7617), unless `headers` hold an authorization. */
  url: string;
  /** By names in lower case. None but `accept` and `content-type` are sent on to another host. */
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Uint8Array | undefined;
  /** Asks for a part; whether the answer is one, its status 206 and `content-range` tell (RFC 9110, section 14). */
  range?: ByteRange | undefined;
}

/** What a web server answered. */
export interface HttpAnswer {
  /** Any but a redirect that was followed; `refusedBy` makes an error of it. */
  status: number;
  /** By names in lower case; repeated ones are joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /**
   * To be read to its end, or destroyed. It fails with RegError STORE_FAILED when it breaks off or differs from the length
   * that the server promised, and INTERRUPTED once the signal was given.
   */
  body: Readable;
}

/** One request on its way, perhaps after a redirect. */
export interface HttpStep {
  method: HttpRequest['method'];
  /** Without user-info. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | undefined;
  /** Whether this is the host that was asked for, and none that a redirect led to. */
  isAtHome: boolean;
}

/**
 * Makes the first step of a request.
 * @throws RegError SOURCE_UNSUPPORTED for anything but a web address
 */
export function firstStep({ method, url: text, headers = {}, body, range }: HttpRequest): HttpStep {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new RegError('SOURCE_UNSUPPORTED', `'${shownUrl(text)}' is no address of a web server`);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    method,
    url,
    headers: {
      // bytes are compared with a hash: none may be packed on the way
      'accept-encoding': 'identity',
      // servers that refuse programs without a name (RFC 9110, section 10.1.5)
      'user-agent': 'git-reg',
      ...(username === '' && password === '' ? {} : { authorization: basic(username, password) }),
      ...headers,
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
    },
    body,
    isAtHome: true,
  };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${decoded(user)}:${decoded(password)}`).toString('base64')}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Sends one request once. What goes wrong before the answer is thrown as undici has it, for others to judge. */
export async function sendOnce(
  { method, url, headers, body, isAtHome }: HttpStep,
  dispatchers: Dispatchers,
  { env, signal }: StoreSurroundings,
): Promise<HttpAnswer> {
  signal?.throwIfAborted();
  const dispatcher = await dispatchers.dispatcherFor(url, isAtHome);
  const patience = patienceOf(env);
  const options = {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers },
    body: typeof body === 'string' ? Buffer.from(body) : (body ?? null),
    signal: signal ?? null,
    headersTimeout: patience * 1000,
    bodyTimeout: patience * 1000,
    // a connection that ends while its reader is slow makes undici 6 and 7 fail an assertion; a part of an object fits in here
    highWaterMark: 16 * 1024 * 1024,
  };
  // undici takes no signal before it is connected; connecting and waiting for headers have the patience each
  const answer = await untilHung(() => dispatcher.request(options), signal, 2 * patience);
  const found = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
  const size = method === 'HEAD' ? 0 : lengthOf(found);
  const shown = shownUrl(url.href);
  const failure = (error: unknown) => unreached(shown, error, signal);
  const bytes = measured(answer.body, { size, shown, failure });
  return { status: answer.statusCode, headers: found, body: bytes };
}

/** What carries requests: it keeps connections, and lets none be made that must not be. */
export interface Dispatchers {
  /**
   * The one for a host.
   * @param isAtHome whether this is a host that was asked for, and none that a redirect led to
   * @throws RegError STORE_FAILED for a host in a private network, where that is not allowed
   */
  dispatcherFor(url: URL, isAtHome: boolean): Promise<Dispatcher>;
}

/** Makes dispatchers; undici is loaded with the first one. */
export function openDispatchers(
  env: NodeJS.ProcessEnv,
  {
    isPrivateAllowed = false,
    lookup,
  }: { isPrivateAllowed?: boolean | undefined; lookup?: Lookup | undefined },
): Dispatchers {
  const timeout = patienceOf(env) * 1000;
  const agent = (guarded: boolean) =>
    once(async () => {
      const { Agent } = await loadUndici();
      return new Agent({
        connect: { timeout, ...(guarded ? { lookup: publicLookup(lookup) } : {}) },
      });
    });
  const open = agent(false);
  const guarded = agent(true);
  const proxies = new Map<string, () => Promise<Dispatcher>>();
  return {
    dispatcherFor: async (url, isAtHome) => {
      const isAllowed = env.REG_HTTP_PRIVATE === 'allow' || (isPrivateAllowed && isAtHome);
      if (!isAllowed) refusePrivateHost(url.hostname);
      const proxy = proxyFor(url, env);
      if (proxy === undefined) return (isAllowed ? open : guarded)();
      const made = proxies.get(proxy) ?? once(() => proxyAgent(proxy, timeout));
      proxies.set(proxy, made);
      return made();
    },
  };
}

/** A bundled package in CommonJS has its exports in one object. */
const loadUndici = async () => (await import('undici')).default;

/** What connects to a proxy; it is the proxy that knows the addresses of hosts then, and that lets pass what may. */
async function proxyAgent(uri: string, timeout: number): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await loadUndici();
  const connection = { timeout };
  return new ProxyAgent({
    uri,
    // without a tunnel for http, which proxies refuse to other ports than that of https
    proxyTunnel: false,
    proxyTls: connection,
    requestTls: connection,
    factory: (origin, options: { connect: Connector }) =>
      new Pool(origin, { ...options, connect: endingConnector(options.connect) }),
  });
}

type Connector = buildConnector.connector;

/** A proxy may cut the connection that was to be a tunnel; by its code undici would take that for a reason to connect for ever. */
const endingConnector =
  (connect: Connector): Connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) callback(new Error(`the proxy did not connect: ${error.message}`), null);
      else if (socket) callback(null, socket);
    });

/**
 * The proxy that the usual variables name for a URL, in lower or upper case; undefined for none.
 * @throws RegError STORE_FAILED for a kind of proxy that is not supported
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | undefined {
  const ofHttp = env.http_proxy || env.HTTP_PROXY;
  const ofHttps = env.https_proxy || env.HTTPS_PROXY || ofHttp;
  const proxy = url.protocol === 'https:' ? ofHttps : ofHttp;
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
 * The next step of a request that was redirected; undefined when it was not (RFC 9110, section 15.4).
 * @param left how many redirects may still be followed
 * @throws RegError STORE_FAILED when it leads where it must not: from https to http, to another host unless
 * `REG_HTTP_REDIRECTS=allow`, or on and on
 */
export function redirected(
  step: HttpStep,
  { status, headers: { location } }: Pick<HttpAnswer, 'status' | 'headers'>,
  left: number,
  env: NodeJS.ProcessEnv,
): HttpStep | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const refuse = (why: string, hint: string): RegError =>
    new RegError('STORE_FAILED', `${shownUrl(step.url.href)} redirects ${why}`, hint);
  if (!URL.canParse(location, step.url.href)) throw refuse('to what is no address', 'its server is at fault');
  const url = new URL(location, step.url);
  const to = shownUrl(url.href);
  if (left === 0) throw refuse(`too often, at last to ${to}`, 'its server is at fault');
  if (!/^https?:$/.test(url.protocol) || (step.url.protocol === 'https:' && url.protocol === 'http:'))
    throw refuse(`to ${to}, which is not safe`, 'name an address that stays with https');
  const stays = isSameHost(step.url, url);
  if (!stays && env.REG_HTTP_REDIRECTS !== 'allow')
    throw refuse(
      `to another host, ${to}`,
      'name that address itself, or where you trust the server, set REG_HTTP_REDIRECTS=allow',
    );
  return follow(step, url, stays, status);
}

/** The same name and port; https on its usual port is the same host as http on its own. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  return from.port === to.port && (from.protocol === to.protocol || from.port === '');
}

function follow(step: HttpStep, url: URL, stays: boolean, status: number): HttpStep {
  // a login for one server is none of another's business, nor is one that a redirect makes up
  url.username = '';
  url.password = '';
  url.hash = '';
  // what was posted is posted again only where the server says so (Fetch Standard, HTTP-redirect fetch)
  const isReading = status === 303 || (status < 303 && step.method === 'POST');
  const method = isReading && step.method !== 'HEAD' ? 'GET' : step.method;
  const isPosting = method === 'POST';
  const headers = Object.entries(step.headers).filter(
    ([name]) => (stays || PUBLIC_HEADERS.has(name)) && (isPosting || name !== 'content-type'),
  );
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: isPosting ? step.body : undefined,
    isAtHome: step.isAtHome && stays,
  };
}

/** What another host may see; any other header may hold a secret. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-type',
  'range',
  'user-agent',
]);

const TRIES = 4;
/** Milliseconds before the second try; twice as many before each later one. */
const FIRST_PAUSE = 250;

// too many requests, a server that fails, and gateways that find none
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
// connections that somebody cut, and a DNS that is busy
const PASSING_CODE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'EAI_AGAIN']);

/**
 * Sends, and again where what went wrong may pass: an answer of a busy or failing server, a connection that was cut. A server
 * may say how long to wait; where that is longer than `REG_TIMEOUT`, its answer is given at once.
 */
export async function withRetries(
  send: () => Promise<HttpAnswer>,
  { env, signal }: StoreSurroundings,
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === TRIES;
    const answer = await send().catch((error: NodeJS.ErrnoException) => {
      if (isLast || !PASSING_CODE.has(error.code)) throw error;
    });
    if (answer && (isLast || !PASSING_STATUS.has(answer.status))) return answer;
    const pause = (answer && askedPause(answer.headers)) ?? usualPause(attempt);
    if (answer && pause > patienceOf(env) * 1000) return answer;
    answer?.body.destroy();
    await sleep(pause, undefined, { signal });
  }
}

/** Longer each time, and never the same for two who failed at the same moment. */
const usualPause = (attempt: number): number => FIRST_PAUSE * 2 ** (attempt - 1) * (1 + Math.random() / 2);

/** Milliseconds that a server asks to wait, in seconds or until a time of its own clock (RFC 9110, section 10.2.3). */
export function askedPause({ 'retry-after': asked, date }: HttpAnswer['headers']): number | undefined {
  if (asked === undefined) return undefined;
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  const pause = Date.parse(asked) - Date.parse(date ?? '');
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}

/** The error for a server that did not answer, or broke off; what is one already stays as it is. */
export function unreached(shown: string, error: unknown, signal: AbortSignal | undefined): RegError {
  if (signal?.aborted) return interrupted();
  if (error instanceof RegError) return error;
  return new RegError(
    'STORE_FAILED',
    `cannot reach ${shown}: ${withoutUserInfo(whyOf(error))}`,
    'check the address, the network and the proxy; REG_TIMEOUT=<seconds> waits longer',
  );
}

/** What went wrong, in words; several addresses that were tried in vain make an error without any (node:net). */
function whyOf(error: unknown): string {
  const { message, code, errors } = error as Partial<NodeJS.ErrnoException & AggregateError>;
  return message || errors?.map((one) => one.message).join(', ') || code || String(error);
}

/** The error for an answer that is none of those that were hoped for. */
export function refusedBy(
  shown: string,
  { status, headers }: { status: number; headers: Readonly<Record<string, string | undefined>> },
): RegError {
  const said = `it answered ${status}${STATUS_CODES[status] ? ` (${STATUS_CODES[status]})` : ''}`;
  const later = headers['retry-after'];
  switch (status) {
    case 404:
    case 410:
      return new RegError('SOURCE_PATH', `there is no ${shown}: ${said}`, 'check the address');
    case 401:
    case 403:
      return new RegError(
        'STORE_FAILED',
        `${shown} does not let us in: ${said}`,
        'give a login in the address, https://user:password@…, or a signed address that is still valid',
      );
    case 407:
      return new RegError(
        'STORE_FAILED',
        `the proxy on the way to ${shown} does not let us in: ${said}`,
        'give a login in the address of the proxy, http://user:password@…',
      );
    case 429:
    case 503:
      return new RegError(
        'STORE_FAILED',
        `${shown} is busy: ${said}`,
        /^\d+$/.test(later ?? '') ? `try again in ${later} seconds` : 'try again later',
      );
    default:
      return new RegError('STORE_FAILED', `${shown} cannot be read: ${said}`);
  }
}

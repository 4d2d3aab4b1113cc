import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { RegError } from '../errors.js';
import type { CacheMode } from '../models/cache-mode.js';
import {
  type Access,
  accessFor,
  isLoopback,
  isOurHost,
  isOurOrigin,
  isSignedHook,
  readTokens,
} from './access.js';
import { type Core, makeCore, problemOf } from './core.js';
import { because, causeOf, type Face, type FaceEnv, problemAnswer, rawPathOf } from './face.js';
import { followRegistry } from './registries.js';
import { formatLine, type Metrics, makeMetrics } from './watching.js';
import type { RegistryContext } from '../registry/context.js';

/** A registry to serve. */
export interface Served {
  /** The name that it is served under; empty for the only one. */
  name: string;
  open: () => Promise<RegistryContext>;
}

/** How to serve. */
export interface ServeOptions {
  registries: readonly Served[];
  /** The folder for what can be fetched again. */
  cache: string;
  /** How loads use that folder; what is served goes through it in any case. */
  mode?: CacheMode | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Ends the server: what it answers then is answered to its end, for a while. */
  signal?: AbortSignal | undefined;
  /** `127.0.0.1` by default. */
  host?: string | undefined;
  /** 8080 by default; 0 for one that is free. */
  port?: number | undefined;
  /** The address that others reach it by, where that is another one. */
  baseUrl?: string | undefined;
  /** The file of tokens; needed where other machines can reach the server. */
  tokenFile?: string | undefined;
  /** The faces, by name or as they are; all by default. */
  faces?: readonly (string | Face)[] | undefined;
  /** A port of its own for S3, whose buckets stand at the root there. */
  s3Port?: number | undefined;
  /** Milliseconds after which a registry at a URL is asked again; 30,000 by default. */
  refreshMs?: number | undefined;
  /**
   * Whether the process does nothing else: then `Response` becomes a faster one for all of it, as the server of Hono brings it.
   */
  isAlone?: boolean | undefined;
  /** Takes each line of the access log, in JSON. */
  onLine?: ((line: string) => void) | undefined;
}

/** A server that runs. */
export interface RunningServer {
  /** Its address on this machine, with `/` at its end. */
  url: string;
  /** The address of S3 alone; undefined without it. */
  s3Url: string | undefined;
  faces: readonly string[];
  /** Answers what was asked already, for a while, and ends. */
  close(): Promise<void>;
  /** Settles when the server has ended. */
  closed: Promise<void>;
}

const HOST = '127.0.0.1';
const PORT = 8080;
const REFRESH_MS = 30_000;
/** What is being answered at the end has so long, in milliseconds. */
export const DRAIN_MS = 10_000;
/** A connection on which nothing moves is closed, in milliseconds. */
const IDLE_MS = 300_000;
const MAX_HOOK_BYTES = 25 * 1024 * 1024;

/**
 * Serves registries, read-only, until it is closed or interrupted.
 * @throws RegError USAGE for a port that is taken, a host that others reach without tokens, an unknown face; what the check of a face throws
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { host = HOST, port = PORT, signal, now } = options;
  const tokens = options.tokenFile === undefined ? [] : await readTokens(options.tokenFile);
  if (tokens.length === 0 && !isLoopback(host))
    throw new RegError(
      'USAGE',
      `cannot serve at ${host} without tokens: other machines can reach it`,
      'name a file of tokens with --token-file, or leave out --host',
    );
  const faces = await facesOf(options.faces);
  const s3 = faces.find(({ name }) => name === 's3');
  if (options.s3Port !== undefined && s3 === undefined)
    throw new RegError('USAGE', '--s3-port is given, and S3 is not served', 'add s3 to --face');
  const ending = new AbortController();
  const closing = new AbortController();
  const server = createServer(LIMITS);
  const chosen = await listen(server, host, port);
  const place = `http://${inUrl(host)}:${chosen}`;
  const access = accessFor(tokens);
  const metrics = makeMetrics();
  const log = batched(options.onLine);
  const core = makeCore({
    registries: options.registries.map(({ name, open }) =>
      followRegistry(name, open, {
        now,
        refreshMs: options.refreshMs ?? REFRESH_MS,
        onTurn: (error) =>
          log.add(
            JSON.stringify({
              time: new Date(now()).toISOString(),
              registry: name,
              error: error === undefined ? null : messageOf(error),
            }),
          ),
      }),
    ),
    cache: options.cache,
    mode: options.mode,
    baseUrl: (options.baseUrl ?? place).replace(/\/+$/, ''),
    now,
    signal: ending.signal,
    closing: closing.signal,
    onBytes: metrics.bytes,
  });
  let isClosing = false;
  const parts = { core, access, metrics, host, log: log.add, isEnding: () => isClosing };
  const servers: Server[] = [];
  const answer = (one: Server, shown: readonly Face[], at: number): void => {
    const app = makeApp(shown, { ...parts, port: at });
    one.on('request', getRequestListener(app.fetch, { overrideGlobalObjects: options.isAlone ?? false }));
    one.setTimeout(IDLE_MS);
    servers.push(one);
  };
  answer(server, faces, chosen);
  let s3Url: string | undefined;
  try {
    await readAll(core, faces);
    if (options.s3Port !== undefined && s3 !== undefined) {
      const alone = createServer(LIMITS);
      const at = await listen(alone, host, options.s3Port);
      s3Url = `http://${inUrl(host)}:${at}/`;
      answer(alone, [{ ...s3, base: '' }], at);
    }
  } catch (error) {
    for (const one of servers) one.close().closeAllConnections();
    throw error;
  }
  const timer = setInterval(
    () => {
      for (const registry of core.registries.values())
        void Promise.resolve(registry.current()).catch(() => undefined);
    },
    Math.min(options.refreshMs ?? REFRESH_MS, 2 ** 31 - 1),
  );
  timer.unref();
  const closed = Promise.all(
    servers.map((one) => new Promise<void>((resolve) => one.once('close', resolve))),
  ).then(() => {
    clearInterval(timer);
    ending.abort();
    log.flush();
  });
  const close = async (): Promise<void> => {
    if (!isClosing) {
      isClosing = true;
      closing.abort();
      await drain(servers);
      ending.abort();
    }
    await closed;
  };
  if (signal?.aborted) void close();
  signal?.addEventListener('abort', () => void close(), { once: true });
  return { url: `${place}/`, s3Url, faces: faces.map(({ name }) => name), close, closed };
}

const LIMITS = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  // longer than balancers keep a connection, so that none sends a request into a closing one
  keepAliveTimeout: 75_000,
  maxHeaderSize: 32 * 1024,
};

/** The faces, each loaded on use. */
export const FACES: Readonly<Record<string, () => Promise<Face>>> = {
  hf: async () => (await import('./faces/hf.js')).hf,
  mlflow: async () => (await import('./faces/mlflow.js')).mlflow,
  s3: async () => (await import('./faces/s3.js')).s3,
  files: async () => (await import('./faces/files.js')).files,
  dvc: async () => (await import('./faces/dvc.js')).dvc,
  api: async () => (await import('./faces/api.js')).api,
  // the last: its paths are those that no other has
  pages: async () => (await import('./faces/pages.js')).pages,
};

async function facesOf(names: readonly (string | Face)[] = Object.keys(FACES)): Promise<Face[]> {
  const faces = await Promise.all(
    [...new Set(names)].map((name) => {
      if (typeof name !== 'string') return name;
      const open = Object.hasOwn(FACES, name) ? FACES[name] : undefined;
      if (open !== undefined) return open();
      throw new RegError(
        'USAGE',
        `there is no face '${name}'`,
        `give some of: ${Object.keys(FACES).join(', ')}`,
      );
    }),
  );
  // a path is that of the face with the longest base
  return faces.sort((one, other) => other.base.length - one.base.length);
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'something else listens there' : message;
      reject(
        new RegError(
          'USAGE',
          `cannot serve at port ${port}: ${why}`,
          'give another one with --port; 0 takes a free one',
        ),
      );
    });
    server.listen({ host, port, backlog: 4096 }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Reads all registries. One that cannot be read harms no other; where none can be, the first says why. */
async function readAll({ registries, ...core }: Core, faces: readonly Face[]): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(
    [...registries.values()].map((one) =>
      Promise.resolve(one.current()).catch((error: unknown) => void failures.push(error)),
    ),
  );
  if (failures.length === registries.size) throw failures[0];
  for (const face of faces) await face.check?.({ registries, ...core });
}

/** Ends servers: no new connection is taken, and what is being answered goes on for a while. */
async function drain(servers: readonly Server[]): Promise<void> {
  const idle = setInterval(() => {
    for (const one of servers) one.closeIdleConnections();
  }, 50);
  const all = Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
  const over = setTimeout(() => {
    for (const one of servers) one.closeAllConnections();
  }, DRAIN_MS);
  await all;
  clearInterval(idle);
  clearTimeout(over);
}

const FLUSH_MS = 100;
const FLUSH_LINES = 500;

/** Collects lines, so that many requests cost one write. */
function batched(onLine: ((text: string) => void) | undefined): { add(line: string): void; flush(): void } {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines.length > 0) onLine?.(lines.join('\n'));
    lines = [];
  };
  return {
    flush,
    add: (line) => {
      if (onLine === undefined) return;
      lines.push(line);
      if (lines.length >= FLUSH_LINES) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },
  };
}

/** What the app is made of. */
export interface AppParts {
  core: Core;
  access: Access;
  metrics: Metrics;
  /** The host and the port that it listens at. */
  host: string;
  port: number;
  /** Takes each line of the access log. */
  log: (line: string) => void;
  isEnding: () => boolean;
}

type AppEnv = FaceEnv & { Bindings: Partial<HttpBindings> };
type AppContext = Context<AppEnv>;

/** Makes the app of some faces: what every request goes through, what is below `/-/`, and the faces. */
export function makeApp(faces: readonly Face[], parts: AppParts): Hono<AppEnv> {
  const { core, metrics } = parts;
  const app = new Hono<AppEnv>({ getPath: rawPathOf });
  const bases = faces.map((face) => ({ face, start: `${face.base}/` }));
  const faceOf = (path: string): Face | undefined =>
    bases.find(({ face, start }) => path.startsWith(start) || path === face.base || face.base === '')?.face;
  const names = hostNames(parts);
  app.use(async (c, next) => {
    const begun = performance.now();
    const face = faceOf(c.req.path);
    const looking = refusal(c, face, names, parts);
    // one more turn of the loop for each request would be felt
    const refused = looking instanceof Promise ? await looking : looking;
    if (refused !== undefined) c.res = refused;
    else await next();
    if (parts.isEnding()) c.res.headers.set('Connection', 'close');
    watch(c, face?.name ?? '-', begun, parts);
  });
  app.onError((error, c) => answerProblem(c, error));
  app.notFound((c) => problemAnswer(c, 404, 'there is nothing at this path'));
  app.get('/-/health', (c) => c.text('ok\n'));
  app.get('/-/ready', (c) => ready(c, parts));
  app.get('/-/metrics', (c) =>
    c.text(metrics.text(core.registries.values(), core.now()), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  app.post('/-/refresh', (c) => refresh(c, core));
  for (const face of faces)
    app.route(face.base === '' ? '/' : face.base, face.make(core, face.base) as unknown as Hono<AppEnv>);
  return app;
}

/** The paths that need no token: what starts and stops containers asks them. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/-/health', '/-/ready']);
const REFRESH = '/-/refresh';

/** What is wrong with a request before any face sees it. */
function refusal(
  c: AppContext,
  face: Face | undefined,
  names: ReadonlySet<string>,
  { core, access }: AppParts,
): Response | undefined | Promise<Response | undefined> {
  const host = c.req.header('host') ?? new URL(c.req.url).host;
  // a target may be a whole address, which counts in the place of Host (RFC 9112, 3.2.2)
  const isSame = c.req.url.startsWith(`http://${host}/`) || new URL(c.req.url).host === host.toLowerCase();
  if (!isSame || !isOurHost(host, names, access.tokens.length === 0))
    return problemAnswer(c, 421, 'this server does not answer under that name');
  if (!isOurOrigin(c.req.header('origin'), host, core.baseUrl))
    return problemAnswer(c, 403, 'pages of other sites may not ask this server');
  if (OPEN_PATHS.has(c.req.path)) return undefined;
  const caller = access.callerOf(c.req.header('authorization'));
  c.set('caller', caller);
  return caller.kind === 'anyone' ? undefined : refuseUnknown(c, face, { core, access });
}

/** Refuses a request without a right token, where its face knows no other way to tell who sent it. */
async function refuseUnknown(
  c: AppContext,
  face: Face | undefined,
  { core, access }: Pick<AppParts, 'core' | 'access'>,
): Promise<Response | undefined> {
  const own = await face?.callerOf?.(c.req.raw, access.tokens, core.now());
  if (own !== undefined) c.set('caller', own);
  const caller = c.get('caller');
  if (caller.kind !== 'unknown') return undefined;
  if (c.req.path === REFRESH && c.req.method === 'POST' && (await isHook(c, access))) return undefined;
  return (
    face?.refuse?.(c as unknown as Context<FaceEnv>, caller.why, core.now()) ??
    problemAnswer(c, 401, 'a token is needed', { 'WWW-Authenticate': 'Bearer, Basic realm="reg"' })
  );
}

async function isHook(c: AppContext, { tokens }: Access): Promise<boolean> {
  const length = Number(c.req.header('content-length') ?? Number.NaN);
  if (!(length <= MAX_HOOK_BYTES)) return false;
  return isSignedHook(tokens, (name) => c.req.header(name), new Uint8Array(await c.req.arrayBuffer()));
}

/** The names of this server, with their ports. */
function hostNames({ core, host, port }: AppParts): Set<string> {
  const own = ['localhost', '127.0.0.1', '[::1]', inUrl(host.toLowerCase())];
  return new Set([new URL(core.baseUrl).host, ...own.map((one) => (port === 80 ? one : `${one}:${port}`))]);
}

/** A message for the log. Those of this program hold no secrets. */
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Counts and logs a request when its answer was sent. */
function watch(c: AppContext, face: string, begun: number, { core, metrics, log }: AppParts): void {
  // a request that did not come over a connection has none
  const { outgoing, incoming } = (c.env as Partial<HttpBindings> | undefined) ?? {};
  const { method, path } = c.req;
  const { status } = c.res;
  const cause = status < 500 ? undefined : causeOf(c.res);
  const caller = c.get('caller');
  // a connection that ended has no address
  const socket = incoming?.socket;
  const client = socket?.remoteAddress ?? null;
  const sentBefore = socket?.bytesWritten ?? 0;
  const end = (whole: boolean): void => {
    const ms = performance.now() - begun;
    metrics.count({ face, method, status, seconds: ms / 1000 });
    log(
      formatLine({
        time: new Date(core.now()).toISOString(),
        client,
        user: caller?.kind === 'known' && caller.name !== '' ? caller.name : null,
        method,
        path,
        status,
        bytes: socket === undefined ? null : socket.bytesWritten - sentBefore,
        ms: Math.round(ms * 10) / 10,
        whole,
        error: cause === undefined ? null : messageOf(cause),
      }),
    );
  };
  if (outgoing === undefined) end(true);
  else outgoing.once('close', () => end(outgoing.writableFinished));
}

function answerProblem(c: AppContext, error: unknown): Response {
  const { status, message } = problemOf(error);
  return because(problemAnswer(c, status, message), error);
}

/** Ready is a server that has tried every registry and can answer from one. */
function ready(c: AppContext, { core, isEnding }: AppParts): Response {
  const conditions = [...core.registries.values()].map((one) => [one.name, one.condition().state] as const);
  const isReady = !isEnding() && conditions.some(([, state]) => state !== 'unread');
  return c.json({ ready: isReady, registries: Object.fromEntries(conditions) }, isReady ? 200 : 503);
}

/** Reads registries again: all, or the one that the query names. */
async function refresh(c: AppContext, core: Core): Promise<Response> {
  const name = c.req.query('registry');
  const wanted = [...core.registries.values()].filter((one) => name === undefined || one.name === name);
  if (wanted.length === 0) return problemAnswer(c, 404, 'no registry of that name is served here');
  await Promise.all(wanted.map((one) => one.refresh().catch(() => undefined)));
  const conditions = wanted.map((one) => [one.name, one.condition().state] as const);
  const isDone = conditions.every(([, state]) => state === 'fresh');
  return c.json({ registries: Object.fromEntries(conditions) }, isDone ? 200 : 502);
}

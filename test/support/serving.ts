import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openContext } from '../../src/open.js';
import { accessFor, type Token } from '../../src/serve/access.js';
import { type Core, makeCore } from '../../src/serve/core.js';
import { followRegistry } from '../../src/serve/registries.js';
import { FACES, makeApp, type ServeOptions, serve } from '../../src/serve/server.js';
import { makeMetrics } from '../../src/serve/watching.js';
import type { Env, Sandbox } from './repo.js';

/** A server in the process of the test: requests go into its app, over no connection. */
export interface ServedHere {
  core: Core;
  /** Asks a path, as a client on this machine. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** The lines of the access log so far. */
  log: string[];
}

/** What a test chooses. */
export interface ServeHere {
  /** Paths and URLs by the names of registries; that of the only one may be empty. */
  registries: Readonly<Record<string, string>>;
  faces?: readonly string[];
  tokens?: readonly Token[];
  env?: Env;
  /** Milliseconds; by default a registry at a URL is asked once. */
  refreshMs?: number;
  now?: () => number;
  /** The folder of the cache, by default `cache/reg` of the sandbox. */
  cache?: string;
}

/** Serves registries of a sandbox in this process. */
export async function serveHere(box: Sandbox, chosen: ServeHere): Promise<ServedHere> {
  const { faces: names = Object.keys(FACES), tokens = [], refreshMs = 1e9, now = Date.now } = chosen;
  const cache = chosen.cache ?? join(box.root, 'cache');
  const env = { ...box.env, XDG_CACHE_HOME: cache, ...chosen.env };
  const metrics = makeMetrics();
  const core = makeCore({
    registries: Object.entries(chosen.registries).map(([name, repo]) =>
      followRegistry(name, () => openContext(repo, { env, cwd: box.root, now, isLasting: true }), {
        now,
        refreshMs,
      }),
    ),
    cache: join(cache, 'reg'),
    baseUrl: 'http://localhost',
    now,
    onBytes: metrics.bytes,
  });
  const log: string[] = [];
  const faces = await Promise.all(names.map((name) => FACES[name]?.() ?? Promise.reject(new Error(name))));
  for (const face of faces) await face.check?.(core);
  const app = makeApp(faces, {
    core,
    access: accessFor(tokens),
    metrics,
    host: '127.0.0.1',
    port: 80,
    log: (line) => void log.push(line),
    isEnding: () => false,
  });
  return { core, log, ask: async (path, init) => app.request(`http://localhost${path}`, init) };
}

/** The SHA-256 of bytes, in hexadecimal digits. */
export const sha256Of = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A server that listens on this machine. */
export interface ServedThere {
  /** Its address, without `/` at its end. */
  url: string;
  /** That of S3 alone; undefined without it. */
  s3Url: string | undefined;
  log: string[];
  close(): Promise<void>;
}

/** What a test chooses of it. */
type ServeThere = Partial<Omit<ServeOptions, 'registries'>> & Pick<ServeHere, 'registries' | 'env'>;

/** Serves registries of a sandbox at a port. */
export async function serveThere(
  box: Sandbox,
  { registries, env = {}, ...options }: ServeThere,
): Promise<ServedThere> {
  const log: string[] = [];
  const cache = options.cache ?? join(box.root, 'cache', 'reg');
  const around = {
    env: { ...box.env, XDG_CACHE_HOME: join(cache, '..'), ...env },
    cwd: box.root,
    now: Date.now,
    isLasting: true,
  };
  const server = await serve({
    ...options,
    registries: Object.entries(registries).map(([name, repo]) => ({
      name,
      open: () => openContext(repo, around),
    })),
    cache,
    now: Date.now,
    port: options.port ?? 0,
    onLine: (lines) => void log.push(...lines.split('\n')),
  });
  const { url, s3Url } = server;
  return { url: url.replace(/\/$/, ''), s3Url: s3Url?.replace(/\/$/, ''), log, close: () => server.close() };
}

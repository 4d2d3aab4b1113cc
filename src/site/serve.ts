import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RegError } from '../errors.js';
import type { RegistryContext } from '../registry/context.js';
import { percentDecoded } from '../util/text.js';
import { type AskingOptions, type AskSource, sourceAsker } from './cards.js';
import { policyOf } from './document.js';
import { type Site, siteOf } from './pages.js';

/** Options of `ui`. */
export interface UiOptions extends Pick<AskingOptions, 'onNote'> {
  /** The port; a free one by default. */
  port?: number | undefined;
}

/** A served site. */
export interface Ui {
  /** The address of the site, for this machine only. */
  url: string;
  /** Ends the server. It also ends when the program is interrupted. */
  close(): Promise<void>;
  /** Settles when the server has ended. */
  closed: Promise<void>;
}

/** How long a page waits for a card from a source on another machine. */
const CARD_TIMEOUT_MS = 5000;

/** The address of this machine that others cannot reach. */
const LOOPBACK = '127.0.0.1';

/**
 * Serves the registry as a web site on this machine, read-only, until it is closed.
 * @throws RegError USAGE when the port is taken
 */
export async function ui(context: RegistryContext, { port = 0, onNote }: UiOptions): Promise<Ui> {
  const live = liveSiteOf(context, sourceAsker(context, { onNote, timeout: CARD_TIMEOUT_MS }));
  // problems of the registry are reported now, not in a browser
  await live.site();
  const server = createServer((request, response) => void answer(live, request, response));
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const url = `http://${LOOPBACK}:${await listen(server, port)}/`;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await closed;
  };
  context.signal?.addEventListener('abort', () => void close(), { once: true });
  return { url, close, closed };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'something else listens there' : message;
      reject(
        new RegError('USAGE', `cannot serve at port ${port}: ${why}`, 'leave out --port to take a free one'),
      );
    });
    server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const HEADERS = {
  'content-security-policy': `${policyOf(true)}; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

async function answer(live: LiveSite, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const end = (status: number, type: string, body: string): void => {
    response.writeHead(status, { ...HEADERS, 'content-type': TYPES[type] ?? 'text/plain; charset=utf-8' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (!isOurs(request)) return end(421, 'txt', 'This server answers for 127.0.0.1 and localhost alone.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'txt', 'Read-only.\n');
  const path = pathOf(request);
  if (path === 'changes') return sendChanges(live, request, response);
  try {
    const make = await (await live.site()).find(path);
    if (make === undefined) return end(404, 'txt', 'There is no such page.\n');
    end(200, path.slice(path.lastIndexOf('.') + 1), await make());
  } catch (error) {
    end(500, 'txt', `${error instanceof RegError ? error.message : 'this page cannot be made'}\n`);
  }
}

/** Whether a request is for this server. A page elsewhere may point its own name here (DNS rebinding), and then `Host` has that name. */
function isOurs({ headers, socket }: IncomingMessage): boolean {
  const port = socket.localPort;
  return [`${LOOPBACK}:${port}`, `localhost:${port}`].includes(headers.host ?? '');
}

function pathOf({ url = '/' }: IncomingMessage): string {
  if (!URL.canParse(url, 'http://localhost')) return '';
  const path = percentDecoded(new URL(url, 'http://localhost').pathname)?.slice(1);
  return path === '' || path?.endsWith('/') ? `${path}index.html` : (path ?? '');
}

/** Sends the mark of the current state and of every later one, as server-sent events. */
function sendChanges(live: LiveSite, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  response.write('retry: 2000\n\n');
  if (request.method === 'HEAD') return void response.end();
  const stop = live.follow((mark) => response.write(`event: mark\ndata: ${mark}\n\n`));
  response.once('close', stop);
}

/** The site of a registry that changes. */
export interface LiveSite {
  /** The site of the current state; of the last known state where the registry cannot be read. */
  site(): Promise<Site>;
  /** Calls back with the mark of the current state and of every later one. The result ends that. */
  follow(onMark: (mark: string) => void): () => void;
}

/** Milliseconds between two looks at the tags. Elsewhere a look costs a server a request. */
const PAUSE_MS = { here: 1500, elsewhere: 30_000 };

/** Follows the tags of a registry, and HEAD, which declares artifacts without versions. */
function liveSiteOf(context: RegistryContext, askSource: AskSource): LiveSite {
  const pause = context.repository.address === undefined ? PAUSE_MS.here : PAUSE_MS.elsewhere;
  const followers = new Set<(mark: string) => void>();
  let kept: { mark: string; site: Site } | undefined;
  let looking: Promise<Site> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<Site> => {
    const mark = await markOf(context);
    lookedAt = context.now();
    if (kept?.mark === mark) return kept.site;
    kept = { mark, site: await siteOf(context, mark, askSource) };
    for (const onMark of followers) onMark(mark);
    return kept.site;
  };
  const site = async (): Promise<Site> => {
    if (kept && context.now() - lookedAt < pause / 2) return kept.site;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking.catch((error) => {
      if (kept) return kept.site;
      throw error;
    });
  };
  return {
    site,
    follow: (onMark) => {
      followers.add(onMark);
      // without followers the registry is not read
      timer ??= setInterval(() => void site().catch(() => undefined), pause);
      if (kept) onMark(kept.mark);
      return () => {
        followers.delete(onMark);
        if (followers.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

/** A text that changes with every tag, and with HEAD. */
async function markOf({ repository }: RegistryContext): Promise<string> {
  const [tags, head] = await Promise.all([repository.tags.list('all'), repository.objects.commit('HEAD')]);
  const lines = [...tags.refs].map(({ name, oid }) => `${oid} ${name}`).sort();
  return createHash('sha256')
    .update([head, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 16);
}

import { createHash } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { RegError } from '../../errors.js';
import { type AskSource, sourceAsker } from '../../site/cards.js';
import { policyOf } from '../../site/document.js';
import { type Site, siteOf } from '../../site/pages.js';
import { percentDecoded } from '../../util/text.js';
import type { Core } from '../core.js';
import { because, type Face, type FaceEnv, problemAnswer, rawPathOf } from '../face.js';
import type { State } from '../state.js';

// The site of a registry, live and read-only: the pages that `reg site` writes. The only registry has its site at the root; several have
// theirs below their names.

/** The face of people. */
export const pages: Face = { name: 'pages', base: '', make };

/** The same for a registry whose problems are to be known at the start, and not in a browser. */
export const checkedPages: Face = {
  ...pages,
  check: async (core) => {
    for (const name of core.registries.keys()) await siteNow(core, name);
  },
};

/** Where sites of several registries are. */
const NAMED = 'registries';

/** How long a page waits for a card from a source on another machine. */
const CARD_TIMEOUT_MS = 5000;

/** Milliseconds between two looks at a registry for those who follow it. */
const PAUSE_MS = 1500;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `${policyOf(true)}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  app.get('/*', (c) => answer(core, c, rawPathOf(c.req.raw).slice(base.length + 1)));
  app.all('/*', (c) => problemAnswer(c, 405, 'the pages are read-only', { Allow: 'GET, HEAD' }));
  app.onError((error, c) => {
    const title = error instanceof RegError ? error.message : 'this page cannot be made';
    return because(problemAnswer(c, 500, title), error);
  });
  return app;
}

async function answer(core: Core, c: Context<FaceEnv>, path: string): Promise<Response> {
  if (core.registries.has('')) return answerFrom(core, c, '', path);
  if (path === '') return listRegistries(core);
  const [folder, name = '', ...rest] = path.split('/');
  if (folder !== NAMED || !core.registries.has(name)) return noPage(c);
  // links of pages are relative to their folders
  if (rest.length === 0) return Response.redirect(`${core.baseUrl}/${NAMED}/${name}/`, 308);
  return answerFrom(core, c, name, rest.join('/'));
}

const noPage = (c: Context<FaceEnv>): Response => problemAnswer(c, 404, 'there is no such page');

async function answerFrom(core: Core, c: Context<FaceEnv>, name: string, raw: string): Promise<Response> {
  const decoded = percentDecoded(raw);
  if (decoded === undefined) return noPage(c);
  const path = decoded === '' || decoded.endsWith('/') ? `${decoded}index.html` : decoded;
  if (path === 'changes') return followChanges(core, c, name);
  const makeFile = await (await siteNow(core, name)).find(path);
  if (makeFile === undefined) return noPage(c);
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8';
  return new Response(await makeFile(), { headers: { ...HEADERS, 'Content-Type': type } });
}

function listRegistries({ registries }: Core): Response {
  // their names have letters that need no escape
  const items = [...registries.keys()].map((name) => `<li><a href="${NAMED}/${name}/">${name}</a></li>`);
  const text = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Registries</title><h1>Registries</h1><ul>${items.join('')}</ul></html>
`;
  return new Response(text, { headers: { ...HEADERS, 'Content-Type': TYPES.html ?? '' } });
}

/** The site of a registry as it is now. */
async function siteNow(core: Core, name: string): Promise<Site> {
  const state = await core.state(name);
  const mark = await markOf(state);
  return state.remembered('all', 'site', () => siteOf(state.context, mark, askerOf(state)));
}

const askerOf = ({ context }: State): AskSource =>
  sourceAsker(context, { onNote: context.note, timeout: CARD_TIMEOUT_MS });

/** A text that changes with every tag, and with HEAD. */
const markOf = (state: State): Promise<string> =>
  state.remembered('all', 'mark', async () => {
    const { tags, objects } = state.context.repository;
    const [{ refs }, head] = await Promise.all([tags.list('all'), objects.commit('HEAD')]);
    const hash = createHash('sha256').update(`${head}\n`);
    for (const { oid, name } of refs) hash.update(`${oid} ${name}\n`);
    return hash.digest('hex').slice(0, 16);
  });

/** Sends the mark of the current state and of every later one, as server-sent events (HTML, 9.2), until the client or the server ends. */
function followChanges(core: Core, c: Context<FaceEnv>, name: string): Response {
  const headers = { ...HEADERS, 'Content-Type': 'text/event-stream' };
  if (c.req.method === 'HEAD') return new Response(null, { headers });
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  let last: string | undefined;
  let isOpen = true;
  const stop = (): void => {
    clearInterval(timer);
    isOpen = false;
  };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(encoder.encode('retry: 2000\n\n'));
      const look = async (): Promise<void> => {
        const mark = await markOf(await core.state(name)).catch(() => last);
        if (mark === undefined || mark === last || !isOpen) return;
        last = mark;
        controller.enqueue(encoder.encode(`event: mark\ndata: ${mark}\n\n`));
      };
      // a client that went away in between takes nothing more
      const safely = (): void => void look().catch(stop);
      timer = setInterval(safely, PAUSE_MS);
      safely();
      core.closing?.addEventListener('abort', () => {
        // a stream that its client left is closed
        if (isOpen) controller.close();
        stop();
      });
    },
    cancel: stop,
  });
  return new Response(body, { headers });
}

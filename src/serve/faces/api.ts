import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { type Context, Hono } from 'hono';
import type { ArtifactName } from '../../domain/names.js';
import { type ErrorCode, exitCodeOf, RegError } from '../../errors.js';
import { wantsVerified } from '../../registry/context.js';
import { namesTag } from '../bytes.js';
import { type Core, problemOf } from '../core.js';
import { cachingOf, type Face, type FaceEnv, headerText, rawPathOf, segmentsOf } from '../face.js';
import { openApiDocument, referencePage } from '../openapi.js';
import { type Asked, QUESTIONS, readAsked } from '../questions.js';
import type { ServedRegistry } from '../registries.js';
import type { State } from '../state.js';

// Our own API: what reading commands answer with `--json`. The only registry has its questions at the top; several have theirs below
// `registries/NAME`.

/** The face of programs that know `reg`. */
export const api: Face = { name: 'api', base: '/api/v1', make };

const REGISTRIES = 'registries';
const BY_NAME = new Map(QUESTIONS.map((one) => [one.name, one]));

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  app.get('*', (c) => answer(core, base, c));
  app.all('*', (c) =>
    problem(
      c,
      405,
      { detail: 'this server is read-only', hint: 'run reg in a clone of the registry' },
      { Allow: 'GET, HEAD' },
    ),
  );
  app.onError((error, c) => problemFor(c, error));
  return app;
}

async function answer(core: Core, base: string, c: Context<FaceEnv>): Promise<Response> {
  const parts = segmentsOf(c, base);
  if (parts === undefined) return nothing(c, 'the path has an escape that is malformed');
  const [first = '', second, ...rest] = parts;
  if (parts.length === 1 && first === '') {
    // links of the page are relative to its folder
    if (!rawPathOf(c.req.raw).endsWith('/'))
      return new Response(null, { status: 308, headers: { Location: `${core.baseUrl}${base}/` } });
    return reference(core, base);
  }
  if (parts.length === 1 && first === 'openapi.json')
    return tagged(c, `${JSON.stringify(documentOf(core, base), null, 2)}\n`);
  if (first === REGISTRIES) {
    if (second === undefined || (second === '' && rest.length === 0)) return listRegistries(core, c);
    const registry = core.registries.get(second);
    return registry === undefined
      ? nothing(c, `no registry '${second}' is served here`, `see ${base}/${REGISTRIES}`)
      : answerFrom(core, registry, c, rest);
  }
  const only = core.registries.get('');
  if (only === undefined)
    return nothing(c, 'several registries are served here', `ask below ${base}/${REGISTRIES}/NAME/`);
  return answerFrom(core, only, c, parts);
}

const documentOf = (core: Core, base: string) =>
  openApiDocument(`${core.baseUrl}${base}`, [...core.registries.keys()]);

const reference = (core: Core, base: string): Response =>
  new Response(referencePage(documentOf(core, base)), {
    headers: {
      ...cachingOf(false),
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    },
  });

function listRegistries({ registries }: Core, c: Context<FaceEnv>): Response {
  const rows = [...registries.values()].map((one) => {
    const { state, artifacts, tags } = one.condition();
    return { name: one.name, state, artifacts, tags };
  });
  return tagged(c, `${JSON.stringify(rows)}\n`);
}

/** An answer as it is sent, and what the command says beside it. */
interface Answer {
  body: string;
  headers: Record<string, string>;
}

async function answerFrom(
  core: Core,
  registry: ServedRegistry,
  c: Context<FaceEnv>,
  [name = '', ...parts]: readonly string[],
): Promise<Response> {
  const question = BY_NAME.get(name);
  if (question === undefined)
    return nothing(c, `there is no question '${name}'`, `ask one of: ${[...BY_NAME.keys()].join(', ')}`);
  const { url } = c.req;
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start + 1);
  const asked = readAsked(question, parts, new URLSearchParams(query), core.now());
  const state = await registry.current();
  const found = await answerIn(state, asked);
  const { state: condition, readAt } = registry.condition();
  const stale: Record<string, string> =
    condition === 'stale' && readAt !== undefined ? { 'Reg-Stale': new Date(readAt).toISOString() } : {};
  return send(c, found, stale);
}

/** What depends on the tags of one artifact alone is answered once for as long as they are the same. */
async function answerIn(state: State, asked: Asked): Promise<Answer> {
  const { question, args, options } = asked;
  const [artifact = ''] = args;
  const isPlain = question.isOfTags && Object.keys(options).length === 0;
  if (!isPlain || !state.has(artifact as ArtifactName)) return ask(state, asked);
  // a verified answer rests on the remote and on other tags too
  if (await state.remembered('all', 'is verified', () => wantsVerified(state.context)))
    return ask(state, asked);
  const key = `api ${JSON.stringify([question.name, ...args])}`;
  return state.remembered(artifact as ArtifactName, key, () => ask(state, asked));
}

async function ask({ context }: State, { question, args, options }: Asked): Promise<Answer> {
  const notes: string[] = [];
  let isWhole = true;
  const found = await question.ask({ ...context, note: (text) => void notes.push(text) }, args, {
    ...options,
    onMissing: () => {
      isWhole = false;
    },
    onDeprecated: (artifact, successor) =>
      void notes.push(
        `${artifact} is deprecated${successor === undefined ? '' : `; its successor is ${successor}`}`,
      ),
    onPassedOver: (tag, reason) => void notes.push(`passed over ${tag}: ${reason}`),
  });
  const answer = answerOf(`${JSON.stringify(found)}\n`);
  if (notes.length > 0) answer.headers['Reg-Note'] = headerText(notes.join(' | '));
  if (!isWhole) answer.headers['Reg-Incomplete'] = 'true';
  return answer;
}

const answerOf = (body: string): Answer => ({
  body,
  headers: {
    ...cachingOf(false),
    'Content-Type': 'application/json',
    ETag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`,
  },
});

const tagged = (c: Context<FaceEnv>, body: string): Response => send(c, answerOf(body));

function send(c: Context<FaceEnv>, { body, headers }: Answer, more: Record<string, string> = {}): Response {
  const all = { ...headers, ...more };
  const wanted = c.req.header('if-none-match');
  if (wanted !== undefined && namesTag(wanted, headers.ETag ?? '', 'weak'))
    return new Response(null, { status: 304, headers: all });
  return new Response(body, { headers: all });
}

/** What is wrong, in the members of RFC 9457 and our own. */
interface Wrong {
  detail: string;
  code?: ErrorCode | undefined;
  hint?: string | undefined;
}

function problem(
  c: Context<FaceEnv>,
  status: number,
  wrong: Wrong,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? '', status, ...wrong };
  return new Response(c.req.method === 'HEAD' ? null : `${JSON.stringify(body)}\n`, {
    status,
    headers: { ...headers, 'Cache-Control': 'no-store', 'Content-Type': 'application/problem+json' },
  });
}

const nothing = (c: Context<FaceEnv>, detail: string, hint?: string): Response =>
  problem(c, 404, { detail, hint });

/** What is not there, and fits no other kind. */
const NOT_FOUND: ReadonlySet<ErrorCode> = new Set(['NOT_AN_EVENT', 'NO_WORK_TREE', 'NO_COMMITS']);

function problemFor(c: Context<FaceEnv>, error: unknown): Response {
  const { status, message, hint } = problemOf(error);
  if (!(error instanceof RegError)) return problem(c, status, { detail: message });
  const { code } = error;
  const typed = exitCodeOf(code) === 2;
  return problem(c, typed ? 400 : NOT_FOUND.has(code) ? 404 : status, { detail: message, code, hint });
}

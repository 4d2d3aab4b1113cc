import type { Context, Hono } from 'hono';
import type { Caller, Token } from './access.js';
import type { Core } from './core.js';

/** What a request carries inside the server. */
export interface FaceEnv {
  Variables: { caller: Caller };
}

/** One protocol, below one path. */
export interface Face {
  name: string;
  /** The path that it lives below, such as `/hf`. */
  base: string;
  /**
   * Makes its routes. Paths are raw: what clients escape stays so until `segmentsOf` takes it apart.
   * @param base where it lives in this server; empty at the root of a port of its own
   */
  make(core: Core, base: string): Hono<FaceEnv>;
  /** Refuses a request without a token that is right, as the clients of the protocol understand it. */
  refuse?(context: Context<FaceEnv>, why: 'none' | 'wrong', now: number): Response;
  /**
   * Who sent a request, where the protocol has a way of its own to say so; undefined where the request does not use it.
   * @param now milliseconds since the epoch
   */
  callerOf?(request: Request, tokens: readonly Token[], now: number): Promise<Caller | undefined>;
  /**
   * Looks at what is served when the server starts.
   * @throws RegError where the protocol cannot name it, such as two artifacts by one id
   */
  check?(core: Core): Promise<void>;
}

/** The path of a request as it was sent, without its query. */
export function rawPathOf(request: Request): string {
  const { url } = request;
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/**
 * The parts of the path of a request below the path of a face, each decoded by itself: an escaped `/` is a letter of its part.
 * @returns undefined where an escape is malformed
 */
export function segmentsOf(context: Context, base: string): string[] | undefined {
  const path = rawPathOf(context.req.raw).slice(base.length).replace(/^\//, '');
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** An answer that says what is wrong (RFC 9457). */
export const problemAnswer = (
  context: { req: { method: string } },
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(context.req.method === 'HEAD' ? null : `${JSON.stringify({ status, title })}\n`, {
    status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  });

/** Errors behind answers. */
const causes = new WeakMap<Response, unknown>();

/** Notes for the log which error is behind an answer; clients learn less. */
export function because(answer: Response, error: unknown): Response {
  causes.set(answer, error);
  return answer;
}

/** The error behind an answer; undefined where none was noted. */
export const causeOf = (answer: Response): unknown => causes.get(answer);

/** A text as the value of a header: one line of letters that every client reads. */
export const headerText = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 1000);

/** How long a client and what is between may keep an answer: for good where it is about a version, and never unasked where it moves. */
export const cachingOf = (isFixed: boolean): Record<string, string> => ({
  'Cache-Control': isFixed ? 'private, max-age=31536000, immutable' : 'private, no-cache',
});

import { setTimeout as sleep } from 'node:timers/promises';
import { patienceOf } from '../patience.js';
import type { HttpAnswer } from './http-message.js';
import type { StoreSurroundings } from './port.js';

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

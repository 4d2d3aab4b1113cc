import { patienceOf } from '../patience.js';
import { untilHung } from './cloud-watch.js';
import { lengthOf } from './http-content.js';
import type { Dispatchers } from './http-dispatcher.js';
import { unreached } from './http-failure.js';
import type { HttpAnswer, HttpStep } from './http-message.js';
import { measured } from './measured.js';
import type { StoreSurroundings } from './port.js';
import { shownUrl } from './store-url.js';

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

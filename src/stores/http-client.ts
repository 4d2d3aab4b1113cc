import { setMaxListeners } from 'node:events';
import type { Lookup } from './http-address.js';
import { openDispatchers } from './http-dispatcher.js';
import { unreached } from './http-failure.js';
import { firstStep, type HttpAnswer, type HttpRequest } from './http-message.js';
import { redirected } from './http-redirect.js';
import { withRetries } from './http-retry.js';
import { sendOnce } from './http-send.js';
import type { StoreSurroundings } from './port.js';
import { shownUrl } from './store-url.js';

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

import { RegError } from '../../errors.js';
import type { StoreSurroundings } from '../../stores/port.js';
import { once } from '../../util/async.js';
import type { Send } from './session.js';

/**
 * Gives what sends requests for large files. Servers may lead to another host, where a login is not sent: many keep the bytes
 * in a bucket. The private network is for hosts alone that the user agreed to talk to.
 * @param agreed names of hosts, as URLs have them
 */
export function sender(agreed: ReadonlySet<string>, { env, signal }: StoreSurroundings): Send {
  const around = { env: { ...env, REG_HTTP_REDIRECTS: 'allow' }, signal };
  const client = (isPrivateAllowed: boolean) =>
    once(async () => {
      const { openHttp } = await import('../../stores/http-client.js');
      return openHttp(around, { isPrivateAllowed });
    });
  const [inside, outside] = [client(true), client(false)];
  return async (request) => {
    const { request: send } = await (agreed.has(new URL(request.url).hostname) ? inside : outside)();
    const answer = await send(request).catch((error) => {
      throw asRemote(error);
    });
    return answer;
  };
}

/** An error of a store as what it is here: one of the remote of a repository. */
export const asRemote = (error: unknown): unknown =>
  error instanceof RegError && error.code === 'STORE_FAILED'
    ? new RegError('REMOTE_FAILED', error.message, error.hint)
    : error;

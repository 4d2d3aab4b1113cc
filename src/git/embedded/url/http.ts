import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { interrupted, RegError } from '../../../errors.js';
import { redactorOf, shownAddress } from '../../../util/address.js';
import { movedTo, REDIRECTS } from './redirect.js';
import { type Watch, watchOver } from './watch.js';

/** What a request takes from the process around it. */
export interface Around {
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
}

/** What is sent with a request; with a body it is a POST. */
export interface Sent {
  headers: Record<string, string>;
  body?: Uint8Array;
}

/** Talks to one repository over HTTP. */
export interface Talk {
  /** The address, fit to be shown. */
  shown: string;
  /**
   * Asks for a path below the repository's address; gives the answer as it comes.
   * @throws RegError REMOTE_FAILED, INTERRUPTED; the answer may fail with them too
   */
  ask(path: string, sent: Sent): Promise<AsyncIterable<Uint8Array>>;
  /** The error for a repository that could not be asked; `why` may hold what a server said. */
  failed(why: string): RegError;
}

/** Seconds without a sign of the server after which it is taken for hung. */
const PATIENCE = 60;

/**
 * Prepares to talk to the repository at a web address. User-info in the address becomes the login (RFC 7617), which is sent
 * to its own server alone.
 */
export function talkTo(address: string, { env, signal }: Around): Talk {
  const patience = Number(env.REG_TIMEOUT) || PATIENCE;
  const { base, login: own } = parseAddress(address);
  const { failed, shown } = failureOf(address);
  // where the last answer came from: a server may have moved
  let place = base;
  const ask: Talk['ask'] = async (path, sent) => {
    const watch = watchOver(patience, signal);
    const explain = (error: unknown): RegError => {
      const early = watch.stop();
      if (early === 'interrupted') return interrupted();
      if (early === 'hung') return failed(`it gave no sign for ${patience} seconds`);
      return error instanceof RegError ? error : failed(causeOf(error as NodeJS.ErrnoException));
    };
    try {
      for (let left = REDIRECTS; ; left -= 1) {
        const isHome = new URL(place).origin === new URL(base).origin;
        const login = own !== undefined && isHome ? { authorization: own } : {};
        const response = await send(place + path, { ...sent, headers: { ...sent.headers, ...login } }, watch);
        const { statusCode: status = 0, statusMessage } = response;
        if (status === 200) return bytesOf(response, watch, explain);
        response.destroy();
        const moved = sent.body === undefined && left > 0 ? movedTo(response, place, path) : undefined;
        if (moved === undefined) throw failed(`the server answers ${status} ${statusMessage}`);
        place = moved;
      }
    } catch (error) {
      throw explain(error);
    }
  };
  return { shown, ask, failed };
}

function send(address: string, { headers, body }: Sent, { signal }: Watch): Promise<IncomingMessage> {
  const url = new URL(address);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const length = body === undefined ? {} : { 'content-length': body.length };
    request(url, { method, headers: { ...headers, ...length }, signal }, resolve)
      .on('error', reject)
      .end(body);
  });
}

function failureOf(address: string): Pick<Talk, 'shown' | 'failed'> {
  const shown = shownAddress(address);
  const redact = redactorOf(address);
  return {
    shown,
    failed: (why) =>
      new RegError(
        'REMOTE_FAILED',
        `cannot reach ${shown}: ${redact(why).replaceAll(/\s+/g, ' ')}`,
        'check the address, the network and your access; a login is given as in https://user:token@host/path',
      ),
  };
}

function parseAddress(address: string): { base: string; login: string | undefined } {
  const url = new URL(address);
  const plain = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = '';
  url.password = '';
  const login = plain === ':' ? undefined : `Basic ${Buffer.from(plain).toString('base64')}`;
  return { base: url.href.replace(/\/+$/, ''), login };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of a host with several addresses each has an error of its own, and all together have no message. */
const causeOf = ({ message, code }: NodeJS.ErrnoException): string => message || code || 'it did not answer';

async function* bytesOf(
  response: IncomingMessage,
  watch: Watch,
  explain: (error: unknown) => RegError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) {
      watch.wind();
      yield chunk;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    watch.stop();
  }
}

import { RegError } from '../../../errors.js';
import { redactorOf, shownAddress } from '../../location.js';
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
  const { base, login } = parseAddress(address);
  const { failed, shown } = failureOf(address);
  // where the first answer came from: a server may have moved
  let place = base;
  const ask: Talk['ask'] = async (path, { headers, body }) => {
    const watch = watchOver(patience, signal);
    const explain = (error: unknown): RegError => {
      const early = watch.stop();
      if (early === 'interrupted') return new RegError('INTERRUPTED', 'interrupted');
      if (early === 'hung') return failed(`it gave no sign for ${patience} seconds`);
      return error instanceof RegError ? error : failed(causeOf(error));
    };
    try {
      const isHome = new URL(place).origin === new URL(base).origin;
      const response = await fetch(place + path, {
        ...(body === undefined ? {} : { method: 'POST', body }),
        headers: { ...headers, ...(login !== undefined && isHome ? { authorization: login } : {}) },
        signal: watch.signal,
      });
      if (!response.ok) throw failed(`the server answers ${response.status} ${response.statusText}`);
      if (response.redirected && response.url.endsWith(path)) place = response.url.slice(0, -path.length);
      return bytesOf(response, watch, explain);
    } catch (error) {
      throw explain(error);
    }
  };
  return { shown, ask, failed };
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

/** fetch itself says no more than that it failed; the cause knows why. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.message || cause?.code || message;
}

async function* bytesOf(
  response: Response,
  watch: Watch,
  explain: (error: unknown) => RegError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      watch.wind();
      yield chunk;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    watch.stop();
  }
}

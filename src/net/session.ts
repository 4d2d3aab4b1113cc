import { join } from 'node:path';
import { redactorFor, redactorOf } from '../util/address.js';
import { once } from '../util/async.js';
import { readIfThere } from '../util/files.js';
import { tokenFor } from '../util/host-tokens.js';
import { basicAuth, type Login, loginOf, netrcLogin, withLogin } from './credentials.js';
import { httpSettingsFor, type Settings } from './git-settings.js';
import type { HttpRequest, HttpResponse } from './http.js';

/** What the user's own git knows of web servers. */
export interface WebConfig {
  /** Its settings; those of a repository only as far as they are meant for the addresses that are asked. */
  settings(): Promise<Settings>;
  /**
   * The login for a web address from the credential helpers (git-credential(1)).
   * @param mayAsk whether the helpers may ask the user
   */
  findLogin(url: string, mayAsk: boolean): Promise<Login | undefined>;
  /** Reports whether a server accepted a login, so that the helpers keep or forget it. */
  tellLogin(url: string, login: Login, isGood: boolean): Promise<void>;
}

/** A server without anything that git knows of it. */
export const NO_CONFIG: WebConfig = {
  settings: async () => [],
  findLogin: async () => undefined,
  tellLogin: async () => undefined,
};

/** Sends one request. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** Talks to one web server as the user's git does: with its headers, and with a login once the server asks for one. */
export interface Session {
  /**
   * Sends a request. Only the origin of the session gets headers and a login; a request that has an authorization goes as it is.
   * @throws RegError what the client throws
   */
  send: Send;
  /** Sends a request that needs no login: the origin of the session gets all headers but an authorization. */
  sendWithoutLogin: Send;
  /** Removes the secrets that were sent from a text of the server. */
  redact(text: string): string;
}

/** The server of a session, and what it may get. */
export interface SessionOptions {
  /** Its address, whose user-info is a login, perhaps without a password. */
  url: string;
  /** A login that comes before that of the address. */
  login?: Partial<Login> | undefined;
  /** `all` where the user named the server; `meant` sends only headers that the configuration gives for it. */
  reach: 'all' | 'meant';
  /** Whether a credential helper may ask the user. */
  mayAsk: boolean;
}

/** Some servers say of what needs a login that it is not there. */
const MAY_BE_HIDDEN: ReadonlySet<number> = new Set([401, 403, 404]);
const WANTS_LOGIN: ReadonlySet<number> = new Set([401]);

/**
 * Opens a session with a server; nothing is requested yet. The login is that of its address, or of `REG_TOKEN_<HOST>`: these are
 * sent at once. Else it is that of `.netrc`, then that of the user's credential helpers, once the server refuses
 * (gitcredentials(7), git-lfs docs/api/authentication.md).
 */
export function openSession(
  send: Send,
  web: WebConfig,
  env: NodeJS.ProcessEnv,
  { url, login: given = loginOf(new URL(url)), reach, mayAsk }: SessionOptions,
): Session {
  const { origin, hostname } = new URL(url);
  const { username, password } = given ?? {};
  const address = withLogin(url, username === undefined ? {} : { username });
  const own = password === undefined ? tokenFor(address, env) : { username: username ?? '', password };
  const extra = once(async () => httpSettingsFor(await web.settings(), new URL(address), env, reach).headers);
  const sources = [
    { statuses: MAY_BE_HIDDEN, find: once(() => loginInNetrc(hostname, username, env)) },
    {
      statuses: WANTS_LOGIN,
      find: once(() => web.findLogin(address, mayAsk)),
      tell: (login: Login, isGood: boolean) => web.tellLogin(address, login, isGood),
    },
  ];
  const sent: Login[] = own ? [own] : [];
  let login: Login | undefined = own;
  const reported = new Set<Login>();
  const secrets: string[] = [];
  const sendAs = async (request: HttpRequest, who: Login | undefined): Promise<HttpResponse> => {
    const headers = await extra();
    // a value may be a scheme and a token
    secrets.push(...Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]));
    return send({
      ...request,
      headers: { ...headers, ...(who && { authorization: basicAuth(who) }), ...request.headers },
    });
  };
  return {
    redact: (text) =>
      sent
        .map((one) => redactorOf(withLogin(url, one)))
        .reduce((rest, redact) => redact(rest), redactorFor(secrets)(text)),
    sendWithoutLogin: async (request) => {
      if (new URL(request.url).origin !== origin) return send(request);
      const { authorization: _, ...headers } = await extra();
      return send({ ...request, headers: { ...headers, ...request.headers } });
    },
    send: async (request) => {
      if (new URL(request.url).origin !== origin || request.headers?.authorization !== undefined)
        return send(request);
      const before = login;
      let response = await sendAs(request, before);
      for (const { statuses, find, tell } of own ? [] : sources) {
        const found = statuses.has(response.status) ? await find() : undefined;
        if (found === undefined || found === before) continue;
        response.body.destroy();
        sent.push(found);
        response = await sendAs(request, found);
        if (response.status !== 401) login = found;
        if (!reported.has(found)) await tell?.(found, response.status !== 401);
        reported.add(found);
      }
      return response;
    },
  };
}

/** The login for a host in the `.netrc` of the user's home, which git reads too (gitcredentials(7)). */
async function loginInNetrc(
  host: string,
  user: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Login | undefined> {
  const home = env.HOME || env.USERPROFILE;
  if (!home) return undefined;
  for (const name of ['.netrc', '_netrc']) {
    const bytes = await readIfThere(join(home, name)).catch(() => undefined);
    const found = bytes && netrcLogin(Buffer.from(bytes).toString(), host, user || undefined);
    if (found) return found;
  }
  return undefined;
}

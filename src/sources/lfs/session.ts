import type { LargeFiles, Login } from '../../git/port.js';
import type { HttpAnswer, HttpRequest } from '../../stores/http-message.js';
import { redactorOf } from '../../util/address.js';
import { once } from '../../util/async.js';
import type { LfsServer } from './server.js';

/** Sends one request. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** Talks to one Git LFS server, and to the places that it sends us to. */
export interface Session {
  server: LfsServer;
  /**
   * Asks; the server itself gets a login when it wants one, any other host what the request holds and nothing else.
   * @throws RegError REMOTE_FAILED, INTERRUPTED
   */
  ask: Send;
  /** Asks with what the request holds and nothing else. */
  send: Send;
  /** Takes what is secret out of what a server said. */
  redact(text: string): string;
}

/**
 * Opens a session with a server; nothing is asked yet. A login is what the address of the server holds, and otherwise what
 * the user's credential helpers know, once the server has answered 401 (git-lfs docs/api/authentication.md).
 */
export function openSession(server: LfsServer, largeFiles: LargeFiles, send: Send): Session {
  const { origin } = new URL(server.url);
  const address = addressWithUser(server);
  const own = wholeLogin(server.login);
  const extra = once(async () => headerIn(server.isAgreed ? await largeFiles.extraHeader(server.url) : ''));
  // an address that came with a commit must not make anybody type a password
  const find = once(() => largeFiles.findLogin(address, server.isAgreed));
  let login = own;
  let isTold = false;
  const sendAs = async (request: HttpRequest, who: Login | undefined): Promise<HttpAnswer> =>
    send({
      ...request,
      headers: { ...(await extra()), ...(who && { authorization: basic(who) }), ...request.headers },
    });
  return {
    server,
    send,
    redact: (text) => redactorOf(login === undefined ? '' : addressWithLogin(server.url, login))(text),
    ask: async (request) => {
      if (new URL(request.url).origin !== origin || request.headers?.authorization !== undefined)
        return send(request);
      const answer = await sendAs(request, login);
      const found = answer.status === 401 && own === undefined ? await find() : undefined;
      if (found === undefined) return answer;
      answer.body.destroy();
      login = found;
      const second = await sendAs(request, found);
      if (!isTold) {
        isTold = true;
        await largeFiles.tellLogin(address, found, second.status !== 401);
      }
      return second;
    },
  };
}

const wholeLogin = ({ username = '', password }: Partial<Login>): Login | undefined =>
  password === undefined ? undefined : { username, password };

/** The value of the header for a login (RFC 7617). */
const basic = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function addressWithUser({ url, login }: LfsServer): string {
  const address = new URL(url);
  address.username = login.username ?? '';
  return address.href;
}

function addressWithLogin(url: string, { username, password }: Login): string {
  const address = new URL(url);
  address.username = encodeURIComponent(username);
  address.password = encodeURIComponent(password);
  return address.href;
}

/** A header as git's configuration has it, `name: value`. */
function headerIn(line = ''): Record<string, string> {
  const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? {} : { [name.toLowerCase()]: value };
}

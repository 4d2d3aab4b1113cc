import { decoded, redactorFor } from './address.js';

/** A login that the environment gives for the servers of one host. */
export interface HostToken {
  /** The variable that holds it. */
  variable: string;
  /** Where it is sent: `https://host`, with a port where the variable names one. */
  origins: readonly string[];
  login: { username: string; password: string };
  /** Whether the variable names the user too. */
  hasUser: boolean;
}

const TOKEN = 'REG_TOKEN_';

/**
 * The logins that `REG_TOKEN_<HOST>` variables give, each `token` or `user:token`. In the name of the variable `_` stands for a dot and
 * `__` for a hyphen, so that no two hosts share one; a port follows the host. Without a certificate only this machine gets one.
 */
export function hostTokens(env: NodeJS.ProcessEnv): HostToken[] {
  const found: HostToken[] = [];
  for (const variable in env) {
    if (!variable.startsWith(TOKEN)) continue;
    const value = env[variable]?.trim() ?? '';
    const host = hostIn(variable.slice(TOKEN.length));
    // a line break would end the answer of a credential helper
    if (host === undefined || value === '' || /[\0-\x1f\x7f]/.test(value)) continue;
    const [, user, password = value] = /^([^:]*):(.*)$/.exec(value) ?? [];
    const schemes = isThisMachine(host) ? ['https', 'http'] : ['https'];
    found.push({
      variable,
      origins: schemes.map((scheme) => `${scheme}://${host}`),
      login: { username: user ?? usualUser(host, password, env), password },
      hasUser: user !== undefined,
    });
  }
  return found;
}

const HOST = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The host that the name of a variable stands for, perhaps with a port; undefined where it stands for none. */
function hostIn(name: string): string | undefined {
  if (!/^[A-Z0-9_]+$/.test(name)) return undefined;
  const host = name.toLowerCase().replaceAll('__', '-').replaceAll('_', '.');
  if (!HOST.test(host)) return undefined;
  const labels = host.split('.');
  // no name ends in a number, and an address has four (URL Standard, host parsing)
  const isNumber = labels.map((label) => /^\d+$/.test(label));
  const isAddress = labels.length === 4 && isNumber.every(Boolean);
  if (!isNumber.at(-1) || isAddress) return host;
  return `${labels.slice(0, -1).join('.')}:${labels.at(-1)}`;
}

/** The variable that holds a login for a web address; undefined where none does, as without a certificate. */
export function tokenVariable(url: string): string | undefined {
  const { protocol, hostname, host } = new URL(url);
  if (protocol !== 'https:' && !isThisMachine(hostname)) return undefined;
  const name = host.replaceAll('-', '__').replaceAll(/[.:]/g, '_').toUpperCase();
  return hostIn(name) === host ? TOKEN + name : undefined;
}

const isThisMachine = (host: string): boolean => /^(?:127(?:\.\d+){3}|localhost)(?::|$)/.test(host);

/** The user that servers expect beside a token alone: GitHub takes any, GitLab its own for the token of a job. */
function usualUser(host: string, token: string, { CI_JOB_TOKEN: ofJob }: NodeJS.ProcessEnv): string {
  if (token === ofJob) return 'gitlab-ci-token';
  return host === 'bitbucket.org' ? 'x-token-auth' : 'x-access-token';
}

/** The login that the environment gives for a web address; undefined without one. */
export function tokenFor(url: string, env: NodeJS.ProcessEnv): HostToken['login'] | undefined {
  const { origin, username } = new URL(url);
  const token = hostTokens(env).find(({ origins }) => origins.includes(origin));
  if (token === undefined) return undefined;
  return username === '' || token.hasUser ? token.login : { ...token.login, username: decoded(username) };
}

/** Makes a function that removes these tokens, and the user-info of URLs, from any text. */
export const redactorOfTokens = (tokens: readonly HostToken[]): ((text: string) => string) =>
  redactorFor(
    tokens.flatMap(({ login: { username, password } }) => [
      password,
      // as it is sent (RFC 7617)
      Buffer.from(`${username}:${password}`).toString('base64'),
    ]),
  );

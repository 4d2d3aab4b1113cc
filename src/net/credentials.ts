import { decoded } from '../util/address.js';

/** A user name and a password for a server. */
export interface Login {
  username: string;
  password: string;
}

/** The value of the `authorization` header for a login (RFC 7617). */
export const basicAuth = ({ username = '', password = '' }: Partial<Login>): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The login in the user-info of a URL, perhaps without a password; undefined without user-info. */
export function loginOf({ username, password }: URL): Partial<Login> | undefined {
  if (username === '' && password === '') return undefined;
  const user = { username: decoded(username) };
  return password === '' ? user : { ...user, password: decoded(password) };
}

/** A URL with a login as its user-info. */
export function withLogin(url: string, { username = '', password = '' }: Partial<Login>): string {
  const address = new URL(url);
  address.username = encodeURIComponent(username);
  address.password = encodeURIComponent(password);
  return address.href;
}

/**
 * The login that a `.netrc` gives for a host (curl(1), --netrc); undefined without one. Its `default`, which is for any host,
 * does not count: an address may come from others.
 * @param user takes only a login of this user
 */
export function netrcLogin(text: string, host: string, user?: string): Login | undefined {
  let found: Partial<Login> | undefined;
  const wanted = (): Login | undefined => {
    const { username, password } = found ?? {};
    if (username === undefined || password === undefined || username !== (user ?? username)) return undefined;
    return { username, password };
  };
  const words = netrcWords(text);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === 'machine' || word === 'default') {
      const login = wanted();
      if (login) return login;
      const isHost = word === 'machine' && words[index + 1]?.toLowerCase() === host.toLowerCase();
      found = isHost ? {} : undefined;
      if (word === 'machine') index += 1;
    } else if (word === 'login' || word === 'password' || word === 'account') {
      index += 1;
      if (word === 'login') found = found && { ...found, username: words[index] ?? '' };
      if (word === 'password') found = found && { ...found, password: words[index] ?? '' };
    }
  }
  return wanted();
}

/** The words of a `.netrc`, without comments and macros. A macro ends at an empty line. */
const netrcWords = (text: string): string[] =>
  [
    ...text
      .replaceAll(/^[ \t]*macdef\b.*\n(?:.+\n)*/gm, '')
      .replaceAll(/^[ \t]*#.*$/gm, '')
      .matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g),
  ].map(([, quoted, plain = '']) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);

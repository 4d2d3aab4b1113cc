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

import { decoded } from '../util/address.js';

/** A user name and a password for a server. */
export interface Login {
  username: string;
  password: string;
}

/** The value of the `authorization` header for a login (RFC 7617). */
export const basicAuth = ({ username, password }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The login in the user-info of a URL, decoded; undefined without one. A missing password is empty. */
export function loginOf({ username, password }: URL): Login | undefined {
  if (username === '' && password === '') return undefined;
  return { username: decoded(username), password: decoded(password) };
}

/** A URL with a login as its user-info; without a password that is still to be found. */
export function withLogin(url: string, { username = '', password = '' }: Partial<Login>): string {
  const address = new URL(url);
  address.username = encodeURIComponent(username);
  address.password = encodeURIComponent(password);
  return address.href;
}

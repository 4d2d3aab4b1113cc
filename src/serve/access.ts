import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RegError } from '../errors.js';

/** A token of the token file. */
export interface Token {
  /** Who has it, for the log; empty where the file does not say. */
  name: string;
  /** In clear: signatures of S3 and of webhooks are checked with it. */
  secret: string;
}

/** Who asks: one of those who have a token, or anyone where there are no tokens. */
export type Caller =
  | { kind: 'anyone' }
  | { kind: 'known'; name: string }
  | { kind: 'unknown'; why: 'none' | 'wrong' };

/** Who may ask. */
export interface Access {
  tokens: readonly Token[];
  /** Who sent a request, by its `Authorization`: Bearer, or the password of Basic. */
  callerOf(authorization: string | undefined): Caller;
}

/** A shorter secret is guessed. */
const SHORTEST = 16;

/**
 * Reads a file of tokens: one a line, `<token>` or `<name> <token>`; lines that begin with `#` are comments.
 * @throws RegError USAGE
 */
export async function readTokens(file: string): Promise<Token[]> {
  const fail = (why: string): RegError =>
    new RegError(
      'USAGE',
      `cannot take tokens from ${file}: ${why}`,
      'write one token a line, such as: openssl rand -hex 32',
    );
  // a symbolic link is followed: secrets of Kubernetes are behind some
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' ? 'there is no such file' : error.message);
  });
  const lines = bytes
    .toString()
    .split('\n')
    .map((line) => line.trim());
  const tokens = lines.flatMap((line, index): Token[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [first = '', second, ...more] = line.split(/\s+/);
    if (more.length > 0) throw fail(`line ${index + 1} has more than a name and a token`);
    const secret = second ?? first;
    if (secret.length < SHORTEST)
      throw fail(`the token of line ${index + 1} has less than ${SHORTEST} characters`);
    return [{ name: second === undefined ? '' : first, secret }];
  });
  if (tokens.length === 0) throw fail('it has no token');
  return tokens;
}

/** Lets those in who have a token, and anyone where there are none. */
export function accessFor(tokens: readonly Token[]): Access {
  const hashed = tokens.map((token) => ({ name: token.name, hash: hashOf(token.secret) }));
  const find = (secret: string): Caller => {
    const hash = hashOf(secret);
    // all are compared, so that the time says nothing
    const found = hashed.filter((one) => timingSafeEqual(one.hash, hash));
    return found[0] === undefined
      ? { kind: 'unknown', why: 'wrong' }
      : { kind: 'known', name: found[0].name };
  };
  return {
    tokens,
    callerOf: (authorization) => {
      if (tokens.length === 0) return { kind: 'anyone' };
      const secret = secretIn(authorization);
      if (secret === undefined) return { kind: 'unknown', why: 'none' };
      const caller = find(secret);
      // clients of Hugging Face take no token that begins otherwise
      return caller.kind === 'unknown' && secret.startsWith('hf_')
        ? find(secret.slice('hf_'.length))
        : caller;
    },
  };
}

/** The secret of a request: a bearer token (RFC 6750), or the password of Basic (RFC 7617). */
function secretIn(authorization = ''): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)\s*$/.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const text = Buffer.from(value, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * Whether the sender of a webhook knows a token: GitLab sends it (`X-Gitlab-Token`), GitHub, Gitea and Forgejo sign the body with it
 * (`X-Hub-Signature-256`).
 */
export function isSignedHook(
  tokens: readonly Token[],
  header: (name: string) => string | undefined,
  body: Uint8Array,
): boolean {
  const plain = header('x-gitlab-token');
  const [, signature] = /^sha256=([0-9a-f]{64})$/.exec(header('x-hub-signature-256') ?? '') ?? [];
  return tokens.some(({ secret }) => {
    if (plain !== undefined) return timingSafeEqual(hashOf(plain), hashOf(secret));
    if (signature === undefined) return false;
    const own = createHmac('sha256', secret).update(body).digest();
    return timingSafeEqual(own, Buffer.from(signature, 'hex'));
  });
}

/** Whether an address is one that other machines cannot reach. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

/**
 * Whether a request is for this server: a page elsewhere may point its own name at it (DNS rebinding), and then `Host` has that name. Where
 * a token is needed any name is right, because such a page has none.
 * @param names the hosts that are this server's, with their ports
 */
export const isOurHost = (host: string | undefined, names: ReadonlySet<string>, isOpen: boolean): boolean =>
  host !== undefined && (!isOpen || names.has(host.toLowerCase()));

/** Whether a browser sent a request for a page of this server, or no browser sent it (Fetch, `Origin`). */
export function isOurOrigin(origin: string | undefined, host: string | undefined, baseUrl: string): boolean {
  if (origin === undefined) return true;
  return (
    URL.canParse(origin) &&
    (new URL(origin).host === host || new URL(origin).origin === new URL(baseUrl).origin)
  );
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { rawPathOf } from '../face.js';

// AWS Signature Version 4, in a header or in the query of an address ("Authenticating Requests (AWS Signature Version 4)", Amazon S3 API
// reference).

/** How a request is signed. */
export type Signature =
  | { kind: 'none' }
  /** By Version 2, which nothing here checks. */
  | { kind: 'old' }
  | { kind: 'malformed' }
  | Signed;

/** A request that is signed by Version 4. */
export interface Signed {
  kind: 'signed';
  accessKey: string;
  /** Date, region, service and `aws4_request`. */
  scope: readonly string[];
  /** The names of the headers that are signed. */
  headers: readonly string[];
  signature: string;
  /** When it was signed, as `20261130T104126Z`. */
  date: string;
  /** The seconds that it is good for; undefined where that is what clocks may differ by. */
  expires: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Reads how a request is signed, without a look at whether it is right. */
export function readSignature(request: Request): Signature {
  const { searchParams: query } = new URL(request.url);
  const header = request.headers.get('authorization') ?? '';
  if (query.has('AWSAccessKeyId') || /^AWS\s/i.test(header)) return { kind: 'old' };
  const inHeader = header.startsWith(ALGORITHM);
  const inQuery = query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature');
  if (!inHeader && !inQuery) return { kind: 'none' };
  if (inHeader && inQuery) return { kind: 'malformed' };
  if (inHeader) {
    const part = (name: string): string => new RegExp(`[\\s,]${name}=([^,\\s]+)`).exec(header)?.[1] ?? '';
    return signed({
      credential: part('Credential'),
      headers: part('SignedHeaders'),
      signature: part('Signature'),
      date: request.headers.get('x-amz-date') ?? '',
      expires: undefined,
    });
  }
  const expires = query.get('X-Amz-Expires') ?? '';
  const isKnown = query.get('X-Amz-Algorithm') === ALGORITHM && /^\d{1,6}$/.test(expires);
  if (!isKnown || Number(expires) > MOST_EXPIRES_S) return { kind: 'malformed' };
  return signed({
    credential: query.get('X-Amz-Credential') ?? '',
    headers: query.get('X-Amz-SignedHeaders') ?? '',
    signature: query.get('X-Amz-Signature') ?? '',
    date: query.get('X-Amz-Date') ?? '',
    expires: Number(expires),
  });
}

/** A week. */
const MOST_EXPIRES_S = 604_800;

interface Read {
  credential: string;
  headers: string;
  signature: string;
  date: string;
  expires: number | undefined;
}

function signed({ credential, headers, signature, date, expires }: Read): Signature {
  const parts = credential.split('/');
  const scope = parts.slice(-4);
  const accessKey = parts.slice(0, -4).join('/');
  const names = headers.toLowerCase().split(';');
  const isWhole =
    accessKey !== '' &&
    scope[0] === date.slice(0, 8) &&
    scope[3] === 'aws4_request' &&
    names.includes('host') &&
    /^[0-9a-f]{64}$/.test(signature) &&
    /^\d{8}T\d{6}Z$/.test(date);
  return isWhole
    ? { kind: 'signed', accessKey, scope, headers: names, signature, date, expires }
    : { kind: 'malformed' };
}

/** What clocks may differ by. */
const MOST_SKEW_MS = 15 * 60_000;

/** What is wrong with the time of a signature; undefined where it is good now. */
export function timeFault({ date, expires }: Signed, now: number): 'skewed' | 'expired' | undefined {
  const made = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(made <= now + MOST_SKEW_MS)) return 'skewed';
  if (expires !== undefined) return now > made + expires * 1000 ? 'expired' : undefined;
  return now > made + MOST_SKEW_MS ? 'skewed' : undefined;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Whether a request was signed with a secret. */
export function isSignedWith(secret: string, request: Request, signature: Signed): boolean {
  const { scope, date } = signature;
  const text = [ALGORITHM, date, scope.join('/'), sha256(canonical(request, signature))].join('\n');
  const key = scope.reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${secret}`);
  return timingSafeEqual(hmac(key, text), Buffer.from(signature.signature, 'hex'));
}

/** The request as it is signed. */
function canonical(request: Request, { headers, expires }: Signed): string {
  const { url } = request;
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start + 1).replace(/#.*$/, '');
  const pairs = query
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('X-Amz-Signature='))
    .map((part) => {
      const equals = part.indexOf('=');
      const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
      return [again(name.replaceAll('+', ' ')), again(value.replaceAll('+', ' '))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  const valueIn = (name: string): string =>
    (request.headers.get(name) ?? (name === 'host' ? new URL(url).host : '')).trim().replace(/ +/g, ' ');
  return [
    request.method,
    rawPathOf(request).split('/').map(again).join('/'),
    pairs.map(([name, value]) => `${name}=${value}`).join('&'),
    ...headers.map((name) => `${name}:${valueIn(name)}`),
    '',
    headers.join(';'),
    request.headers.get('x-amz-content-sha256') ?? (expires === undefined ? sha256('') : 'UNSIGNED-PAYLOAD'),
  ].join('\n');
}

/** A part of an address with the escapes that are signed: clients leave some out, and escape what needs none. */
function again(part: string): string {
  try {
    return escapedAll(decodeURIComponent(part));
  } catch {
    return part;
  }
}

/** A text with all letters escaped but the unreserved ones (RFC 3986, 2.3). */
export const escapedAll = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );

import type { Readable } from 'node:stream';
import { RegError } from '../errors.js';
import type { ByteRange } from './port.js';
import { shownUrl } from './store-url.js';

/** What is asked of a web server; it may be sent more than once. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST';
  /** `http://` or `https://`; its user-info becomes basic auth (RFC 7617), unless `headers` hold an authorization. */
  url: string;
  /** By names in lower case. None but `accept` and `content-type` are sent on to another host. */
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | Uint8Array | undefined;
  /** Asks for a part; whether the answer is one, its status 206 and `content-range` tell (RFC 9110, section 14). */
  range?: ByteRange | undefined;
}

/** What a web server answered. */
export interface HttpAnswer {
  /** Any but a redirect that was followed; `refusedBy` makes an error of it. */
  status: number;
  /** By names in lower case; repeated ones are joined by `, `. */
  headers: Readonly<Record<string, string | undefined>>;
  /**
   * To be read to its end, or destroyed. It fails with RegError STORE_FAILED when it breaks off or differs from the length
   * that the server promised, and INTERRUPTED once the signal was given.
   */
  body: Readable;
}

/** One request on its way, perhaps after a redirect. */
export interface HttpStep {
  method: HttpRequest['method'];
  /** Without user-info. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | undefined;
  /** Whether this is the host that was asked for, and none that a redirect led to. */
  isAtHome: boolean;
}

/**
 * Makes the first step of a request.
 * @throws RegError SOURCE_UNSUPPORTED for anything but a web address
 */
export function firstStep({ method, url: text, headers = {}, body, range }: HttpRequest): HttpStep {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new RegError('SOURCE_UNSUPPORTED', `'${shownUrl(text)}' is no address of a web server`);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    method,
    url,
    headers: {
      // bytes are compared with a hash: none may be packed on the way
      'accept-encoding': 'identity',
      // servers that refuse programs without a name (RFC 9110, section 10.1.5)
      'user-agent': 'git-reg',
      ...(username === '' && password === '' ? {} : { authorization: basic(username, password) }),
      ...headers,
      ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
    },
    body,
    isAtHome: true,
  };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${decoded(user)}:${decoded(password)}`).toString('base64')}`;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { RegError } from '../errors.js';
import type { HttpAnswer, HttpStep } from './http-message.js';
import { shownUrl } from './store-url.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The next step of a request that was redirected; undefined when it was not (RFC 9110, section 15.4).
 * @param left how many redirects may still be followed
 * @throws RegError STORE_FAILED when it leads where it must not: from https to http, to another host unless
 * `REG_HTTP_REDIRECTS=allow`, or on and on
 */
export function redirected(
  step: HttpStep,
  { status, headers: { location } }: Pick<HttpAnswer, 'status' | 'headers'>,
  left: number,
  env: NodeJS.ProcessEnv,
): HttpStep | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const refuse = (why: string, hint: string): RegError =>
    new RegError('STORE_FAILED', `${shownUrl(step.url.href)} redirects ${why}`, hint);
  if (!URL.canParse(location, step.url.href)) throw refuse('to what is no address', 'its server is at fault');
  const url = new URL(location, step.url);
  const to = shownUrl(url.href);
  if (left === 0) throw refuse(`too often, at last to ${to}`, 'its server is at fault');
  if (!/^https?:$/.test(url.protocol) || (step.url.protocol === 'https:' && url.protocol === 'http:'))
    throw refuse(`to ${to}, which is not safe`, 'name an address that stays with https');
  const stays = isSameHost(step.url, url);
  if (!stays && env.REG_HTTP_REDIRECTS !== 'allow')
    throw refuse(
      `to another host, ${to}`,
      'name that address itself, or where you trust the server, set REG_HTTP_REDIRECTS=allow',
    );
  return follow(step, url, stays, status);
}

/** The same name and port; https on its usual port is the same host as http on its own. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  return from.port === to.port && (from.protocol === to.protocol || from.port === '');
}

function follow(step: HttpStep, url: URL, stays: boolean, status: number): HttpStep {
  // a login for one server is none of another's business, nor is one that a redirect makes up
  url.username = '';
  url.password = '';
  url.hash = '';
  // what was posted is posted again only where the server says so (Fetch Standard, HTTP-redirect fetch)
  const isReading = status === 303 || (status < 303 && step.method === 'POST');
  const method = isReading && step.method !== 'HEAD' ? 'GET' : step.method;
  const isPosting = method === 'POST';
  const headers = Object.entries(step.headers).filter(
    ([name]) => (stays || PUBLIC_HEADERS.has(name)) && (isPosting || name !== 'content-type'),
  );
  return {
    method,
    url,
    headers: Object.fromEntries(headers),
    body: isPosting ? step.body : undefined,
    isAtHome: step.isAtHome && stays,
  };
}

/** What another host may see; any other header may hold a secret. */
const PUBLIC_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-type',
  'range',
  'user-agent',
]);

import { RegError } from '../errors.js';
import { shownUrl } from './store-url.js';

/**
 * The proxy that the usual variables name for a URL, in lower or upper case; undefined for none.
 * @throws RegError STORE_FAILED for a kind of proxy that is not supported
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | undefined {
  const ofHttp = env.http_proxy || env.HTTP_PROXY;
  const ofHttps = env.https_proxy || env.HTTPS_PROXY || ofHttp;
  const proxy = url.protocol === 'https:' ? ofHttps : ofHttp;
  if (!proxy || isDirect(url, env.no_proxy || env.NO_PROXY || '')) return undefined;
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (/^https?:/i.test(address) && URL.canParse(address)) return address;
  throw new RegError(
    'STORE_FAILED',
    `the proxy ${shownUrl(address)} is not supported`,
    'set HTTPS_PROXY and HTTP_PROXY to http:// or https:// addresses, or NO_PROXY to hosts that need none',
  );
}

/** Whether NO_PROXY lists a host or a domain of it, perhaps with a port, or `*` for all. */
function isDirect({ hostname, port, protocol }: URL, listed: string): boolean {
  const own = port || (protocol === 'https:' ? '443' : '80');
  return listed
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, host = '', only = own] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      const domain = host.replace(/^\*?\./, '');
      return entry === '*' || (only === own && (hostname === domain || hostname.endsWith(`.${domain}`)));
    });
}

import type { Dispatcher } from 'undici';
import { patienceOf } from './cloud-watch.js';
import { once } from '../once.js';
import { type Lookup, publicLookup, refusePrivateHost } from './http-address.js';
import { proxyFor } from './http-proxy.js';

/** What carries requests: it keeps connections, and lets none be made that must not be. */
export interface Dispatchers {
  /**
   * The one for a host.
   * @param isAtHome whether this is a host that was asked for, and none that a redirect led to
   * @throws RegError STORE_FAILED for a host in a private network, where that is not allowed
   */
  dispatcherFor(url: URL, isAtHome: boolean): Promise<Dispatcher>;
}

/** Makes dispatchers; undici is loaded with the first one. */
export function openDispatchers(
  env: NodeJS.ProcessEnv,
  {
    isPrivateAllowed = false,
    lookup,
  }: { isPrivateAllowed?: boolean | undefined; lookup?: Lookup | undefined },
): Dispatchers {
  const timeout = patienceOf(env) * 1000;
  const agent = (guarded: boolean) =>
    once(async () => {
      const { Agent } = await import('undici');
      return new Agent({
        connect: { timeout, ...(guarded ? { lookup: publicLookup(lookup) } : {}) },
      });
    });
  const open = agent(false);
  const guarded = agent(true);
  const proxies = new Map<string, () => Promise<Dispatcher>>();
  return {
    dispatcherFor: async (url, isAtHome) => {
      const isAllowed = env.REG_HTTP_PRIVATE === 'allow' || (isPrivateAllowed && isAtHome);
      if (!isAllowed) refusePrivateHost(url.hostname);
      const proxy = proxyFor(url, env);
      if (proxy === undefined) return (isAllowed ? open : guarded)();
      const made = proxies.get(proxy) ?? once(() => proxyAgent(proxy, timeout));
      proxies.set(proxy, made);
      return made();
    },
  };
}

/** What connects to a proxy; it is the proxy that knows the addresses of hosts then, and that lets pass what may. */
async function proxyAgent(uri: string, timeout: number): Promise<Dispatcher> {
  const { ProxyAgent } = await import('undici');
  // without a tunnel for http, which proxies refuse to other ports than that of https
  return new ProxyAgent({ uri, proxyTunnel: false, proxyTls: { timeout }, requestTls: { timeout } });
}

import type { buildConnector, Dispatcher } from 'undici';
import { patienceOf } from '../patience.js';
import { once } from '../util/async.js';
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
      const { Agent } = await loadUndici();
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

/** A bundled package in CommonJS has its exports in one object. */
const loadUndici = async () => (await import('undici')).default;

/** What connects to a proxy; it is the proxy that knows the addresses of hosts then, and that lets pass what may. */
async function proxyAgent(uri: string, timeout: number): Promise<Dispatcher> {
  const { Pool, ProxyAgent } = await loadUndici();
  const connection = { timeout };
  return new ProxyAgent({
    uri,
    // without a tunnel for http, which proxies refuse to other ports than that of https
    proxyTunnel: false,
    proxyTls: connection,
    requestTls: connection,
    factory: (origin, options: { connect: Connector }) =>
      new Pool(origin, { ...options, connect: endingConnector(options.connect) }),
  });
}

type Connector = buildConnector.connector;

/** A proxy may cut the connection that was to be a tunnel; by its code undici would take that for a reason to connect for ever. */
const endingConnector =
  (connect: Connector): Connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) callback(new Error(`the proxy did not connect: ${error.message}`), null);
      else if (socket) callback(null, socket);
    });

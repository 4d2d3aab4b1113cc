import type { Config } from '../documents/config.js';
import { type Location, parseLocation } from '../domain/location.js';
import { RegError } from '../errors.js';
import { allowedHosts, type Lookup, refusePrivateAddresses } from '../net/private-address.js';
import type { RegistryContext } from '../registry/context.js';
import { folderOf, isAtOrBelow } from '../registry/local-bytes.js';
import { parseSshUrl, parseStoreUrl } from '../stores/url.js';
import { holdsLogin } from '../util/address.js';
import { isRunner } from '../util/runner.js';

// A link under review makes the machine that checks it read, and say what it read. So it may not choose anything to be read.

/** What a guard goes by. */
interface Guard extends Pick<Config, 'hosts' | 'sources'> {
  /** The top of the work tree. */
  root: string;
  /** Looks up the addresses of hosts; by default that of node:dns. */
  lookup?: Lookup | undefined;
}

/**
 * The same registry, whose links lead to no private network, use no login that they hold, and in CI to no folder outside the
 * repository, unless that is allowed (docs/specification.md, section 4). What they lead to is guarded as well.
 */
export function guarded(context: RegistryContext, guard: Guard): RegistryContext {
  const { env } = context.around;
  const hosts = allowedHosts(guard.hosts.allow ?? []);
  const checkFolder = async (path: string): Promise<void> => {
    if (isRunner(env)) await refuseOutside(path, guard);
  };
  const checkHost = async (host: string): Promise<void> => {
    if (env.REG_HTTP_PRIVATE !== 'allow') await refusePrivateAddresses(host, hosts, guard.lookup);
  };
  const checkLocation = async (location: Location): Promise<void> => {
    if (location.kind === 'path') return checkFolder(location.path);
    refuseLogin(location.url);
    const host = hostOf(location.url);
    if (host !== undefined) await checkHost(host);
  };
  return {
    ...context,
    around: { ...context.around, hosts },
    sources: {
      openSource: async (location) => {
        await checkLocation(location);
        return context.sources.openSource(location);
      },
    },
    stores: {
      openStore: async (url, settings) => {
        refuseLogin(url);
        const { kind, folder, name } = parseStoreUrl(url);
        if (kind === 'folder') await checkFolder(folder + name);
        if (kind === 'ssh') await checkHost(parseSshUrl(folder).host);
        return context.stores.openStore(url, { ...settings, hosts });
      },
    },
    openOther: async (address) => {
      await checkLocation(parseLocation(address));
      return guarded(await context.openOther(address), guard);
    },
  };
}

function refuseLogin(address: string): void {
  if (!holdsLogin(address)) return;
  throw new RegError('SOURCE_UNSUPPORTED', 'a link on the way holds a login, and none is asked with one');
}

/** @throws RegError SOURCE_UNSUPPORTED */
async function refuseOutside(path: string, { root, sources }: Guard): Promise<void> {
  const folders = (sources.allow ?? []).map((one) => folderOf(one, root));
  for (const folder of [root, ...folders]) if (await isAtOrBelow(folder, path)) return;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${path} is outside the repository, and in CI no link may lead there unless the default branch says sources: {allow: […]}`,
  );
}

/** The host of a git URL that is asked without a certificate; undefined for https, whose servers prove their names. */
function hostOf(url: string): string | undefined {
  const [, scheme] = /^([a-z]+):\/\//i.exec(url) ?? [];
  if (scheme === undefined) return /^(?:[^@]*@)?(\[[^\]]*\]|[^:]*):/.exec(url)?.[1];
  return /^https$/i.test(scheme) ? undefined : new URL(url).hostname;
}

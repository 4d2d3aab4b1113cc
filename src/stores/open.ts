import { setMaxListeners } from 'node:events';
import { unreachable } from '../errors.js';
import { loginOf, withLogin } from '../net/credentials.js';
import type { Surroundings } from '../net/http.js';
import { NO_CONFIG, type WebConfig } from '../net/session.js';
import type { StoreOpener, StoreSettings } from './port.js';
import { parseStoreUrl } from './url.js';

/**
 * Opens every kind of store; the code of a kind is loaded with its first store.
 * @param webConfig how web servers are reached
 */
export function storeOpener(
  around: Surroundings,
  webConfig: () => Promise<WebConfig> = async () => NO_CONFIG,
): StoreOpener {
  // every running read listens, and more than ten listeners would look like a leak
  if (around.signal) setMaxListeners(0, around.signal);
  return {
    openStore: async (url, settings = {}) => {
      const { kind, folder, name } = parseStoreUrl(url);
      switch (kind) {
        case 's3':
          return (await import('./s3.js')).openS3(url, settings, around);
        case 'gcs':
          return (await import('./gcs.js')).openGcs(url, settings, around);
        case 'azure':
          return (await import('./azure.js')).openAzure(url, settings, around);
        case 'ssh':
          return (await import('./ssh.js')).openSsh(url, settings, around);
        case 'http':
          return (await import('./http.js')).openWeb(
            withUser(url, settings),
            { ...around, hosts: settings.hosts },
            { web: await webConfig() },
          );
        case 'folder':
          return (await import('./folder.js')).openFolder(folder + name, around);
        default:
          return unreachable(kind);
      }
    },
  };
}

/** A web address with the login of its settings, unless it has one. */
const withUser = (url: string, { user, password }: StoreSettings): string =>
  user === undefined || password === undefined || loginOf(new URL(url))
    ? url
    : withLogin(url, { username: user, password });

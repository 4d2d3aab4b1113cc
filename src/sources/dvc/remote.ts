import { isAbsolute, resolve } from 'node:path';
import { RegError } from '../../errors.js';
import type { ObjectStore, StoreOpener, StoreSettings } from '../../stores/port.js';
import { shownUrl } from '../../stores/store-url.js';
import { isFolder } from '../../util/files.js';
import { PLAIN_REMOTE } from './out.js';
import type { RemoteConfig } from './remote-config.js';

/** A remote of DVC that can be read. */
export interface DvcRemote {
  name: string;
  store: ObjectStore;
  /** Whether it is a folder of this machine. */
  isHere: boolean;
}

/**
 * Opens a remote (DVC, "Remote storage"): a folder, or `s3`, `azure`, `gs`, `http` and `https`. Logins come from the
 * environment, as for any other store, and never from the configuration.
 * @param at the top of the repository's work tree; undefined for one that is not on this machine
 * @throws RegError SOURCE_UNSUPPORTED for any other kind, and for a folder of another machine; STORE_FAILED for a folder that is
 * not there; PACKAGE_MISSING
 */
export async function openRemote(
  remote: RemoteConfig,
  stores: StoreOpener,
  at: string | undefined,
): Promise<DvcRemote> {
  const { name, values } = remote;
  const refuse = refusalOf(name);
  for (const key of ['version_aware', 'worktree'])
    if (values.get(key)?.toLowerCase() === 'true') throw refuse(`is a ${key} one`, PLAIN_REMOTE);
  if (values.has('sse_customer_key')) throw refuse('is encrypted by a key of its own (sse_customer_key)');
  const url = values.get('url') ?? '';
  const [, scheme] = /^(\w[\w+.-]*):\/\//.exec(url) ?? [];
  if (scheme === undefined || scheme === 'file') {
    const path = await localFolder(remote, url, at);
    return { name, store: await stores.openStore(path), isHere: true };
  }
  const settings = SETTINGS.get(scheme);
  if (settings === undefined) throw refuse(`is a ${scheme}:// one`);
  // the place of an account is never the repository's to name: a login would be sent there
  if (scheme === 'azure' && /^azure:\/\/[^/]*[.@]/.test(url)) throw refuse(`has the url ${shownUrl(url)}`);
  return { name, store: await stores.openStore(url, settings(values, refuse)), isHere: false };
}

/** Makes the error for a remote, with the reason. */
type Refuse = (why: string, hint?: string) => RegError;

const refusalOf =
  (name: string): Refuse =>
  (
    why,
    hint = 'use a remote that is a folder, s3, azure, gs or http, or put the model into a store: reg upload',
  ) =>
    new RegError('SOURCE_UNSUPPORTED', `the DVC remote '${name}' ${why}, which is not supported`, hint);

type Settings = (values: ReadonlyMap<string, string>, refuse: Refuse) => StoreSettings;

/** What each kind of remote can be told (DVC, "dvc remote modify"). */
const SETTINGS: ReadonlyMap<string, Settings> = new Map<string, Settings>([
  ['http', () => ({})],
  ['https', () => ({})],
  ['gs', (values, refuse) => ({ endpoint: endpointOf(values, refuse) })],
  ['azure', (values, refuse) => ({ account: wordOf(values, 'account_name', refuse) })],
  [
    's3',
    (values, refuse) => ({
      endpoint: endpointOf(values, refuse),
      region: wordOf(values, 'region', refuse),
      profile: values.get('profile'),
    }),
  ],
]);

function endpointOf(values: ReadonlyMap<string, string>, refuse: Refuse): string | undefined {
  const endpoint = values.get('endpointurl');
  if (endpoint === undefined || /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#@\\]*)?$/i.test(endpoint)) return endpoint;
  throw refuse(`has the endpointurl ${shownUrl(endpoint)}`);
}

/** A value that becomes a part of a host name, where anything else would lead elsewhere. */
function wordOf(values: ReadonlyMap<string, string>, key: string, refuse: Refuse): string | undefined {
  const word = values.get(key);
  if (word === undefined || /^[a-z0-9-]+$/i.test(word)) return word;
  throw refuse(`has the ${key} '${word}'`);
}

/** The folder of a remote on this machine, where a relative path starts at the folder `.dvc` (DVC, config.py). */
async function localFolder(
  { name, folder }: RemoteConfig,
  url: string,
  at: string | undefined,
): Promise<string> {
  const path = url.replace(/^file:\/\/(localhost(?=\/))?/, '');
  const absolute = isAbsolute(path) ? path : at && resolve(at, folder, path);
  if (absolute && (await isFolder(absolute))) return resolve(absolute);
  if (at !== undefined)
    throw new RegError(
      'STORE_FAILED',
      `there is no folder ${absolute}, the DVC remote '${name}'`,
      'mount it, or name where it is: dvc remote modify --local NAME url PATH',
    );
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `the DVC remote '${name}' is a folder of another machine, ${path}`,
    'clone the repository where that folder is, or give it a remote that others reach too: dvc remote modify NAME url URL',
  );
}

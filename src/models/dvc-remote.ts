import { readFile } from 'node:fs/promises';
import { isAbsolute, posix, resolve } from 'node:path';
import type { DvcOut, Versions } from '../documents/dvc.js';
import { type DvcConfig, parseDvcConfig } from '../documents/dvc-config.js';
import { failureOf, RegError } from '../errors.js';
import type { ObjectStore, StoredObject, StoreSettings } from '../stores/port.js';
import { joinObjectUrl, parseBucketUrl, parseSshUrl } from '../stores/url.js';
import { shownUrl } from '../util/address.js';
import { mapAtMost } from '../util/async.js';
import { isFolder } from '../util/files.js';
import { cacheFolderOf, type DvcSettings, type DvcTools, isUrl, type RemoteConfig } from './dvc-settings.js';

/** A place of DVC that can be read: a remote, or the cache of a work tree. */
export interface DvcPlace {
  /** In errors: `the DVC remote 'storage', s3://bucket`. */
  shown: string;
  /** Of the remote; undefined for the cache. */
  name: string | undefined;
  store: ObjectStore;
  /** Whether it is a folder of this machine. */
  isHere: boolean;
  /** Where files keep their names and versions, the folder of the DVC repository; undefined where they are named by their md5. */
  top: string | undefined;
}

/**
 * Opens a remote (DVC, "Remote storage"): a folder, `s3`, `azure`, `gs`, `ssh`, `http` or `https`. Logins of the configuration come before
 * those of the environment.
 * @throws RegError SOURCE_UNSUPPORTED for any other kind, and for a folder of another machine; STORE_FAILED for a missing folder;
 * PACKAGE_MISSING
 */
export async function openRemote(remote: RemoteConfig, { stores, at }: DvcTools): Promise<DvcPlace> {
  const { name } = remote;
  const { url, settings } = await placeOf(remote);
  if (settings === undefined && !(await isFolder(url)))
    throw at === undefined
      ? elsewhere(remote)
      : new RegError(
          'STORE_FAILED',
          `there is no folder ${url}, the DVC remote '${name}'`,
          'mount it, or name where it is: dvc remote modify --local NAME url PATH',
        );
  const store = await stores.openStore(url, settings);
  const isVersioned = ['version_aware', 'worktree'].some((key) => isTrue(remote.values.get(key)));
  return {
    shown: `the DVC remote '${name}', ${store.shown}`,
    name,
    store,
    isHere: settings === undefined,
    top: isVersioned && store.hasVersions ? remote.top : undefined,
  };
}

/** Opens DVC's cache of a work tree; undefined without one, and where it must not be read. */
export async function openCache(settings: DvcSettings, { stores }: DvcTools): Promise<DvcPlace | undefined> {
  const folder = await cacheFolderOf(settings);
  if (folder === undefined) return undefined;
  try {
    const store = await stores.openStore(folder);
    return { shown: `the DVC cache, ${store.shown}`, name: undefined, store, isHere: true, top: undefined };
  } catch (error) {
    failureOf(error);
    return undefined;
  }
}

/**
 * The address of an object in a remote, as `dvc get --show-url` prints it, without a login. The remote is not asked.
 * @param key where it is in the remote
 * @throws RegError SOURCE_UNSUPPORTED as `openRemote`
 */
export async function objectAddress(
  remote: RemoteConfig,
  key: string,
  at: string | undefined,
): Promise<string> {
  const { url, settings } = await placeOf(remote);
  if (settings === undefined) {
    // a path in a repository at a URL may be one of another machine
    if (at === undefined && !(await isFolder(url))) throw elsewhere(remote);
    return resolve(url, key);
  }
  if (/^ssh:/i.test(url)) return joinObjectUrl(parseSshUrl(url).shown, key);
  if (!/^https?:/i.test(url)) return joinObjectUrl(parseBucketUrl(url, /^azure:/i.test(url)).shown, key);
  const shown = shownUrl(url);
  if (shown.includes('?')) throw refusalOf(remote)('has a query in its url');
  return joinObjectUrl(shown, key);
}

/** The key of an object in the layout of the version of DVC that wrote the output. */
export const objectKey = ({ isRaw }: Pick<DvcOut, 'isRaw'>, name: string): string =>
  `${isRaw ? FILES : ''}${name.slice(0, 2)}/${name.slice(2)}`;

/**
 * The URL of a remote with its settings, or the absolute path of a folder without any.
 * @throws RegError SOURCE_UNSUPPORTED for what is not supported, and a folder of another machine
 */
export async function placeOf(
  remote: RemoteConfig,
): Promise<{ url: string; settings: StoreSettings | undefined }> {
  const { values } = remote;
  const refuse = refusalOf(remote);
  if (values.has('sse_customer_key')) throw refuse('is encrypted by a key of its own (sse_customer_key)');
  const url = values.get('url') ?? '';
  const [, scheme] = /^(\w[\w+.-]*):\/\//.exec(url) ?? [];
  if (scheme === undefined || scheme === 'file') return { url: localFolder(remote), settings: undefined };
  const settings = SETTINGS.get(scheme);
  if (settings === undefined) throw refuse(`is a ${scheme}:// one`);
  // a repository must not name the host of an account, which gets the credentials
  if (scheme === 'azure' && /^azure:\/\/[^/]*[.@]/.test(url)) throw refuse(`has the url ${shownUrl(url)}`);
  return { url, settings: await settings(values, refuse) };
}

/** Makes the error for a remote, with the reason. */
type Refuse = (why: string) => RegError;

const refusalOf =
  ({ name, get }: RemoteConfig): Refuse =>
  (why) =>
    new RegError(
      'SOURCE_UNSUPPORTED',
      name === ''
        ? `what it was imported from ${why}, which is not supported`
        : `the DVC remote '${name}' ${why}, which is not supported`,
      `get it with DVC, and put it into a store with reg upload: ${get}`,
    );

type Settings = (values: ReadonlyMap<string, string>, refuse: Refuse) => Promise<StoreSettings>;

/** The settings of each kind of remote (DVC, "dvc remote modify"). */
const SETTINGS: ReadonlyMap<string, Settings> = new Map<string, Settings>([
  ['http', async (values) => ({ user: values.get('user'), password: values.get('password') })],
  ['https', async (values) => ({ user: values.get('user'), password: values.get('password') })],
  [
    'gs',
    async (values, refuse) => ({
      endpoint: endpointOf(values, refuse),
      keyfile: values.get('credentialpath'),
      isPublic: isTrue(values.get('allow_anonymous_login')),
    }),
  ],
  [
    'azure',
    async (values, refuse) => ({
      account: wordOf(values, 'account_name', refuse),
      connection: values.get('connection_string'),
      accountKey: values.get('account_key'),
      sasToken: values.get('sas_token'),
    }),
  ],
  [
    'ssh',
    async (values, refuse) => ({
      user: wordOf(values, 'user', refuse, /^[a-z0-9_][a-z0-9_.@-]*\$?$/i),
      port: portOf(values, refuse),
      keyfile: values.get('keyfile'),
    }),
  ],
  [
    's3',
    async (values, refuse) => ({
      endpoint: endpointOf(values, refuse),
      region: wordOf(values, 'region', refuse) ?? (await regionIn(values)),
      profile: values.get('profile'),
      keys: keysIn(values) ?? (await keysInFile(values)),
      isPublic: isTrue(values.get('allow_anonymous_login')),
    }),
  ],
]);

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

function keysIn(values: ReadonlyMap<string, string>): StoreSettings['keys'] {
  const [id, secret] = [values.get('access_key_id'), values.get('secret_access_key')];
  return id && secret ? { id, secret, token: values.get('session_token') } : undefined;
}

/** The keys of the profile in the file that DVC names for the tools of AWS ("Configuration and credential file settings"). */
async function keysInFile(values: ReadonlyMap<string, string>): Promise<StoreSettings['keys']> {
  const profile = await profileIn(values, 'credentialpath');
  const [id, secret] = [profile?.get('aws_access_key_id'), profile?.get('aws_secret_access_key')];
  return id && secret ? { id, secret, token: profile?.get('aws_session_token') } : undefined;
}

const regionIn = async (values: ReadonlyMap<string, string>): Promise<string | undefined> =>
  (await profileIn(values, 'configpath'))?.get('region');

/** The profile in a file of the tools of AWS that a remote names; undefined without it. */
async function profileIn(
  values: ReadonlyMap<string, string>,
  key: 'credentialpath' | 'configpath',
): Promise<ReadonlyMap<string, string> | undefined> {
  const path = values.get(key);
  if (path === undefined || !isAbsolute(path)) return undefined;
  const name = (values.get('profile') ?? 'default').toLowerCase();
  const file: DvcConfig = parseDvcConfig(await readFile(path, 'utf8').catch(() => ''), path);
  return file.get(name) ?? file.get(`profile ${name}`);
}

function endpointOf(values: ReadonlyMap<string, string>, refuse: Refuse): string | undefined {
  const endpoint = values.get('endpointurl');
  if (endpoint === undefined || /^https?:\/\/[^\s/?#@\\]+(\/[^\s?#@\\]*)?$/i.test(endpoint)) return endpoint;
  throw refuse(`has the endpointurl ${shownUrl(endpoint)}`);
}

/** A value for a part of a host name or of a command line, where other characters would lead elsewhere. */
function wordOf(
  values: ReadonlyMap<string, string>,
  key: string,
  refuse: Refuse,
  form = /^[a-z0-9-]+$/i,
): string | undefined {
  const word = values.get(key);
  if (word === undefined || form.test(word)) return word;
  throw refuse(`has the ${key} '${word}'`);
}

function portOf(values: ReadonlyMap<string, string>, refuse: Refuse): number | undefined {
  const port = wordOf(values, 'port', refuse, /^[1-9]\d{0,4}$/);
  return port === undefined ? undefined : Number(port);
}

/** The absolute path of a remote that is a folder; undefined for any other, and for one of another machine. */
export function localUrl({ values }: RemoteConfig): string | undefined {
  const path = pathIn(values);
  return !isUrl(path) && isAbsolute(path) ? path : undefined;
}

/** The path in the `url` of a remote, where it is a folder. */
const pathIn = (values: RemoteConfig['values']): string =>
  (values.get('url') ?? '').replace(/^file:\/\/(localhost(?=\/))?/, '');

/** The folder of a remote on this machine, which need not be there. */
function localFolder(remote: RemoteConfig): string {
  const absolute = localUrl(remote);
  if (absolute === undefined) throw elsewhere(remote);
  return resolve(absolute);
}

function elsewhere({ name, values }: RemoteConfig): RegError {
  const path = pathIn(values);
  return name === ''
    ? new RegError(
        'SOURCE_UNSUPPORTED',
        `what it was imported from is a path of another machine, ${path}`,
        'clone the repository where that path is, or import the model from where others reach it',
      )
    : new RegError(
        'SOURCE_UNSUPPORTED',
        `the DVC remote '${name}' is a folder of another machine, ${path}`,
        'clone the repository where that folder is, or give it a remote that others reach too: dvc remote modify NAME url URL',
      );
}

/** An object in a place of DVC. */
export interface FoundObject extends StoredObject {
  /** Whether its md5 is that of its bytes as they are. */
  isRaw: boolean;
  /** In a place that keeps versions; undefined elsewhere. */
  version: string | undefined;
  place: DvcPlace;
}

/** Folders of a remote that are asked at a time. */
const MAX_REQUESTS = 8;

/** With this many objects in one folder it is listed; fewer are looked up one by one. */
const WORTH_LISTING = 4;

/** The folder of objects in DVC 3; up to DVC 2 they were at the top. */
const FILES = 'files/md5/';

/**
 * Finds objects in a place of DVC by their names, `files/md5/ab/cdef…` or `ab/cdef…` (DVC, "Internal directories and files"): first in
 * the place of the output's version of DVC, then in the other one. The result lacks missing objects.
 * @param names md5s; that of a folder's manifest ends in `.dir`
 * @throws RegError what the store throws
 */
export async function findObjects(
  place: DvcPlace,
  { isRaw }: Pick<DvcOut, 'isRaw'>,
  names: readonly string[],
): Promise<Map<string, FoundObject>> {
  const found = new Map<string, FoundObject>();
  for (const layout of isRaw ? [FILES, ''] : ['', FILES]) {
    const folders = foldersOf(names.filter((name) => !found.has(name)));
    await mapAtMost(MAX_REQUESTS, folders, async ([folder, rests]) => {
      for (const object of await objectsIn(place.store, layout + folder, rests))
        found.set(nameOf(object.key), {
          ...object,
          isRaw: isRaw || layout === FILES,
          version: undefined,
          place,
        });
    });
  }
  return found;
}

/** A file that is to be found by its own name. */
interface VersionedFile {
  /** From the top of the git repository. */
  path: string;
  md5: string;
  versions: Versions;
}

/**
 * Finds files in a remote that keeps versions, each under its own path from the top of the DVC repository (DVC, "Version-aware remotes"), by md5.
 * @throws RegError what the store throws
 */
export async function findVersions(
  place: DvcPlace,
  { isRaw }: Pick<DvcOut, 'isRaw'>,
  files: readonly VersionedFile[],
): Promise<Map<string, FoundObject>> {
  const { top, name = '', store } = place;
  if (top === undefined) return new Map();
  const found = await mapAtMost(
    MAX_REQUESTS,
    files,
    async ({ path, md5, versions }): Promise<[string, FoundObject][]> => {
      const version = versions.get(name) ?? versions.get('');
      const object = version && (await store.stat(posix.relative(top, path), version));
      return object ? [[md5, { ...object, isRaw, version, place }]] : [];
    },
  );
  return new Map(found.flat());
}

/** The rests of names by the folders of their first two digits, each once. */
function foldersOf(names: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const name of names) {
    const folder = name.slice(0, 2);
    folders.set(folder, (folders.get(folder) ?? new Set()).add(name.slice(2)));
  }
  return folders;
}

const nameOf = (key: string): string => key.split('/').slice(-2).join('');

async function objectsIn(
  store: ObjectStore,
  folder: string,
  rests: ReadonlySet<string>,
): Promise<StoredObject[]> {
  const keys = new Set([...rests].map((rest) => `${folder}/${rest}`));
  const listed = keys.size < WORTH_LISTING ? undefined : await store.list(folder).catch(unlessUnlistable);
  if (listed) return listed.filter(({ key }) => keys.has(key));
  const found: StoredObject[] = [];
  for (const key of keys) {
    const object = await store.stat(key);
    if (object) found.push(object);
  }
  return found;
}

/** A web server cannot list, and a folder not with foreign files in it: each object is looked up then. */
function unlessUnlistable(error: unknown): undefined {
  const { code } = error as Partial<RegError>;
  if (!(error instanceof RegError) || (code !== 'SOURCE_UNSUPPORTED' && code !== 'SOURCE_PATH')) throw error;
}

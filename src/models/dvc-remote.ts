import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import { type DvcOut, PLAIN_REMOTE_HINT } from '../documents/dvc.js';
import {
  type DvcConfig,
  dvcRemotesOf,
  MAX_DVC_CONFIG_BYTES,
  mergeDvcConfig,
  parseDvcConfig,
} from '../documents/dvc-config.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import { committedFile } from '../git/committed.js';
import type { Objects } from '../git/port.js';
import type { ObjectStore, StoredObject, StoreOpener, StoreSettings } from '../stores/port.js';
import { joinObjectUrl, parseBucketUrl } from '../stores/url.js';
import { shownUrl } from '../util/address.js';
import { mapAtMost } from '../util/async.js';
import { isFolder } from '../util/files.js';
import { short } from '../util/oid.js';

/** A remote in the configuration of a DVC repository, without any check of its values. */
export interface RemoteConfig {
  /** In lower case, as in DVC. */
  name: string;
  values: ReadonlyMap<string, string>;
  /** The folder `.dvc`, from the top of the repository: the base of relative paths. */
  folder: string;
}

/**
 * The remote with the bytes of an output: its own, or the default one (DVC, "dvc config", `core.remote`). The committed
 * `.dvc/config` is read; in a repository on this machine `.dvc/config.local` comes before it.
 * @param at the top of the repository's work tree; undefined for one that is not on this machine
 * @throws RegError SOURCE_UNSUPPORTED without such a remote, or for a malformed file; TOO_LARGE
 */
export async function remoteOf(
  objects: Objects,
  commit: Oid,
  out: DvcOut,
  at: string | undefined,
): Promise<RemoteConfig> {
  const folder = await dvcFolder(objects, commit, out.file);
  const file = posix.join(folder, 'config');
  const committed = await committedFile(objects, commit, file, MAX_DVC_CONFIG_BYTES);
  const config = mergeDvcConfig(
    parseDvcConfig(textOf(committed), file),
    at === undefined ? new Map() : await localConfig(join(at, folder, 'config.local')),
  );
  const name = out.remote ?? config.get('core')?.get('remote')?.toLowerCase();
  if (name === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${file} names no default remote, and ${out.file} none for ${out.path}`,
      'name one and commit it: dvc remote default NAME',
    );
  const values = dvcRemotesOf(config).get(name);
  if (values?.get('url')) return { name, values, folder };
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${file} has no url of the remote '${name}', where ${out.path} is`,
    'commit it there: dvc remote add NAME URL',
  );
}

/** The folder `.dvc` for a file. A DVC repository may begin below the top of the git repository (DVC, `dvc init --subdir`). */
export async function dvcFolder(objects: Objects, commit: Oid, file: string): Promise<string> {
  for (let above = posix.dirname(file); ; above = posix.dirname(above)) {
    const folder = posix.join(above, '.dvc');
    if ((await objects.entry(commit, folder))?.type === 'tree') return folder;
    if (above === '.')
      throw new RegError(
        'SOURCE_UNSUPPORTED',
        `${file} is in no DVC repository: there is no .dvc/config at commit ${short(commit)}`,
        'commit what `dvc init` and `dvc remote add` write',
      );
  }
}

async function localConfig(path: string): Promise<DvcConfig> {
  // a committed symbolic link may lead to a device, which has no end
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return new Map();
  if (found.size > MAX_DVC_CONFIG_BYTES)
    throw new RegError(
      'TOO_LARGE',
      `${path} has ${found.size} bytes, and at most ${MAX_DVC_CONFIG_BYTES} are read of it`,
    );
  return parseDvcConfig(textOf(await readFile(path)), path);
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** A remote of DVC that can be read. */
export interface DvcRemote {
  name: string;
  store: ObjectStore;
  /** Whether it is a folder of this machine. */
  isHere: boolean;
}

/**
 * Opens a remote (DVC, "Remote storage"): a folder, `s3`, `azure`, `gs`, `http` or `https`. Logins come from the environment, as
 * for any other store, and never from the configuration.
 * @param at the top of the repository's work tree; undefined for one that is not on this machine
 * @throws RegError SOURCE_UNSUPPORTED for any other kind, and for a folder of another machine; STORE_FAILED for a missing folder;
 * PACKAGE_MISSING
 */
export async function openRemote(
  remote: RemoteConfig,
  stores: StoreOpener,
  at: string | undefined,
): Promise<DvcRemote> {
  const { name } = remote;
  const { url, settings } = placeOf(remote, at);
  if (settings !== undefined) return { name, store: await stores.openStore(url, settings), isHere: false };
  if (!(await isFolder(url)))
    throw at === undefined
      ? elsewhere(remote)
      : new RegError(
          'STORE_FAILED',
          `there is no folder ${url}, the DVC remote '${name}'`,
          'mount it, or name where it is: dvc remote modify --local NAME url PATH',
        );
  return { name, store: await stores.openStore(url), isHere: true };
}

/**
 * The address of an object in a remote, as `dvc get --show-url` prints it, without a login. The remote is not asked.
 * @param name its md5; that of a folder's manifest ends in `.dir`
 * @throws RegError SOURCE_UNSUPPORTED as `openRemote`
 */
export async function objectAddress(
  remote: RemoteConfig,
  out: Pick<DvcOut, 'isRaw'>,
  name: string,
  at: string | undefined,
): Promise<string> {
  const { url, settings } = placeOf(remote, at);
  const key = objectKey(out, name);
  if (settings === undefined) {
    // a path in a repository at a URL may be one of another machine
    if (at === undefined && !(await isFolder(url))) throw elsewhere(remote);
    return resolve(url, key);
  }
  if (!/^https?:/i.test(url)) return joinObjectUrl(parseBucketUrl(url, /^azure:/i.test(url)).shown, key);
  const shown = shownUrl(url);
  if (shown.includes('?')) throw refusalOf(remote.name)('has a query in its url');
  return joinObjectUrl(shown, key);
}

/** The key of an object in the layout of the version of DVC that wrote the output. */
export const objectKey = ({ isRaw }: Pick<DvcOut, 'isRaw'>, name: string): string =>
  `${isRaw ? FILES : ''}${name.slice(0, 2)}/${name.slice(2)}`;

/** The URL of a remote with its settings, or the path of a folder without any. */
function placeOf(
  remote: RemoteConfig,
  at: string | undefined,
): { url: string; settings: StoreSettings | undefined } {
  const { name, values } = remote;
  const refuse = refusalOf(name);
  for (const key of ['version_aware', 'worktree'])
    if (values.get(key)?.toLowerCase() === 'true') throw refuse(`is a ${key} one`, PLAIN_REMOTE_HINT);
  if (values.has('sse_customer_key')) throw refuse('is encrypted by a key of its own (sse_customer_key)');
  const url = values.get('url') ?? '';
  const [, scheme] = /^(\w[\w+.-]*):\/\//.exec(url) ?? [];
  if (scheme === undefined || scheme === 'file') return { url: localFolder(remote, at), settings: undefined };
  const settings = SETTINGS.get(scheme);
  if (settings === undefined) throw refuse(`is a ${scheme}:// one`);
  // a repository must not name the host of an account, which gets the credentials
  if (scheme === 'azure' && /^azure:\/\/[^/]*[.@]/.test(url)) throw refuse(`has the url ${shownUrl(url)}`);
  return { url, settings: settings(values, refuse) };
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

/** The settings of each kind of remote (DVC, "dvc remote modify"). */
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

/** A value for a part of a host name, where other characters would lead to another host. */
function wordOf(values: ReadonlyMap<string, string>, key: string, refuse: Refuse): string | undefined {
  const word = values.get(key);
  if (word === undefined || /^[a-z0-9-]+$/i.test(word)) return word;
  throw refuse(`has the ${key} '${word}'`);
}

/**
 * The absolute path of a remote that is a folder; undefined for any other, and for a relative path without a work tree. A relative
 * path starts at the folder `.dvc` (DVC, config.py).
 */
export function localUrl({ values, folder }: RemoteConfig, at: string | undefined): string | undefined {
  const path = pathIn(values);
  if (/^\w[\w+.-]*:\/\//.test(path)) return undefined;
  return isAbsolute(path) ? path : at && resolve(at, folder, path);
}

/** The path in the `url` of a remote, where it is a folder. */
const pathIn = (values: RemoteConfig['values']): string =>
  (values.get('url') ?? '').replace(/^file:\/\/(localhost(?=\/))?/, '');

/** The folder of a remote on this machine, which need not be there. */
function localFolder(remote: RemoteConfig, at: string | undefined): string {
  const absolute = localUrl(remote, at);
  if (absolute === undefined) throw elsewhere(remote);
  return resolve(absolute);
}

function elsewhere({ name, values }: RemoteConfig): RegError {
  const path = pathIn(values);
  return new RegError(
    'SOURCE_UNSUPPORTED',
    `the DVC remote '${name}' is a folder of another machine, ${path}`,
    'clone the repository where that folder is, or give it a remote that others reach too: dvc remote modify NAME url URL',
  );
}

/** An object in a remote. */
export interface FoundObject extends StoredObject {
  /** Whether its name is the md5 of its bytes as they are. */
  isRaw: boolean;
}

/** Folders of a remote that are asked at a time. */
const MAX_REQUESTS = 8;

/** With this many objects in one folder it is listed; fewer are looked up one by one. */
const WORTH_LISTING = 4;

/** The folder of objects in DVC 3; up to DVC 2 they were at the top. */
const FILES = 'files/md5/';

/**
 * Finds objects in a remote by their names, `files/md5/ab/cdef…` or `ab/cdef…` (DVC, "Internal directories and files"): first in
 * the place of the output's version of DVC, then in the other one. The result lacks missing objects.
 * @param names md5s; that of a folder's manifest ends in `.dir`
 * @throws RegError what the store throws
 */
export async function findObjects(
  store: ObjectStore,
  { isRaw }: Pick<DvcOut, 'isRaw'>,
  names: readonly string[],
): Promise<Map<string, FoundObject>> {
  const found = new Map<string, FoundObject>();
  for (const place of isRaw ? [FILES, ''] : ['', FILES]) {
    const folders = foldersOf(names.filter((name) => !found.has(name)));
    await mapAtMost(MAX_REQUESTS, folders, async ([folder, rests]) => {
      for (const object of await objectsIn(store, place + folder, rests))
        found.set(nameOf(object.key), { ...object, isRaw: isRaw || place === FILES });
    });
  }
  return found;
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

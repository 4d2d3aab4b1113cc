import { readFile, stat } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { isAbsolute, join, posix, resolve } from 'node:path';
import type { DvcOut } from '../documents/dvc.js';
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
import type { Surroundings } from '../net/http.js';
import type { StoreOpener } from '../stores/port.js';
import { isFolder } from '../util/files.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';

// What the configuration of DVC says of the places where bytes are.

/** What looking for bytes takes beside the commit. */
export interface DvcTools {
  stores: StoreOpener;
  around: Pick<Surroundings, 'env'>;
  /** The absolute path of the repository's work tree; undefined for a repository at a URL, and for a bare one. */
  at: string | undefined;
  /** The address of a repository at a URL, fit to be shown; undefined where it is not known. */
  repo?: string | undefined;
}

/** The configuration that counts for a file of DVC. */
export interface DvcSettings {
  /** All levels as one; the paths in it are absolute where they can be. */
  config: DvcConfig;
  /** The committed one, from the top of the repository. */
  file: string;
  /** The folder of the DVC repository, from the top of the git repository: `.` for the top itself. */
  top: string;
  /** DVC's cache of the work tree; undefined without one. */
  cache: string | undefined;
}

/** A remote in the configuration of a DVC repository, without any check of its values. */
export interface RemoteConfig {
  /** In lower case, as in DVC; empty for a URL that belongs to none. */
  name: string;
  values: ReadonlyMap<string, string>;
  /** The folder of the DVC repository, as in `DvcSettings`. */
  top: string;
  /** The command of DVC itself that brings the bytes. */
  get: string;
}

/**
 * Reads the configuration for a file of DVC: that of the system, of the user, of the commit, and in a repository on this machine
 * `.dvc/config.local`; the later come before the earlier (DVC, "dvc config").
 * @param file the `dvc.lock` or `.dvc` file
 * @throws RegError SOURCE_UNSUPPORTED outside of a DVC repository, and for a malformed file; TOO_LARGE
 */
export async function dvcSettings(
  objects: Objects,
  commit: Oid,
  file: string,
  { around: { env }, at }: DvcTools,
): Promise<DvcSettings> {
  const folder = await dvcFolder(objects, commit, file);
  const committed = posix.join(folder, 'config');
  const bytes = await committedFile(objects, commit, committed, MAX_DVC_CONFIG_BYTES);
  const home = env.HOME || homedir();
  const here = at && join(at, folder);
  const user = await Promise.all(
    userFolders(env, home).map(async (path) => withPaths(await configAt(join(path, 'config')), path, home)),
  );
  const inCommit = withPaths(parseDvcConfig(textOf(bytes), committed), here, home);
  const levels = [
    ...(at === undefined ? user.map((one) => withOwnRemotes(one, inCommit)) : user),
    inCommit,
    here === undefined ? new Map() : withPaths(await configAt(join(here, 'config.local')), here, home),
  ];
  const config = levels.reduce(mergeDvcConfig);
  const named = config.get('cache')?.get('dir');
  return {
    config,
    file: committed,
    top: posix.dirname(folder),
    cache: here && (named ?? join(here, 'cache')),
  };
}

/**
 * A configuration of the user without remotes that a commit leads elsewhere: a repository that is not the user's would get the login of a
 * remote of the same name.
 */
const withOwnRemotes = (config: DvcConfig, inCommit: DvcConfig): DvcConfig =>
  new Map(
    [...config].filter(([section, values]) => {
      if (!/^\s*remote\s*"/.test(section)) return true;
      return ['url', 'endpointurl'].every((key) => {
        const place = inCommit.get(section)?.get(key);
        return place === undefined || place === values.get(key);
      });
    }),
  );

/** The folders with the configuration of the system and of the user (platformdirs, which DVC asks; DVC, "dvc config"). */
function userFolders(env: NodeJS.ProcessEnv, home: string): string[] {
  const [system, user] = foldersOfSystem(env, home);
  return [env.DVC_SYSTEM_CONFIG_DIR || system, env.DVC_GLOBAL_CONFIG_DIR || user];
}

function foldersOfSystem(env: NodeJS.ProcessEnv, home: string): [system: string, user: string] {
  switch (platform()) {
    case 'win32':
      return [
        join(env.PROGRAMDATA || 'C:\\ProgramData', 'iterative', 'dvc'),
        join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'iterative', 'dvc'),
      ];
    case 'darwin':
      return ['/Library/Application Support/dvc', join(home, 'Library', 'Application Support', 'dvc')];
    default:
      return [
        join(env.XDG_CONFIG_DIRS?.split(':')[0] || '/etc/xdg', 'dvc'),
        join(env.XDG_CONFIG_HOME || join(home, '.config'), 'dvc'),
      ];
  }
}

async function configAt(path: string): Promise<DvcConfig> {
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

/** The values that are paths (DVC, `Config._map_dirs`). */
const PATHS: ReadonlySet<string> = new Set(['url', 'dir', 'keyfile', 'credentialpath', 'configpath']);

/**
 * A configuration whose relative paths start from the folder that it is in (DVC, `Config._resolve`).
 * @param folder undefined where it is not on this machine, and relative paths lead nowhere
 */
const withPaths = (config: DvcConfig, folder: string | undefined, home: string): DvcConfig =>
  new Map(
    [...config].map(([section, values]) => [
      section,
      new Map(
        [...values].map(([key, value]) => [key, PATHS.has(key) ? pathFrom(value, folder, home) : value]),
      ),
    ]),
  );

function pathFrom(value: string, folder: string | undefined, home: string): string {
  if (isUrl(value) || isAbsolute(value)) return value;
  if (/^~(?=[/\\]|$)/.test(value)) return home + value.slice(1);
  return folder === undefined ? value : resolve(folder, value);
}

/** Whether DVC takes a text for a URL. */
export const isUrl = (text: string): boolean => /^\w[\w+.-]*:\/\//.test(text);

/** The folder `.dvc` for a file. A DVC repository may begin below the top of the git repository (DVC, `dvc init --subdir`). */
async function dvcFolder(objects: Objects, commit: Oid, file: string): Promise<string> {
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

/**
 * The remote with the bytes of an output: its own, or the default one (DVC, "dvc config", `core.remote`).
 * @throws RegError SOURCE_UNSUPPORTED without such a remote
 */
export function remoteOf(
  settings: DvcSettings,
  commit: Oid,
  out: Pick<DvcOut, 'path' | 'file' | 'remote'>,
  tools: DvcTools,
): RemoteConfig {
  const { config, file, top } = settings;
  const name = out.remote ?? config.get('core')?.get('remote')?.toLowerCase();
  if (name === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${file} names no default remote, and ${out.file} none for ${out.path}`,
      'name one and commit it: dvc remote default NAME',
    );
  const values = dvcRemotesOf(config).get(name);
  if (values?.get('url'))
    return { name, values: withoutAlias(settings, values), top, get: getLine(commit, out, tools) };
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `${file} has no url of the remote '${name}', where ${out.path} is`,
    'commit it there: dvc remote add NAME URL',
  );
}

/** The command of DVC that brings an output. */
export const getLine = (commit: Oid, { path }: Pick<DvcOut, 'path'>, { at, repo }: DvcTools): string =>
  shellLine('dvc', 'get', at ?? repo ?? '.', path, '--rev', commit);

/** Aliases that may lead to one another; more is taken for a circle. */
const MOST_ALIASES = 10;

/**
 * The values of a remote whose url may be below that of another, `remote://name/path`, and which has the values of that one too
 * (DVC, `_resolve_remote_refs`).
 * @throws RegError SOURCE_UNSUPPORTED for a name that no remote has
 */
export function withoutAlias(
  settings: DvcSettings,
  values: ReadonlyMap<string, string>,
  left = MOST_ALIASES,
): ReadonlyMap<string, string> {
  const [, name, rest = ''] = /^remote:\/\/([^/]*)\/*(.*)$/s.exec(values.get('url') ?? '') ?? [];
  if (name === undefined) return values;
  const other = dvcRemotesOf(settings.config).get(name.toLowerCase());
  if (!other?.get('url') || left === 0)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `${settings.file} has no url of the remote '${name}', which ${values.get('url')} is below`,
      'commit it there: dvc remote add NAME URL',
    );
  const base = withoutAlias(settings, other, left - 1);
  const url = [(base.get('url') ?? '').replace(/\/+$/, ''), rest].filter(Boolean).join('/');
  // keys of the other remote are for its own server
  const isSameServer = [undefined, base.get('endpointurl')].includes(values.get('endpointurl'));
  const kept = isSameServer ? [...base] : [...base].filter(([key]) => !KEYS.has(key));
  return new Map([...kept, ...values, ['url', url]]);
}

/** What a remote logs in to S3 with. */
const KEYS: ReadonlySet<string> = new Set([
  'access_key_id',
  'secret_access_key',
  'session_token',
  'credentialpath',
  'profile',
]);

/** DVC's cache of the work tree, as a path of a folder that is there. */
export const cacheFolderOf = async ({ cache }: DvcSettings): Promise<string | undefined> =>
  cache !== undefined && !isUrl(cache) && (await isFolder(cache)) ? cache : undefined;

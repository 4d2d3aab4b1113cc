import { join, resolve } from 'node:path';
import { type GitConfig, gitConfigOf, gitConfigValue } from '../../documents/git-config.js';
import { parseLocation } from '../../domain/location.js';
import { insteadOf } from '../../net/git-settings.js';
import { once } from '../../util/async.js';
import type { LargeFiles } from '../port.js';
import { findPlace, type Place } from './place.js';
import { headBranch } from './refs.js';
import { configuredWeb } from './settings.js';

/** Finds large files by the configuration of the machine, of the user and of a repository. */
export function localLargeFiles(place: Place, env: NodeJS.ProcessEnv): LargeFiles {
  const web = configuredWeb(env, place.settings);
  const config = once(async () => gitConfigOf(await web.settings()));
  const remote = once(async () => {
    const named = remoteOf(await config(), await headBranch(place.gitDir));
    return named && { ...named, url: insteadOf(await web.settings(), named.url) };
  });
  const folders = async (): Promise<string[]> => {
    const paths = remotePaths(place, (await remote())?.url);
    const others = paths.map((path) => findPlace(path, {}).catch(() => undefined));
    const found = [place, ...(await Promise.all(others))].filter((one) => one !== undefined);
    return [...new Set(found.map(storageOf))];
  };
  const setting = async (key: string) => gitConfigValue(await config(), key);
  return { remote, folders, setting, web, ...WITHOUT_PROGRAM };
}

/** The part of finding large files that only git-lfs has. */
export const WITHOUT_PROGRAM: Pick<LargeFiles, 'smudge'> = { smudge: async () => undefined };

/** The remote that git-lfs uses: of the branch, the default one, the only one, `origin` (git-lfs-config(5), remote.lfsdefault). */
function remoteOf(config: GitConfig, branch: string | undefined): { name: string; url: string } | undefined {
  const all = [...config.keys()].flatMap((key) => /^remote\.(.*)\.url$/.exec(key)?.[1] ?? []);
  const name =
    gitConfigValue(config, `branch.${branch}.remote`) ??
    gitConfigValue(config, 'remote.lfsdefault') ??
    (all.length === 1 ? all[0] : 'origin');
  // of several addresses git fetches from the first (git-config(1), remote.<name>.url)
  const url = config.get(`remote.${name}.url`)?.[0];
  return name === undefined || url === undefined ? undefined : { name, url };
}

/** Where a remote of this machine may be: git tries a path as it is, and with `.git` at its end (git-clone(1)). */
function remotePaths({ workTree, gitDir }: Place, url: string | undefined): string[] {
  try {
    const location = url === undefined ? undefined : parseLocation(url);
    if (location?.kind !== 'path') return [];
    const path = resolve(workTree ?? gitDir, location.path);
    return [path, `${path}.git`];
  } catch {
    // an address that is not allowed
    return [];
  }
}

/** Where a repository keeps large files (git-lfs-config(5), lfs.storage). */
const storageOf = ({ commonDir, config }: Place): string =>
  join(resolve(commonDir, gitConfigValue(config, 'lfs.storage') ?? 'lfs'), 'objects');

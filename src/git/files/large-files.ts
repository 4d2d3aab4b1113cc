import { join, resolve } from 'node:path';
import { extraHeaderFor, type GitConfig, gitConfigValue } from '../../documents/git-config.js';
import { parseLocation } from '../../domain/location.js';
import { once } from '../../util/async.js';
import { tokenFor } from '../../util/host-tokens.js';
import type { LargeFiles } from '../port.js';
import { findPlace, type Place } from './place.js';
import { headBranch } from './refs.js';

/** Finds large files by the configuration of a repository itself; only git reads that of the user and of the machine. */
export function localLargeFiles(place: Place, env: NodeJS.ProcessEnv): LargeFiles {
  const { config } = place;
  const remote = once(async () => remoteOf(config, await headBranch(place.gitDir)));
  const folders = async (): Promise<string[]> => {
    const paths = remotePaths(place, (await remote())?.url);
    const others = paths.map((path) => findPlace(path, {}).catch(() => undefined));
    const found = [place, ...(await Promise.all(others))].filter((one) => one !== undefined);
    return [...new Set(found.map(storageOf))];
  };
  const setting = async (key: string) => gitConfigValue(config, key);
  // a token takes the place of headers
  const extraHeader = async (url: string) => (tokenFor(url, env) ? undefined : extraHeaderFor(config, url));
  return withoutPrograms({ remote, folders, setting, extraHeader }, env);
}

/** The parts of finding large files that need neither git-lfs nor credential helpers. */
export const withoutPrograms = (
  known: Pick<LargeFiles, 'folders' | 'remote' | 'setting' | 'extraHeader'>,
  env: NodeJS.ProcessEnv,
): LargeFiles => ({
  ...known,
  findLogin: async (url) => tokenFor(url, env),
  tellLogin: async () => undefined,
  smudge: async () => undefined,
});

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

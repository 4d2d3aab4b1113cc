import { join, resolve } from 'node:path';
import { parseLocation } from '../../../domain/location.js';
import { once } from '../../../util/async.js';
import { type Settings, setting } from '../../files/settings.js';
import type { LargeFiles } from '../../port.js';
import { withoutPrograms } from '../large-files.js';
import { findPlace, type Place } from './place.js';
import { headBranch } from './refs.js';

/** Finds large files by the settings of a repository itself; those of the user and of the machine are git's to read. */
export function localLargeFiles(place: Place): LargeFiles {
  const { settings } = place;
  const remote = once(async () => remoteOf(settings, await headBranch(place.gitDir)));
  return withoutPrograms({
    remote,
    folders: async () => {
      const paths = remotePaths(place, (await remote())?.url);
      const others = paths.map((path) => findPlace(path, {}).catch(() => undefined));
      const found = [place, ...(await Promise.all(others))].filter((one) => one !== undefined);
      return [...new Set(found.map(storageOf))];
    },
    setting: async (key) => setting(settings, inSmallLetters(key)),
    extraHeader: async (url) => headerFor(settings, url),
  });
}

/** Section and variable may be written in any letters, what is between them may not (git-config(1), "Syntax"). */
const inSmallLetters = (key: string): string => key.replace(/^[^.]*|[^.]*$/g, (part) => part.toLowerCase());

/** The remote that git-lfs would take: of the branch, the default one, the only one, `origin` (git-lfs-config(5), remote.lfsdefault). */
function remoteOf(settings: Settings, branch: string | undefined): { name: string; url: string } | undefined {
  const all = [...settings.keys()].flatMap((key) => /^remote\.(.*)\.url$/.exec(key)?.[1] ?? []);
  const name =
    setting(settings, `branch.${branch}.remote`) ??
    setting(settings, 'remote.lfsdefault') ??
    (all.length === 1 ? all[0] : 'origin');
  // of several addresses git fetches from the first (git-config(1), remote.<name>.url)
  const url = settings.get(`remote.${name}.url`)?.[0];
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
    // an address that nothing is read from
    return [];
  }
}

/** Where a repository keeps large files (git-lfs-config(5), lfs.storage). */
const storageOf = ({ commonDir, settings }: Place): string =>
  join(resolve(commonDir, setting(settings, 'lfs.storage') ?? 'lfs'), 'objects');

/** The header for the longest address that a web address begins with (git-config(1), http.<url>.*). */
function headerFor(settings: Settings, url: string): string | undefined {
  const begins = (address: string): boolean =>
    url === address || url.startsWith(address.replace(/\/?$/, '/'));
  const [own] = [...settings.keys()]
    .flatMap((key) => /^http\.(.*)\.extraheader$/.exec(key)?.[1] ?? [])
    .filter(begins)
    .sort((a, b) => b.length - a.length);
  return setting(settings, own === undefined ? 'http.extraheader' : `http.${own}.extraheader`);
}

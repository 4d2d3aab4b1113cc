import { isNetworkKey } from '../../documents/git-config.js';
import type { Standpoint } from '../port.js';
import { readGitIn, type Setting, type Surroundings, withSettingsBelow } from './run.js';

/**
 * Surroundings in which git reaches other repositories from the cache as it does from where a person stands: a checkout in CI keeps
 * the login of a job in its own configuration.
 */
export async function reachingFrom(standpoint: Standpoint, around: Surroundings): Promise<Surroundings> {
  const settings = await networkSettings(standpoint, around.signal);
  return { ...around, env: settings.length === 0 ? around.env : withSettingsBelow(around.env, settings) };
}

/** What the configuration of a repository says of the network; nothing where git reads none. */
async function networkSettings(
  { folder, env, reach }: Standpoint,
  signal: AbortSignal | undefined,
): Promise<Setting[]> {
  const git = readGitIn(folder, { env, signal });
  const { code, stdout } = await git(['config', '--null', '--show-scope', '--list']);
  if (code !== 0) return [];
  const words = stdout.toString().split('\0');
  const settings: Setting[] = [];
  for (let index = 0; index + 1 < words.length; index += 2) {
    const [scope = '', entry = ''] = words.slice(index, index + 2);
    const end = entry.indexOf('\n');
    // a variable without a value is true
    const [key, value] = end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
    if (/^(local|worktree)$/.test(scope) && isNetworkKey(key, reach)) settings.push([key, value]);
  }
  return settings;
}

import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for everything that can be fetched again: `$XDG_CACHE_HOME/reg`, else `~/.cache/reg`, else one among the
 * temporary files for a container without a home (XDG Base Directory Specification).
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = env;
  // the specification asks for a relative path to be ignored
  if (xdg && isAbsolute(xdg)) return join(xdg, 'reg');
  if (local) return join(local, 'reg', 'cache');
  return home ? join(home, '.cache', 'reg') : join(tmpdir(), 'reg-cache');
}

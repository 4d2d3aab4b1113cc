import { accessSync, constants, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * The folder for everything that can be fetched again: `$XDG_CACHE_HOME/reg`, else `~/.cache/reg`, else one among the
 * temporary files for a container without a home, or with one that it may not write to (XDG Base Directory Specification).
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { XDG_CACHE_HOME: xdg, HOME: home, LOCALAPPDATA: local } = env;
  // the specification asks for a relative path to be ignored
  if (xdg && isAbsolute(xdg)) return join(xdg, 'reg');
  if (local) return join(local, 'reg', 'cache');
  const own = home ? join(home, '.cache', 'reg') : undefined;
  return own !== undefined && mayBeWritten(own) ? own : join(tmpdir(), 'reg-cache');
}

/** Whether a folder can be written to, or made. */
function mayBeWritten(folder: string): boolean {
  const nearest = existsSync(folder) || dirname(folder) === folder ? folder : undefined;
  if (nearest === undefined) return mayBeWritten(dirname(folder));
  try {
    // of a file that stands where a folder should, this would not be true
    accessSync(`${nearest}/.`, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

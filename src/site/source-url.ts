import type { Description } from '../registry/describe.js';
import { fileUrl } from './git-host.js';

/**
 * Where the source of a model is shown; null where nobody is known to.
 * @param home the address of the registry's own repository
 */
export function sourceUrl({ source, path, commit }: Description, home: string | undefined): string | null {
  if (source?.url !== undefined) return /^https?:\/\//i.test(source.url) ? source.url : null;
  const [address, at] =
    source?.repo === undefined ? [home, source?.commit ?? commit] : [source.repo, source.commit];
  return at === undefined || path === null ? null : fileUrl(address, at, path);
}

import { RegError } from '../../errors.js';
import { isFolder } from '../../util/files.js';
import type { SourceOpener, SourceRepository } from '../port.js';
import { binaryHistory } from './history.js';
import { binaryLargeFiles } from './large-files.js';
import { binaryObjectReader } from './objects.js';
import { listTips } from './remote-listing.js';
import { gitIn } from './run-git.js';
import { streamGitIn } from './stream-git.js';
import { type Surroundings, withoutLocalVariables } from './surroundings.js';
import { openObjectCache } from './url/object-cache.js';
import { urlObjectReader } from './url/objects.js';

/** Opens source repositories with the git program: a folder of this machine where it is, a URL through the cache. */
export function binarySourceOpener(cache: string, around: Surroundings): SourceOpener {
  return {
    openSource: async (location) =>
      location.kind === 'path'
        ? openFolder(location.path, around)
        : urlObjectReader(openObjectCache(location.url, cache, around)),
  };
}

async function openFolder(path: string, around: Surroundings): Promise<SourceRepository> {
  const unreachable = (why: string): RegError =>
    new RegError(
      'NO_REPOSITORY',
      `there is no git repository at ${path}${why}`,
      'check --source, or source.repo of the link',
    );
  if (!(await isFolder(path))) throw unreachable('');
  const inside = { ...around, env: withoutLocalVariables(around.env) };
  const git = gitIn(path, inside);
  const found = await git(['rev-parse', '--git-dir']);
  if (found.code !== 0) throw unreachable(` (${found.stderr})`);
  return {
    ...binaryObjectReader(git, streamGitIn(path, inside)),
    ...binaryHistory(git),
    largeFiles: binaryLargeFiles(path, inside),
    // git takes a folder for a remote too
    listTips: () => listTips({ git, remote: { name: '.', shown: path } }),
  };
}

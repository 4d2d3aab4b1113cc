import { RegError } from '../../errors.js';
import { isFolder } from '../../util/files.js';
import type { SourceRepository } from '../port.js';
import { binaryHistory } from './history.js';
import { binaryLargeFiles } from './large-files.js';
import { binaryObjectReader } from './objects.js';
import { listTips } from './remote-listing.js';
import { gitIn } from './run-git.js';
import { streamGitIn } from './stream-git.js';
import { type Surroundings, withoutLocalVariables } from './surroundings.js';

/**
 * Opens a folder as the source of models.
 * @throws RegError NO_REPOSITORY
 */
export async function openBinarySource(path: string, around: Surroundings): Promise<SourceRepository> {
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

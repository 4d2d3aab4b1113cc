import { RegError } from '../../errors.js';
import type { RegistryRepository } from '../port.js';
import { binaryObjectReader } from './objects.js';
import { gitIn, gitMissing, type RunGit } from './run-git.js';
import { binaryTagReader } from './tags.js';
import { requireGit } from './version.js';
import { binaryTagWriter } from './writer.js';

/**
 * Opens the repository that a folder is in: a work tree, a folder inside one, a linked work tree, a bare repository.
 * @throws RegError NO_REPOSITORY, GIT_MISSING, GIT_TOO_OLD
 */
export async function openBinaryRepository(folder: string, env: NodeJS.ProcessEnv): Promise<RegistryRepository> {
  const git = gitIn(folder, env);
  const [, workTree] = await Promise.all([requireGit(git), findWorkTree(git, folder)]);
  return { workTree, ...binaryTagReader(git), ...binaryTagWriter(git), ...binaryObjectReader(git) };
}

async function findWorkTree(git: RunGit, folder: string): Promise<string | undefined> {
  // in a bare repository the first answer is `false` and the second question fails; outside one both do
  const result = await git(['rev-parse', '--is-inside-work-tree', '--show-toplevel']);
  if (result.code < 0) throw gitMissing();
  const [inside, top] = result.stdout.toString().split('\n');
  if (inside) return inside === 'true' ? top : undefined;
  throw new RegError(
    'NO_REPOSITORY',
    `no git repository at ${folder} (${result.stderr})`,
    'run git init, or name a repository with --repo',
  );
}

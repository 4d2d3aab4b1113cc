import type { Oid } from '../../domain/event.js';
import { expectSuccess, type RunGit } from '../program/run.js';

/**
 * Commits one file of the work tree alone, whatever else is staged; hooks and signing are the user's. Where the file is
 * committed as it is, nothing is done.
 * @param path from the top of the work tree
 * @returns the commit that brought the file as it is
 * @throws RegError GIT_FAILED with what git or a hook said, NO_IDENTITY is among it
 */
export async function commitFile(git: RunGit, path: string, message: string): Promise<Oid> {
  const file = `:(top,literal)${path}`;
  expectSuccess(await git(['add', '--', file]), `adding ${path}`);
  const same = await git(['diff', '--cached', '--quiet', 'HEAD', '--', file]);
  if (same.code !== 0)
    expectSuccess(
      await git(['commit', '--quiet', '--only', '--message', message, '--', file]),
      `committing ${path}`,
    );
  const last = await git(['log', '-1', '--format=%H', '--', file]);
  return expectSuccess(last, 'finding the commit').toString().trim();
}

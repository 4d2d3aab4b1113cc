import { RegError } from '../errors.js';
import type { RegistryRepository } from '../git/port.js';
import { once } from '../util/async.js';
import { shellLine } from '../util/shell.js';

/** What a remote is chosen for: a write may go elsewhere than reading (git-config(1), remote.pushDefault). */
export type RemoteUse = 'read' | 'write';

/**
 * Makes the function that gives the name of a clone's remote (docs/specification.md, section 5). It is `origin` in a repository without a remote.
 * @throws RegError NO_CLONE for a remote that is named and not there, and for several with none chosen
 */
export function remoteChooser(
  repository: Pick<RegistryRepository, 'remotes'>,
  env: Readonly<NodeJS.ProcessEnv>,
): (use?: RemoteUse) => Promise<string> {
  const known = once(() => repository.remotes());
  return async (use = 'read') => {
    const { names, chosen, pushDefault, ofBranch } = await known();
    const named = env.REG_REMOTE || chosen;
    if (named !== undefined && !names.includes(named)) throw noRemote(named);
    const wanted = [named, use === 'write' ? pushDefault : undefined, ofBranch];
    const found = wanted.find((one) => one !== undefined && names.includes(one));
    if (found !== undefined) return found;
    if (names.length === 1 && names[0] !== undefined) return names[0];
    if (names.length === 0 || names.includes('origin')) return 'origin';
    throw new RegError(
      'NO_CLONE',
      `this repository has several remotes, and none is chosen: ${names.join(', ')}`,
      `choose one with: ${shellLine('git', 'config', 'reg.remote', names[0] ?? '')}`,
    );
  };
}

/** The words of a git command line that pushes single refs to a remote, without `git`. */
export async function pushWords(
  { remotes }: Pick<RegistryRepository, 'remotes'>,
  remote: string,
): Promise<string[]> {
  const isMirror = (await remotes()).mirrors?.has(remote);
  return [...(isMirror ? ['-c', `remote.${remote}.mirror=false`] : []), 'push'];
}

/** The error for a repository without the remote that is asked for. */
export const noRemote = (remote: string): RegError =>
  new RegError(
    'NO_CLONE',
    `this repository has no remote '${remote}'`,
    `add it with: ${shellLine('git', 'remote', 'add', remote, 'URL')}`,
  );

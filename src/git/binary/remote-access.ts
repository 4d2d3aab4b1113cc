import { RegError } from '../../errors.js';
import { once } from '../../util/async.js';
import { shellLine } from '../../util/shell.js';
import { discreetAbout } from './discreet.js';
import type { GitResult, RunGit } from './run-git.js';

/** A remote: what git calls it, and what people are shown, which holds no user-info. */
export interface NamedRemote {
  name: string;
  shown: string;
}

/** A remote, and what runs git to talk to it. */
export interface RemoteAccess {
  git: RunGit;
  remote: NamedRemote;
  /** The same for where pushes go, which need not be where fetches come from; absent where it always is. */
  whereToPush?: () => Promise<RemoteAccess>;
}

/** A remote of a repository's configuration. What is said of its address there is asked for once. */
export function namedAccess(run: RunGit, name: string): RemoteAccess {
  const git = discreetAbout(run, name);
  const remote = { name, shown: name };
  const whereToPush = once(async () => {
    const { stdout } = await git(['config', '--default', '', '--get', `remote.${name}.pushurl`]);
    return { git, remote: { ...remote, name: stdout.toString().trim() || name } };
  });
  return { git, remote, whereToPush };
}

/** What git said of its failure, in one line. */
export const saidBy = ({ code, stderr }: GitResult): string =>
  stderr.replaceAll('\n', ' ') || `git ended with exit code ${code}`;

/** The error for a remote that could not be asked. */
export function remoteFailed(shown: string, result: GitResult): RegError {
  return new RegError(
    'REMOTE_FAILED',
    `cannot reach ${shown}: ${saidBy(result)}`,
    `check the address, the network and your access; git itself must reach it: ${shellLine('git', 'ls-remote', shown)}`,
  );
}

import { RegError } from '../../errors.js';
import { shellLine } from '../../shell.js';
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

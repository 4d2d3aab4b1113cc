import { RegError } from '../../errors.js';

/** The error for a task that only the git program can do. `what` goes before "needs the git program". */
export const needsGit = (what: string): RegError =>
  new RegError(
    'GIT_MISSING',
    `${what} needs the git program, and reg runs without it here`,
    'install git 2.34 or newer, see that it is on PATH, and leave REG_GIT unset',
  );
